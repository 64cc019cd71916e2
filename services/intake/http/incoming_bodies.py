"""Bodies that are still on their way: bounded in number, in bytes and in time, by caller.

Callers without a key and those with one are counted apart, so that no stranger's slow bodies
keep out an institution or a gateway.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.intake.http.problems import Problem, overloaded

LEAST_SECONDS = 1.0  # a body that comes at all is there by then; until then it gives way to none
LEAST_RETRY = 1  # seconds: a body that comes at all is there by then


@dataclass(frozen=True, slots=True)
class MinimumBodyRate:
    """How slowly a body may come: at `rate` bytes a second after `grace` seconds.

    However fast it comes, it is there within `seconds`.
    """

    seconds: float
    grace: float
    rate: float

    def until(self, size: int) -> float:
        """Return within how many seconds of its beginning more must come than `size` bytes."""
        return min(self.seconds, self.grace + size / self.rate)


class IncomingBodies:
    """The bodies of one kind of callers: without a key, or with one.

    `most` at once, `most_each` of one caller; `most_bytes` together, half of them of one caller.
    Where there is no room, the oldest body of whoever has most on their way makes it: so those who
    send slowly keep out nobody who sends, neither behind their own address nor elsewhere.
    """

    def __init__(
        self,
        *,
        most: int,
        most_each: int,
        most_bytes: int,
        retry_after: int,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._most_each = most_each
        self._most_bytes = most_bytes
        self._retry_after = retry_after
        self._ticks = ticks
        self._coming: dict[str, list[IncomingBody]] = {}  # by caller, oldest first
        self._bytes: Counter[str] = Counter()
        self._all, self._all_bytes = 0, 0

    @contextmanager
    def arriving(self, who: str) -> Iterator["IncomingBody"]:
        """Count one body of a caller while it comes.

        Raises:
            Problem: 429 where too many of this caller have just begun, 503 of all together.
        """
        self._make_room(who)
        arrival = IncomingBody(self, who, since=self._ticks())
        self._coming.setdefault(who, []).append(arrival)
        self._all += 1
        try:
            yield arrival
        finally:
            self._leave(arrival)
            self._bytes[who] -= arrival.size
            self._all_bytes -= arrival.size
            if not self._bytes[who]:
                del self._bytes[who]

    def add(self, who: str, size: int) -> None:
        """Count bytes that came; 503 where there is no memory for more."""
        self._bytes[who] += size
        self._all_bytes += size
        is_full = self._all_bytes > self._most_bytes
        if is_full or self._bytes[who] > self._most_bytes / 2:
            raise overloaded(self._retry_after)

    def _make_room(self, who: str) -> None:
        own = len(self._coming.get(who, ()))
        if own >= self._most_each and not self._gives_way(who):
            detail = f"at most {self._most_each} bodies of one caller are waited for at once"
            raise Problem(429, "too_many_bodies", detail, headers={"Retry-After": f"{LEAST_RETRY}"})
        if self._all < self._most:
            return
        heaviest = max(self._coming, key=lambda one: len(self._coming[one]))
        if len(self._coming[heaviest]) <= own or not self._gives_way(heaviest):
            raise overloaded(self._retry_after)

    def _gives_way(self, who: str) -> bool:
        """End a caller's oldest body, unless it has only just begun; tell whether it was ended."""
        oldest = self._coming[who][0]
        if self._ticks() - oldest.since < LEAST_SECONDS:
            return False
        self._leave(oldest)
        oldest.end()
        return True

    def _leave(self, arrival: "IncomingBody") -> None:
        coming = self._coming.get(arrival.who, [])
        if arrival in coming:
            coming.remove(arrival)
            self._all -= 1
        if not coming:
            self._coming.pop(arrival.who, None)


class IncomingBody:
    """One body: how much of it is there. `end` is what its reader has done when it gives way."""

    def __init__(self, among: IncomingBodies, who: str, *, since: float) -> None:
        self._among = among
        self.who = who
        self.since = since
        self.size = 0
        self.end: Callable[[], object] = lambda: None

    def add(self, size: int) -> None:
        """Count bytes that came; 503 where there is no memory for more."""
        self.size += size
        self._among.add(self.who, size)

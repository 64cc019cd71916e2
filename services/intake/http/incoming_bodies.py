"""Bodies that are still on their way: bounded in number, in bytes and in time, by caller.

Callers without a key and those with one are counted apart, so that no stranger's slow bodies
keep out an institution or a gateway.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.intake.http.problems import Problem, unavailable

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
    """

    def __init__(self, *, most: int, most_each: int, most_bytes: int, retry_after: int) -> None:
        self._most = most
        self._most_each = most_each
        self._most_bytes = most_bytes
        self._retry_after = retry_after
        self._number: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._all, self._all_bytes = 0, 0

    @contextmanager
    def arriving(self, who: str) -> Iterator["IncomingBody"]:
        """Count one body of a caller while it comes.

        Raises:
            Problem: 429 where too many of this caller are on their way, 503 of all together.
        """
        if self._number[who] >= self._most_each:
            detail = f"at most {self._most_each} bodies of one caller are waited for at once"
            raise Problem(429, "too_many_bodies", detail, headers={"Retry-After": f"{LEAST_RETRY}"})
        if self._all >= self._most:
            raise unavailable(self._retry_after)
        arrival = IncomingBody(self, who)
        self._number[who] += 1
        self._all += 1
        try:
            yield arrival
        finally:
            self._number[who] -= 1
            self._all -= 1
            self._bytes[who] -= arrival.size
            self._all_bytes -= arrival.size
            if not self._number[who]:
                del self._number[who], self._bytes[who]

    def add(self, who: str, size: int) -> None:
        """Count bytes that came; 503 where there is no memory for more."""
        self._bytes[who] += size
        self._all_bytes += size
        is_full = self._all_bytes > self._most_bytes
        if is_full or self._bytes[who] > self._most_bytes / 2:
            raise unavailable(self._retry_after)


class IncomingBody:
    """One body: how much of it is there."""

    def __init__(self, among: IncomingBodies, who: str) -> None:
        self._among = among
        self._who = who
        self.size = 0

    def add(self, size: int) -> None:
        """Count bytes that came; 503 where there is no memory for more."""
        self.size += size
        self._among.add(self._who, size)

"""What is in hand, and how long one request more would wait: who is refused, is refused at once.

A place is held by a request that is worked on. While its body is still on its way it holds none,
so nobody who sends slowly keeps others out (`incoming_bodies.py`). Complaints and actions are
refused before the first write as soon as those before them are more than can be answered in time:
nothing is then kept of what is refused, and what was let in is answered.
"""

import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

LANES_SHARE = 4  # a lane with less than a quarter in hand has room, whatever the others do
FIRST_PACE = 0.015  # seconds for each that waits, until it has been seen
LEAST_PACE, MOST_PACE = 0.0002, 1.0
LEAST_QUEUE = 8  # what fewer at once take says nothing about a queue: writes share bulks
_WEIGHT = 0.05  # of one more answer in the pace


class RequestClass(StrEnum):
    """Whose requests stand in line together."""

    PUBLIC = "public"
    UNPROVEN = "unproven"  # a key that was not looked up lately
    GATEWAY = "gateway"
    STAFF = "staff"  # officers, operators, institutions


class LoadShedder:
    """The requests in hand, by lane, and the wait that is to be expected of one more.

    `most`: requests at once. `most_wait`: seconds until the answer to a complaint or an action.
    """

    def __init__(
        self, *, most: int, most_wait: float, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._most_wait = most_wait
        self._ticks = ticks
        self._pace = FIRST_PACE
        self._in_hand: Counter[RequestClass] = Counter()
        self._queued: Counter[RequestClass] = Counter()
        self._all, self.queued = 0, 0  # `queued`: complaints and actions in hand

    @property
    def wait(self) -> float:
        """Return how many seconds a complaint more would wait for its answer."""
        return self.queued * self._pace

    def has_room(self, lane: RequestClass, *, is_queued: bool) -> bool:
        """Tell whether one more of this lane is let in; `is_queued`: a complaint or an action."""
        if self._all >= self._most and not self._is_small(lane):
            return False
        own = self._queued[lane] * self._pace
        return not is_queued or self.wait < self._most_wait or own < self._most_wait / LANES_SHARE

    def add(self, lane: RequestClass, *, is_queued: bool) -> None:
        """Count one that is let in."""
        self._in_hand[lane] += 1
        self._all += 1
        self.grow(lane, int(is_queued))

    def grow(self, lane: RequestClass, lines: int) -> None:
        """Count what a request turned out to hold beyond the one."""
        self._queued[lane] += lines
        self.queued += lines

    def remove(self, lane: RequestClass, lines: int) -> None:
        """Count one less, with all that it held; `lines` 0 for what is no complaint or action."""
        self._in_hand[lane] -= 1
        self._all -= 1
        self.grow(lane, -lines)

    def now(self) -> float:
        """Return seconds of a clock that is never set back."""
        return self._ticks()

    def learn(self, seconds: float, queue: int, *, is_done: bool) -> None:
        """Learn from an answer that took so long while so many were in hand.

        A refusal that came fast tells nothing of what it takes to accept.
        """
        if queue < LEAST_QUEUE or not (is_done or seconds > self._most_wait):
            return
        seen = min(MOST_PACE, max(LEAST_PACE, seconds / queue))
        self._pace += _WEIGHT * (seen - self._pace)

    def _is_small(self, lane: RequestClass) -> bool:
        return self._in_hand[lane] < self._most / LANES_SHARE


class RequestSlot:
    """One request's place among those in hand; taken, given back while its body comes, retaken."""

    def __init__(self, backlog: LoadShedder, lane: RequestClass, *, is_queued: bool) -> None:
        self._backlog = backlog
        self.lane = lane
        self._is_queued = is_queued
        self._lines = 0
        self._is_taken = False
        self._since, self._queue = 0.0, 0

    def take(self) -> bool:
        """Take the place; False where there is no room."""
        if not self._backlog.has_room(self.lane, is_queued=self._is_queued):
            return False
        self._backlog.add(self.lane, is_queued=self._is_queued)
        self._is_taken, self._lines = True, int(self._is_queued)
        self._since, self._queue = self._backlog.now(), self._backlog.queued
        return True

    def grow(self, lines: int) -> None:
        """Count the lines of a batch beyond the first."""
        if self._is_taken and self._is_queued and lines > 0:
            self._backlog.grow(self.lane, lines)
            self._lines += lines
            self._queue = self._backlog.queued

    def give(self, *, is_done: bool = False) -> None:
        """Give the place back, if it is held; `is_done`: what was asked for was done.

        Others came while it waited, and were written with it: the longer queue counts.
        """
        if not self._is_taken:
            return
        if self._is_queued:
            queue = max(self._queue, self._backlog.queued)
            self._backlog.learn(self._backlog.now() - self._since, queue, is_done=is_done)
        self._backlog.remove(self.lane, self._lines)
        self._is_taken = False

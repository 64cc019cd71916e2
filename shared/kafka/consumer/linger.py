"""Waiting a little for more records: only where records come one soon after the other.

Each batch costs its round trips, however few records are in it. Under load a wait of some
milliseconds makes one batch of several; a record that comes alone is handed over at once.
"""

import time
from collections.abc import Callable

SOON = 4.0  # times the wait: whoever came after a longer silence came alone
ENOUGH = 0.25  # of the most that a batch takes: then it is large already


class Linger:
    """How long to wait for more, by how many records have come and how long ago the last ones."""

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._last: float | None = None

    def seconds(self, came: int, most: int | None) -> float:
        """Return for how long to wait now that `came` of `most` are there; 0 for not at all."""
        if not came or most is None:
            return 0.0
        before, self._last = self._last, self._now()
        is_alone = before is None or self._last - before > SOON * self._seconds
        return 0.0 if is_alone or came >= most * ENOUGH else self._seconds

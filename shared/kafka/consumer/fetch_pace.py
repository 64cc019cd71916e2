"""How often a consumer asks for more: seldom while nothing comes, and not for each record alone.

A fetch names all its partitions, and so does its answer: with 680 topics that takes the client
8 ms, whether it brings one record or five hundred. A third of a notifier's CPU was this at 37
complaints a second, and most of what a service at rest cost.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from shared.kafka.aiokafka_internals import replace_fetching, set_fetch_wait

REST_SECONDS = 0.0001  # for each partition, after an answer that brought something
MOST_REST_SECONDS = 0.075
# A partition that was just handed over is asked for when the request for the others is answered.
BUSY_WAIT_MS, IDLE_WAIT_MS = 500, 2_000
IDLE_AFTER_SECONDS = 5.0


class FetchPace:
    """Stands before each fetch of one consumer; `now` is a clock that is never set back."""

    def __init__(self, consumer: Any, *, now: Callable[[], float] = time.monotonic) -> None:
        self._consumer = consumer
        self._now = now
        self._came: dict[int, float] = {}  # by broker, when its last answer brought something
        self._last = now()
        self._fetch = replace_fetching(consumer, self.fetch)

    async def fetch(self, assignment: Any, node: int, request: Any) -> bool:
        """Rest, where records came just now, then ask; tell whether the answer woke anybody."""
        if (rest := self.rest(node, len(assignment.tps))) > 0:
            await asyncio.sleep(rest)
        found: bool = await self._fetch(assignment, node, request)
        self._note(node, found=found)
        return found

    def rest(self, node: int, partitions: int) -> float:
        """Return how many seconds a broker is left alone before it is asked for more."""
        pause = min(MOST_REST_SECONDS, REST_SECONDS * partitions)
        return self._came[node] + pause - self._now() if node in self._came else 0.0

    def _note(self, node: int, *, found: bool) -> None:
        now = self._now()
        if found:
            self._came[node] = self._last = now
        is_idle = now - self._last > IDLE_AFTER_SECONDS
        set_fetch_wait(self._consumer, IDLE_WAIT_MS if is_idle else BUSY_WAIT_MS)

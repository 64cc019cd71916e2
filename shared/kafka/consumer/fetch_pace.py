"""How often a consumer asks for more: seldom while nothing comes, and not for each record alone.

A fetch names all its partitions, and so does its answer: with 680 topics that takes the client
8 ms, whether it brings one record or five hundred. A third of a notifier's CPU was this at 37
complaints a second, and most of what a service at rest cost.
"""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

from shared.kafka.aiokafka_internals import replace_fetching, set_fetch_wait

# For each partition: after an answer that brought something, and between questions that did not,
# since a broker may answer early with nothing.
REST_SECONDS = 0.0003
MOST_REST_SECONDS = 0.2
# A partition that was just handed over is asked for when the request for the others is answered.
BUSY_WAIT_MS, IDLE_WAIT_MS = 500, 2_000
IDLE_AFTER_SECONDS = 5.0


class FetchPace:
    """Stands before each fetch of one consumer; `now` is a clock that is never set back."""

    def __init__(self, consumer: Any, *, now: Callable[[], float] = time.monotonic) -> None:
        self._consumer = consumer
        self._now = now
        self._free: dict[int, float] = {}  # by broker, from when on it may be asked again
        self._last = now()
        self._fetch = replace_fetching(consumer, self.fetch)

    async def fetch(self, assignment: Any, node: int, request: Any) -> bool:
        """Rest, where it was asked just now, then ask; tell whether the answer woke anybody."""
        if (rest := self.rest(node)) > 0:
            await asyncio.sleep(rest)
        asked = self._now()
        found: bool = await self._fetch(assignment, node, request)
        self._note(node, len(assignment.tps), asked=asked, found=found)
        return found

    def rest(self, node: int) -> float:
        """Return how many seconds a broker is left alone before it is asked again."""
        return self._free.get(node, -math.inf) - self._now()

    def _note(self, node: int, partitions: int, *, asked: float, found: bool) -> None:
        now, pause = self._now(), min(MOST_REST_SECONDS, REST_SECONDS * partitions)
        self._free[node] = (now if found else asked) + pause
        self._last = now if found else self._last
        is_idle = now - self._last > IDLE_AFTER_SECONDS
        set_fetch_wait(self._consumer, IDLE_WAIT_MS if is_idle else BUSY_WAIT_MS)

"""Records that Kafka deleted although nobody had committed them, at the begin of an assignment.

Whoever read them may have written their effects and died before it said them, and nobody reads
them again. So before the first batch the service says what there is of them, and only then the
offset is committed: until that, each assignment finds the same gap again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import TopicPartition

from shared.errors import Transient
from shared.stage.recovery.retention_gaps import DeletedRanges, deleted_unread
from shared.stage.stage_metrics import StageMetrics
from shared.telemetry.logs import log_mistake

log = logging.getLogger(__name__)
PAUSE_SECONDS = 1.0
Held = frozenset[TopicPartition]


class DeletedRecords:
    """Looks for gaps once in an assignment; `recover` says what is to be said, and commits."""

    def __init__(
        self,
        stage: str,
        recover: Callable[[DeletedRanges], Awaitable[None]],
        *,
        meter: StageMetrics,
        consumer: Callable[[], Any],
    ) -> None:
        self._stage = stage
        self._recover = recover
        self._meter = meter
        self._consumer = consumer
        self._unsettled: Held | None = None
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def begin(self, held: Held) -> None:
        """Look at these partitions, as soon as may be and before their first batch."""
        self.close()
        self._unsettled = held
        self._task = asyncio.create_task(self._insist(held))

    def close(self) -> None:
        """End what is going on in the background."""
        if self._task is not None:
            self._task.cancel()

    async def settle(self) -> None:
        """Return when nothing is open any more; Transient: again later."""
        async with self._turn:
            if (held := self._unsettled) is None:
                return
            ranges = await deleted_unread(self._stage, self._consumer(), held)
            if ranges:
                await self._recover(ranges)
            self._meter.lost(sum(map(len, ranges.values())))  # none is shown too
            if self._unsettled is held:
                self._unsettled = None

    async def _insist(self, held: Held) -> None:
        # No batch may come for hours, and what was not said would wait for it.
        while self._unsettled is held:
            try:
                await self.settle()
            except Transient as error:
                log.warning("stage %s looks for deleted records later: %s", self._stage, error)
                await asyncio.sleep(PAUSE_SECONDS)
            except Exception as error:
                log_mistake(log, f"deleted records of stage {self._stage}", error)
                return

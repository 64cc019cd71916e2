"""Whether a stage hears from its group: who does not exports and fires nothing, and says so."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.kafka.consumer.group_session import GroupSession
from shared.stage.stage_metrics import StageMetrics

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5


class CoordinatorWatch:
    """Looks at a session; `lost` is called when it is over, `again` when it is not any more."""

    def __init__(
        self,
        stage: str,
        meter: StageMetrics,
        *,
        lost: Callable[[], Awaitable[None]],
        again: Callable[[], Awaitable[None]],
    ) -> None:
        self._stage = stage
        self._meter = meter
        self._lost = lost
        self._again = again
        self._session: GroupSession | None = None
        self._is_lost = False
        self._task: asyncio.Task[None] | None = None

    @property
    def reason(self) -> str | None:
        """Return since when the group has not answered, or None where it does."""
        if self._session is None or not self._session.is_over:
            return None
        return f"stage {self._stage} is cut off: no heartbeat for {self._session.age:.0f} s"

    def watch(self, session: GroupSession) -> None:
        """Look every half second, until `close`."""
        self._session = session
        self._task = asyncio.create_task(self._repeat(session))

    def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _repeat(self, session: GroupSession) -> None:
        while True:
            await self._look(session)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, session: GroupSession) -> None:
        self._meter.heartbeat(session.age)
        if session.is_over and not self._is_lost:
            self._is_lost = True
            log.warning("%s", self.reason)
            await self._lost()
        elif self._is_lost and not session.is_over:
            log.info("stage %s hears from its group again", self._stage)
            self._is_lost = False
            await self._again()

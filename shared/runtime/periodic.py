"""A component that does one thing at start and then again every so often."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.errors import Transient
from shared.runtime.component import Component
from shared.telemetry.logs import log_mistake

log = logging.getLogger(__name__)


class Periodic(Component):
    """Repeats an action; one that fails for a while is tried again at the next turn."""

    def __init__(self, name: str, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._seconds = seconds
        self._action = action
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Do it once, so that what follows can rely on it; then go on in the background."""
        await self._action()
        self._task = asyncio.create_task(self._repeat())

    async def stop(self) -> None:
        """End the repetition."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def alive(self) -> bool:
        """Tell whether the repetition goes on."""
        return self._task is None or not self._task.done()

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self._action()
            except Transient as error:
                log.warning("%s: %s", self._name, error)
            except Exception as error:
                # Ours to mend: the process is not alive any more, and begins anew.
                log_mistake(log, self._name, error)
                return

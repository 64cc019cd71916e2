"""Whether what all doors of a process need answers it: asked every so often, with patience.

One silence is nothing: where a database is away from everybody, taking one process after the other
out of service only takes the words away in which they say so.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from shared.errors import Transient
from shared.runtime.component import Component

SECONDS, PATIENCE_SECONDS = 5.0, 30.0


class ReachabilityCheck(Component):
    """Asks `ask`, which raises Transient where nobody answers, and remembers since when."""

    def __init__(
        self,
        name: str,
        ask: Callable[[], Awaitable[None]],
        *,
        every: float = SECONDS,
        patience: float = PATIENCE_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._ask = ask
        self._every = every
        self._patience = patience
        self._ticks = ticks
        self._answered = ticks()
        self._is_silent = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to ask; the process was started with an answer."""
        self._answered = self._ticks()
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """End the asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def readiness(self) -> str | None:
        """Return None, or for how long nothing answered: another process may be better off."""
        silence = self._ticks() - self._answered
        if not self._is_silent or silence < self._patience:
            return None
        return f"{self._name} has not answered for {silence:.0f} s"

    def trouble(self) -> str | None:
        """Return None where the last question was answered."""
        return f"{self._name} does not answer" if self._is_silent else None

    def alive(self) -> bool:
        """Tell whether it still asks."""
        return self._task is None or not self._task.done()

    async def ask(self) -> None:
        """Ask once."""
        try:
            await self._ask()
        except Transient:
            self._is_silent = True
        else:
            self._answered, self._is_silent = self._ticks(), False

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self.ask()

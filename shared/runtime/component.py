"""A part of a service with a life of its own; subclasses say what differs from doing nothing."""

from collections.abc import Awaitable, Callable


class Component:
    """Started in order and stopped in reverse by `shared.runtime.service.Service`."""

    async def start(self) -> None:
        """Start; raise Transient to be started again in a moment."""
        return

    async def stop(self) -> None:
        """Finish what is in hand and end; must be safe when not started."""
        return

    def readiness(self) -> str | None:
        """Return None when ready, else why not: only what `shared.runtime.service` says."""
        return None

    def trouble(self) -> str | None:
        """Return what keeps it from its work, or None: told at `/readyz`, which stays ready."""
        return None

    def alive(self) -> bool:
        """Tell whether the part still runs; false has the process restarted."""
        return True


class StartupStep(Component):
    """One thing to be done before what comes next is started, such as creating indexes."""

    def __init__(self, prepare: Callable[[], Awaitable[None]]) -> None:
        self._prepare = prepare

    async def start(self) -> None:
        """Do it; Transient has it done again in a moment."""
        await self._prepare()

"""A part of a service with a life of its own; subclasses say what differs from doing nothing."""


class Component:
    """Started in order and stopped in reverse by `shared.service.Service`."""

    async def start(self) -> None:
        """Start; raise Transient to be started again in a moment."""
        return

    async def stop(self) -> None:
        """Finish what is in hand and end; must be safe when not started."""
        return

    def readiness(self) -> str | None:
        """Return None when ready, else the reason why not."""
        return None

    def alive(self) -> bool:
        """Tell whether the part still runs; false has the process restarted."""
        return True

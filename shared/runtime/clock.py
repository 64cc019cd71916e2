"""Time as a port: services ask a clock, and tests give them one that they set."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.contracts.value_objects import to_instant


class Clock(Protocol):
    """Tells the present instant, in UTC and whole milliseconds."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant."""
        return to_instant(datetime.now(UTC))


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, instant: datetime) -> None:
        self._instant = to_instant(instant)

    def now(self) -> datetime:
        """Return the instant set last."""
        return self._instant

    def advance(self, **delta: float) -> None:
        """Move forward by a timedelta given in its own keywords (`seconds=`, `days=`)."""
        self._instant = to_instant(self._instant + timedelta(**delta))

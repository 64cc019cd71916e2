"""Which units an erasure leaves: those of the rules, and those that an operator accepted."""

from collections.abc import Callable, Mapping, Set

from shared.reference.accepted_units import AcceptedUnitReader
from shared.reference.units import UnitNames


class KnownUnits:
    """The register as it was read last."""

    def __init__(self, reader: AcceptedUnitReader, of_rules: Callable[[], Set[str]]) -> None:
        self._reader = reader
        self._of_rules = of_rules
        self._accepted: Mapping[str, Set[str]] = {}

    async def refresh(self) -> None:
        """Read the register; DatabaseAway leaves what was read before."""
        self._accepted = await self._reader.accepted()

    def units(self) -> UnitNames:
        """Return the units that are known."""
        return UnitNames(self._of_rules(), self._accepted)

"""Units of institutions (unit kerja): which names are known, and what stands for all others.

Whoever assigns a unit may write anything. A name is shown to everybody, and outlasts an erasure,
only where the routing rules have it or an operator accepted it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

OTHER_UNIT = "unit lain"


@dataclass(frozen=True, slots=True)
class UnitNames:
    """The known names: those of the rules, whoever has the case, and the accepted by code."""

    of_rules: Set[str] = frozenset()
    accepted: Mapping[str, Set[str]] = field(default_factory=dict)

    def known(self, institution: str | None, unit: str | None) -> str | None:
        """Return the unit, or `OTHER_UNIT` for one that is not known."""
        if unit is None or unit in self.of_rules:
            return unit
        return unit if unit in self.accepted.get(institution or "", ()) else OTHER_UNIT

"""What the files say now and a case must know: institutions, and categories to investigate."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from shared.contracts.case import Candidate, Decision
from shared.reference.units import UnitNames

NOT_PROVISIONED = "institution_not_provisioned"
CLOSED = "institution_closed"
TO_AND_FRO = "sent_to_and_fro"


@dataclass(frozen=True, slots=True)
class AgencyDirectoryView:
    """Codes of the directory, and those among them whose topic exists.

    `investigated` are the categories whose reports need an investigation; `succession` has for each
    closed institution the open one that took over, None without one; `units` are those that an
    erasure leaves.
    """

    known: Set[str]
    provisioned: Set[str]
    investigated: Set[str] = frozenset()
    succession: Mapping[str, str | None] = field(default_factory=dict)
    units: UnitNames = field(default_factory=UnitNames)

    def current(self, institution: str) -> str | None:
        """Return who answers now for a code: itself, its successor, or None where it is closed."""
        return self.succession.get(institution, institution)

    @staticmethod
    def closed(institution: str, category: str | None, *, successor: str | None) -> Decision:
        """Return why a case leaves a closed institution, for its successor or for triage."""
        into = f"was merged into {successor}" if successor else "is closed and has no successor"
        return Decision(
            institution=successor,
            category=category,
            confidence=1.0 if successor else 0.0,
            rule=CLOSED,
            version="",
            reasons=(f"{institution} {into}",),
        )

    @staticmethod
    def disputed(holder: str, other: str, category: str | None) -> Decision:
        """Return the decision that leaves a case to people which two institutions pass on."""
        reason = f"{holder} and {other} would exchange it for the third time"
        return Decision(
            institution=None,
            category=category,
            rule=TO_AND_FRO,
            version="",
            reasons=(reason,),
            candidates=tuple(
                Candidate(institution=code, confidence=0.5, reason="says that it is not its own")
                for code in (holder, other)
            ),
        )

    @staticmethod
    def not_provisioned(institution: str, category: str | None) -> Decision:
        """Return the decision that keeps a case in triage until the topic exists."""
        return Decision(
            institution=None,
            category=category,
            rule=NOT_PROVISIONED,
            version="",
            reasons=(f"topic agency-{institution} does not exist",),
            candidates=(
                Candidate(institution=institution, confidence=1.0, reason="its topic is missing"),
            ),
        )

"""Which institutions a case can be sent to right now."""

from collections.abc import Set
from dataclasses import dataclass

from shared.case import Candidate, Decision

NOT_PROVISIONED = "institution_not_provisioned"


@dataclass(frozen=True, slots=True)
class Reach:
    """Codes of the directory, and those among them whose topic exists."""

    known: Set[str]
    provisioned: Set[str]

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

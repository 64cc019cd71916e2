"""What judging a complaint came to: an institution, or what it may be and what is missing."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from shared.contracts.case import Candidate

MOST_CANDIDATES = 3


class BuiltInRule(StrEnum):
    """The rules that are not lines of the table; with those a label of `salur_decisions_total`."""

    GIVEN = "given"
    CHOSEN = "chosen"
    AMBIGUOUS = "ambiguous"
    INCOMPLETE = "incomplete"
    REGION_MISSING = "region_missing"
    UNSURE = "unsure"
    UNKNOWN = "unknown"
    NOT_PROVISIONED = "institution_not_provisioned"
    CLOSED = "institution_closed"


class Finding(NamedTuple):
    """What a rule found. `institution` None leaves it to people."""

    rule: str
    institution: str | None = None
    unit: str | None = None
    confidence: float = 0.0
    reasons: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    missing: tuple[str, ...] = ()

    def incomplete(self, missing: tuple[str, ...]) -> "Finding":
        """Return the finding held back until the reporter tells what is missing."""
        return self._replace(
            rule=BuiltInRule.INCOMPLETE,
            institution=None,
            unit=None,
            reasons=(f"{BuiltInRule.INCOMPLETE}: {', '.join(missing)}", *self.reasons),
            candidates=self._as_candidate(),
            missing=missing,
        )

    def succeeded(self, successor: str) -> "Finding":
        """Return the finding for the institution that took over from a closed one."""
        reason = f"{BuiltInRule.CLOSED}: {self.institution} was merged into {successor}"
        return self._replace(institution=successor, unit=None, reasons=(*self.reasons, reason))

    def closed(self) -> "Finding":
        """Return the finding left to people: the institution is closed, and nobody took over."""
        reason = f"{BuiltInRule.CLOSED}: {self.institution} is closed and has no successor"
        return self._replace(
            rule=BuiltInRule.CLOSED, institution=None, unit=None, confidence=0.0, reasons=(reason,)
        )

    def not_provisioned(self) -> "Finding":
        """Return the finding held back because the institution has no topic."""
        reason = f"{BuiltInRule.NOT_PROVISIONED}: {self.institution} has no topic"
        return self._replace(
            rule=BuiltInRule.NOT_PROVISIONED,
            institution=None,
            unit=None,
            reasons=(reason,),
            candidates=self._as_candidate(),
        )

    def _as_candidate(self) -> tuple[Candidate, ...]:
        if self.institution is None:
            return self.candidates
        reason = self.reasons[0] if self.reasons else self.rule
        return (Candidate(institution=self.institution, confidence=self.confidence, reason=reason),)


def best(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return the three surest, each institution once; of equals the first."""
    ranked = sorted(candidates, key=lambda one: -one.confidence)
    once: dict[str, Candidate] = {}
    for one in ranked:
        once.setdefault(one.institution, one)
    return tuple(once.values())[:MOST_CANDIDATES]

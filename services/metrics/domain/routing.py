"""How a complaint was first decided, and what people then changed: the signs of misrouting.

Everything hangs on the *first decision*, so that whoever reads the counts blames the right rule
and model version. A pure function of the history: refused inputs changed nothing and are skipped.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from services.metrics.domain.event import DecisionOutline, EntryOutline
from shared.contracts.case import InputKind, Outcome
from shared.contracts.value_objects import Frozen

NOT_PROVISIONED = "institution_not_provisioned"  # the router's rule for a missing topic
CLOSED = "institution_closed"  # and for an institution that is no more
_DECIDING = frozenset({InputKind.SUBMITTED, InputKind.SUPPLEMENT})
_NAMING = frozenset({InputKind.ROUTE, InputKind.ASSIGN_UNIT})  # inputs that may name a category


class MisroutingSign(StrEnum):
    """What tells that the first decision was wrong or, for `confirmed`, right.

    - `transfer`: an institution or an officer gave the case up with `transfer`, whether to another
      institution or back to triage.
    - `correction`: an officer's or operator's `route` moved it from one institution to another.
    - `any`: at least one of these two; no other sign tells that it lay with the wrong institution.
    - `overruled`: the router left it in triage, and the first `route` out of it went elsewhere than
      to the router's first candidate.
    - `confirmed`: that `route` went to the first candidate.
    - `category`: a `route` or an `assign_unit` changed the category that it had; naming a missing
      one is no change.

    A transfer out of an institution that is closed or merged says nothing of the decision. Nor does
    a missing topic: an `undeliverable` case, and the `route` that follows it, say nothing; nor can
    a candidate be followed whose topic was missing at once.
    """

    TRANSFER = "transfer"
    CORRECTION = "correction"
    ANY = "any"
    OVERRULED = "overruled"
    CONFIRMED = "confirmed"
    CATEGORY = "category"


class Routing(Frozen):
    """The first decision of a complaint, and how often people changed what came of it.

    The first decision is the one by which the router routed it. Where it went to triage instead,
    it is the newest that the router made (`submitted`, or a `supplement` that decided anew) before
    an officer routed it. Decisions after that do not count: what was given up was not theirs.

    `version` is of directory, taxonomy and rules, `model` of the classifier; `outcome` tells what
    the decision did. The numbers count entries of the history; `overruled` and `confirmed` are at
    most 1.
    """

    rule: str
    version: str
    model: str
    outcome: Literal[Outcome.ROUTED, Outcome.TRIAGED]
    transfers: int = 0
    corrections: int = 0
    overruled: int = 0
    confirmed: int = 0
    category_changes: int = 0

    def signs(self) -> tuple[MisroutingSign, ...]:
        """Return the signs that the complaint shows at all, in the order of `MisroutingSign`."""
        shown = {
            MisroutingSign.TRANSFER: self.transfers,
            MisroutingSign.CORRECTION: self.corrections,
            MisroutingSign.ANY: self.transfers + self.corrections,
            MisroutingSign.OVERRULED: self.overruled,
            MisroutingSign.CONFIRMED: self.confirmed,
            MisroutingSign.CATEGORY: self.category_changes,
        }
        return tuple(sign for sign, times in shown.items() if times)


def routing_of(history: Iterable[EntryOutline]) -> Routing | None:
    """Return how a case was first decided and changed since; None where nobody decided."""
    steps = [step for step in history if step.outcome != Outcome.REFUSED]
    decision = first_decision(steps)
    if decision is None:
        return None
    signs = [sign for before, after in pairwise(steps) for sign in _signs(before, after)]
    judged = _judged(steps, decision)
    return Routing(
        rule=decision.rule,
        version=decision.version,
        model=decision.model,
        outcome=Outcome.ROUTED if decision.institution else Outcome.TRIAGED,
        transfers=signs.count(MisroutingSign.TRANSFER),
        corrections=signs.count(MisroutingSign.CORRECTION),
        overruled=int(judged is MisroutingSign.OVERRULED),
        confirmed=int(judged is MisroutingSign.CONFIRMED),
        category_changes=signs.count(MisroutingSign.CATEGORY),
    )


def first_decision(steps: Iterable[EntryOutline]) -> DecisionOutline | None:
    """Return the router's newest decision up to the moment somebody first held the case."""
    found = None
    for step in steps:
        if step.decision is not None and step.input in _DECIDING:
            found = step.decision
        if step.institution is not None:
            break
    return found


def _signs(before: EntryOutline, after: EntryOutline) -> Iterator[MisroutingSign]:
    # Who may ask for what is the router's to check: only officers and operators can `route`, and
    # with an `assign_unit` only they can name a category.
    if after.input == InputKind.TRANSFER and not _left_the_closed(after):
        yield MisroutingSign.TRANSFER
    if after.input == InputKind.ROUTE and _is_moved(before, after):
        yield MisroutingSign.CORRECTION
    if after.input in _NAMING and before.category and before.category != after.category:
        yield MisroutingSign.CATEGORY


def _left_the_closed(step: EntryOutline) -> bool:
    return step.decision is not None and step.decision.rule == CLOSED


def _is_moved(before: EntryOutline, after: EntryOutline) -> bool:
    holders = {before.institution, after.institution}
    return len(holders) == 2 and None not in holders


def _judged(steps: Sequence[EntryOutline], decision: DecisionOutline) -> MisroutingSign | None:
    if decision.institution or not decision.candidates or decision.rule == NOT_PROVISIONED:
        return None
    taken = next((step for step in steps if step.institution), None)
    if taken is None or taken.input != InputKind.ROUTE:
        return None
    guessed = decision.candidates[0].institution
    return MisroutingSign.CONFIRMED if taken.institution == guessed else MisroutingSign.OVERRULED

"""What a case's history says of how things stand; every function is a question to the history."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

from shared.contracts.case import (
    MAX_TEXT,
    ActorKind,
    Case,
    Complaint,
    Entry,
    InputKind,
    Outcome,
    Place,
    Similar,
    Status,
)

HELD = frozenset({Status.ROUTED, Status.IN_PROGRESS})
_BEGUN = frozenset({Status.IN_PROGRESS, Status.COMPLETED})
STAFF = frozenset({ActorKind.OFFICER, ActorKind.OPERATOR})
TRANSFERRED = "transferred"
_CHOICES = frozenset({InputKind.ROUTE, InputKind.ASSIGN_UNIT})
_ADDED = frozenset({InputKind.SUPPLEMENT, InputKind.REPLY, InputKind.REOPEN})


def applied(case: Case, kind: InputKind) -> tuple[Entry, ...]:
    """Return the entries of this kind that changed something, in order."""
    return tuple(
        entry
        for entry in case.history
        if entry.input is kind and entry.outcome is not Outcome.REFUSED
    )


def current_complaint(case: Case) -> Complaint:
    """Return the complaint with all that was added to it since: the case keeps it as submitted.

    Supplements follow the text in order, of the place the latest parts win, and a category that
    an officer let stand takes the place of the reporter's. Beyond 50,000 characters the end of
    the first text goes: what was asked for stands in the supplements.
    """
    supplements = applied(case, InputKind.SUPPLEMENT)
    if not supplements:
        return _with_category(case, case.complaint)
    added = "".join(f"\n\n{entry.text}" for entry in supplements if entry.text)[-MAX_TEXT:]
    return _with_category(
        case,
        case.complaint.model_copy(
            update={
                "text": case.complaint.text[: MAX_TEXT - len(added)] + added,
                "place": _merged(case.complaint.place, supplements),
            }
        ),
    )


def chosen_by_staff(case: Case) -> Entry | None:
    """Return the entry in which an officer or operator last routed or corrected the case."""
    choices = (
        entry
        for entry in reversed(case.history)
        if entry.input in _CHOICES
        and entry.actor.kind in STAFF
        and entry.outcome is not Outcome.REFUSED
    )
    return next(choices, None)


def still_chosen(case: Case) -> Entry | None:
    """Return the last choice by staff, unless the case was transferred since."""
    chosen = chosen_by_staff(case)
    if chosen is None or any(entry.seq > chosen.seq for entry in applied(case, InputKind.TRANSFER)):
        return None
    return chosen


def given_up_by(case: Case) -> frozenset[str]:
    """Return the institutions that held the case and said that it is not theirs."""
    moves = applied(case, InputKind.TRANSFER)
    return frozenset(entry.previous for entry in moves if entry.previous is not None)


def exchanges(case: Case, one: str | None, other: str | None) -> int:
    """Return how often two institutions have passed the case to each other."""
    moves = (entry for entry in applied(case, InputKind.TRANSFER) if entry.institution is not None)
    return sum({entry.previous, entry.institution} == {one, other} for entry in moves)


def holders(case: Case) -> tuple[str, ...]:
    """Return the institutions that ever held the case, each once, in order."""
    held = (entry.institution for entry in case.history if entry.institution is not None)
    return tuple(dict.fromkeys(held))


def status_before_return(case: Case) -> Status:
    """Return what an institution's case was before it was sent back to the reporter.

    For who got it while it waited there is no before: nothing is done yet.
    """
    holder = case.last.institution
    mine = takewhile(lambda entry: entry.institution == holder, reversed(case.history))
    before = (entry.status for entry in mine if entry.status in HELD)
    return next(before, Status.ROUTED)


def has_begun(case: Case, institution: str) -> bool:
    """Tell whether an institution ever began a case, whatever became of it since."""
    mine = (entry.status for entry in case.history if entry.institution == institution)
    return any(status in _BEGUN for status in mine)


def status_before_archive(case: Case) -> Status:
    """Return what a case was before it was archived."""
    before = (entry.status for entry in reversed(case.history))
    return next((status for status in before if status is not Status.ARCHIVED), Status.UNVERIFIED)


def added_by_reporter(case: Case) -> tuple[str, ...]:
    """Return what came after the complaint from its reporter or for it, in order."""
    return tuple(
        entry.text or ""
        for entry in case.history
        if entry.input in _ADDED and entry.outcome is not Outcome.REFUSED
    )


def triage_reason(case: Case) -> str | None:
    """Return why nobody holds a case that waits for an officer, or None where it does not wait.

    It is the rule of the newest decision, or `transferred` where an institution gave the case
    up and named no other.
    """
    if case.last.status is not Status.UNVERIFIED:
        return None
    for entry in reversed(case.history):
        if entry.outcome is Outcome.REFUSED:
            continue
        if entry.decision is not None:
            return entry.decision.rule
        if entry.input is InputKind.TRANSFER:
            return TRANSFERRED
    return None


def is_overdue(case: Case) -> bool:
    """Tell whether a limit has passed for whoever has a case that is not done, triage too."""
    if case.last.status not in HELD | {Status.UNVERIFIED}:
        return False
    holder = case.last.institution
    mine = takewhile(lambda entry: entry.institution == holder, reversed(case.history))
    return any(entry.outcome is Outcome.ESCALATED for entry in mine)


def answer_due(case: Case) -> datetime | None:
    """Return by when the institution that has a case must answer, as was last said in its history.

    None where nobody has it, it waits for its reporter or it is done, and where no limit is set.
    """
    holder = case.last.institution
    if case.last.status not in HELD:
        return None
    mine = takewhile(lambda entry: entry.institution == holder, reversed(case.history))
    return next((entry.due for entry in mine if entry.due is not None), None)


def similar_to(case: Case) -> tuple[Similar, ...]:
    """Return the earlier reports that the newest decision with any took for similar."""
    made = (entry.decision for entry in reversed(case.history) if entry.decision is not None)
    return next((decision.similar for decision in made if decision.similar), ())


def _merged(place: Place, supplements: Sequence[Entry]) -> Place:
    for entry in supplements:
        if entry.place is not None:
            place = place.model_copy(update=entry.place.model_dump(exclude_none=True))
    return place


def _with_category(case: Case, complaint: Complaint) -> Complaint:
    chosen = chosen_by_staff(case)
    if chosen is None or chosen.category is None:
        return complaint
    return complaint.model_copy(update={"category": chosen.category})

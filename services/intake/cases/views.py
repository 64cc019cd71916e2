"""What each caller is shown of a case."""

from collections.abc import Iterable
from uuid import UUID

from services.intake.keys.callers import Caller, Role
from services.intake.submit.records import Receipt
from shared.contracts.case import (
    ActorKind,
    ArchiveReason,
    Case,
    Decision,
    Entry,
    InputKind,
    Outcome,
    Place,
    Question,
    Refusal,
    Status,
)
from shared.contracts.deadlines import Deadline
from shared.contracts.refused_actions import RefusedAction
from shared.contracts.value_objects import Frozen, Instant

ACCEPTED = "accepted"
_DISPOSITIONS = frozenset({InputKind.ROUTE, InputKind.ASSIGN_UNIT})
# They changed nothing; a refusal's reason is for its sender, and lateness for those above.
_FOR_OFFICERS = frozenset({Outcome.REFUSED, Outcome.WARNED, Outcome.ESCALATED})
PENDING, APPLIED, REFUSED = "pending", "applied", "refused"


class Line(Frozen):
    """One line of the timeline; all after `reason` is for officers only.

    So are lines about deadlines, but for the one that closes the case. `told` is the institution
    above, where that one hears of it.
    """

    seq: int
    outcome: Outcome
    at: Instant
    institution: str | None = None
    text: str | None = None
    rating: int | None = None
    reason: ArchiveReason | None = None
    place: Place | None = None
    actor: str | None = None
    decision: Decision | None = None
    refusal: Refusal | None = None
    deadline: Deadline | None = None
    told: str | None = None


class CaseView(Frozen):
    """How a complaint stands; `status` is `accepted` until the router has seen it.

    `questions` are what the report still lacks while it waits in triage: a `supplement` answers
    them. `investigation`: it needs one, and its institution has the longer limit.
    """

    number: str
    status: str
    received_at: Instant
    institution: str | None = None
    unit: str | None = None
    category: str | None = None
    investigation: bool | None = None
    questions: tuple[Question, ...] = ()
    timeline: tuple[Line, ...] = ()


class ActionView(Frozen):
    """How an action stands: pending, applied, or refused with the reason."""

    action_id: UUID
    complaint_id: UUID
    status: str
    code: str | None = None
    detail: str | None = None


def may_see(caller: Caller, receipt: Receipt, case: Case | None) -> bool:
    """Tell whether a caller's key opens this case.

    An institution sees what it holds now, a gateway what it submitted itself.
    """
    if caller.oversees:
        return True
    if caller.role is Role.AGENCY:
        return case is not None and case.last.institution == caller.agency
    return caller.role is Role.GATEWAY and receipt.caller == caller.identity


def view_of(receipt: Receipt, case: Case | None, *, whole: bool) -> CaseView:
    """Return how a complaint stands, with officers' lines where `whole`."""
    number = receipt.number or ""
    if case is None:
        return CaseView(number=number, status=ACCEPTED, received_at=receipt.at)
    last = case.last
    return CaseView(
        number=number,
        status=last.status,
        received_at=case.complaint.received_at,
        institution=last.institution,
        unit=last.unit,
        category=last.category,
        investigation=last.investigation,
        questions=_questions(case),
        timeline=tuple(_whole_line(entry) for entry in case.history)
        if whole
        else tuple(_public_lines(case.history)),
    )


def action_view(receipt: Receipt, case: Case | None, refused: RefusedAction | None) -> ActionView:
    """Return how an action stands: looked up in the history by its id, or dropped without it."""
    entry = _entry_of(receipt.id, case)
    if entry is None and refused is not None:
        return refused_view(refused)
    return _of_entry(receipt.id, receipt.complaint_id, entry)


def refused_view(refused: RefusedAction) -> ActionView:
    """Return how an action stands that was dropped."""
    return ActionView(
        action_id=refused.action_id,
        complaint_id=refused.complaint_id,
        status=REFUSED,
        code=refused.refusal.code,
        detail=refused.refusal.detail,
    )


def record_view(action_id: UUID, case: Case, caller: Caller) -> ActionView | None:
    """Return how an action stands that an institution wrote to its topic.

    None where it is no such action, or where this caller may not see it.
    """
    entry = _entry_of(action_id, case)
    if entry is None or entry.actor.kind is not ActorKind.AGENCY:
        return None
    if not (caller.oversees or caller.actor == entry.actor):
        return None
    return _of_entry(action_id, case.complaint.complaint_id, entry)


def _of_entry(action_id: UUID, complaint_id: UUID, entry: Entry | None) -> ActionView:
    refusal = entry.refusal if entry else None
    return ActionView(
        action_id=action_id,
        complaint_id=complaint_id,
        status=_standing(entry),
        code=refusal.code if refusal else None,
        detail=refusal.detail if refusal else None,
    )


def _questions(case: Case) -> tuple[Question, ...]:
    # These change nothing: what was asked before is still to be answered.
    applied = (entry for entry in reversed(case.history) if entry.outcome not in _FOR_OFFICERS)
    last = next(applied, None)
    if last is None or last.status is not Status.UNVERIFIED or last.decision is None:
        return ()
    return last.decision.questions


def _standing(entry: Entry | None) -> str:
    if entry is None:
        return PENDING
    return REFUSED if entry.outcome is Outcome.REFUSED else APPLIED


def _entry_of(input_id: UUID, case: Case | None) -> Entry | None:
    history = case.history if case else ()
    return next((entry for entry in history if entry.input_id == input_id), None)


def _public_lines(history: Iterable[Entry]) -> Iterable[Line]:
    return (_public_line(entry) for entry in history if entry.outcome not in _FOR_OFFICERS)


def _public_line(entry: Entry) -> Line:
    # Words that go with a disposition are between officers and the institution.
    text = None if entry.input in _DISPOSITIONS else entry.text
    return Line(
        seq=entry.seq,
        outcome=entry.outcome,
        at=entry.at,
        institution=entry.institution,
        text=text,
        rating=entry.rating,
        reason=entry.reason,
    )


def _whole_line(entry: Entry) -> Line:
    return Line(
        seq=entry.seq,
        outcome=entry.outcome,
        at=entry.at,
        institution=entry.institution,
        text=entry.text,
        rating=entry.rating,
        reason=entry.reason,
        place=entry.place,
        actor=":".join(part for part in (entry.actor.kind.value, entry.actor.code) if part),
        decision=entry.decision,
        refusal=entry.refusal,
        deadline=entry.deadline,
        told=entry.told,
    )

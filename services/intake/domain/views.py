"""What each caller is shown of a case."""

from collections.abc import Iterable
from uuid import UUID

from services.intake.domain.callers import Caller, Role
from services.intake.domain.records import Receipt
from shared.case import Case, Decision, Entry, InputKind, Outcome, Refusal
from shared.models import Frozen, Instant

ACCEPTED = "accepted"
PENDING, APPLIED, REFUSED = "pending", "applied", "refused"


class Line(Frozen):
    """One line of the timeline; `decision`, `refusal` and `actor` for officers only."""

    seq: int
    outcome: Outcome
    at: Instant
    institution: str | None = None
    text: str | None = None
    actor: str | None = None
    decision: Decision | None = None
    refusal: Refusal | None = None


class CaseView(Frozen):
    """How a complaint stands; `status` is `accepted` until the router has seen it."""

    number: str
    status: str
    received_at: Instant
    institution: str | None = None
    unit: str | None = None
    category: str | None = None
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
        timeline=tuple(_whole_line(entry) for entry in case.history)
        if whole
        else tuple(_public_lines(case.history)),
    )


def action_view(receipt: Receipt, case: Case | None) -> ActionView:
    """Return how an action stands: looked up in the history by its id."""
    entry = _entry_of(receipt.id, case)
    refusal = entry.refusal if entry else None
    return ActionView(
        action_id=receipt.id,
        complaint_id=receipt.complaint_id,
        status=_standing(entry),
        code=refusal.code if refusal else None,
        detail=refusal.detail if refusal else None,
    )


def _standing(entry: Entry | None) -> str:
    if entry is None:
        return PENDING
    return REFUSED if entry.outcome is Outcome.REFUSED else APPLIED


def _entry_of(input_id: UUID, case: Case | None) -> Entry | None:
    history = case.history if case else ()
    return next((entry for entry in history if entry.input_id == input_id), None)


def _public_lines(history: Iterable[Entry]) -> Iterable[Line]:
    # A refused input changed nothing, and its reason is for its sender.
    return (_public_line(entry) for entry in history if entry.outcome is not Outcome.REFUSED)


def _public_line(entry: Entry) -> Line:
    # Words that go with a disposition are between officers and the institution.
    text = None if entry.input is InputKind.ROUTE else entry.text
    return Line(
        seq=entry.seq,
        outcome=entry.outcome,
        at=entry.at,
        institution=entry.institution,
        text=text,
    )


def _whole_line(entry: Entry) -> Line:
    return Line(
        seq=entry.seq,
        outcome=entry.outcome,
        at=entry.at,
        institution=entry.institution,
        text=entry.text,
        actor=":".join(part for part in (entry.actor.kind.value, entry.actor.code) if part),
        decision=entry.decision,
        refusal=entry.refusal,
    )

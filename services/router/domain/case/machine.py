"""The case's state machine: an input and a case in, one history entry out.

Everything an input needs to be judged is in the input, the case, the reach of the router and its
brain, so the same inputs in the same order always give the same case.
"""

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.entries import next_entry
from services.router.domain.case.history import STAFF, exchanges, status_before_archive
from services.router.domain.case.refusals import refusal_of
from services.router.domain.case.supplement import Decide, back_to_triage, passed_on, supplemented
from services.router.domain.case.transitions import OWN, row_for
from shared.contracts.actions import (
    Action,
    Archive,
    AssignUnit,
    Erase,
    Rate,
    Reopen,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import (
    Actor,
    ActorKind,
    Case,
    Decision,
    Entry,
    InputKind,
    Outcome,
    Status,
)
from shared.contracts.deadlines import Deadline, Level, deadline_id
from shared.contracts.events import ActionRequested, Submitted
from shared.contracts.identifiers import derived_input_id

MOST_EXCHANGES = 2  # between the same two institutions; the next one is an officer's affair
ROUTER = Actor(kind=ActorKind.ROUTER)
_PASSED = {Level.WARNING: Outcome.WARNED, Level.CLOSE: Outcome.AUTO_CLOSED}


def open_case(submitted: Submitted, decision: Decision) -> Case:
    """Return the new case of a complaint, routed or in triage as `decision` says."""
    routed = decision.institution is not None
    entry = Entry(
        seq=1,
        input_id=submitted.input_id,
        input=InputKind.SUBMITTED,
        outcome=Outcome.ROUTED if routed else Outcome.TRIAGED,
        at=submitted.at,
        actor=ROUTER,
        status=Status.ROUTED if routed else Status.UNVERIFIED,
        institution=decision.institution,
        unit=decision.unit,
        category=decision.category,
        investigation=decision.investigation,
        decision=decision,
    )
    return Case(complaint=submitted.complaint, history=(entry,))


def apply(
    case: Case, request: ActionRequested, reach: AgencyDirectoryView, *, decide: Decide
) -> Entry:
    """Return the entry that an action gives: a change, or a refusal with its reason.

    `decide` judges a complaint that its reporter has completed.
    """
    request = _to_successor(request, reach)
    refusal = refusal_of(case, request, reach)
    row = row_for(InputKind(request.action.kind), request.actor.kind, case.last.status)
    if refusal is not None or row is None:
        # Without its words: they changed nothing, and whoever may not act must not fill the case.
        return next_entry(case, request, outcome=Outcome.REFUSED, refusal=refusal, text=None)
    match request.action:
        case Route() | Transfer() as action:
            return _moved(case, request, action, reach)
        case Supplement():
            return supplemented(case, request, reach, decide)
        case Reopen():
            return _reopened(case, request, reach)
    status = row.leads_to[0] if row.leads_to else case.last.status
    changes = _changes(case.last, request.action, reach)
    return next_entry(case, request, outcome=row.outcome, status=status, **changes)


def undeliverable(case: Case, institution: str) -> Entry | None:
    """Return the entry that takes a case back to triage because its topic is gone.

    None where the institution no longer holds the case, or has answered it, or it is archived:
    there is nothing to take back.
    """
    last = case.last
    (row,) = OWN[InputKind.UNDELIVERABLE]
    if last.institution != institution or last.status not in row.statuses:
        return None
    return Entry(
        seq=last.seq + 1,
        input_id=derived_input_id(case.complaint.complaint_id, last.seq, "undeliverable"),
        input=InputKind.UNDELIVERABLE,
        outcome=Outcome.TRIAGED,
        at=last.at,
        actor=ROUTER,
        status=Status.UNVERIFIED,
        category=last.category,
        investigation=last.investigation,
        previous=institution,
        decision=AgencyDirectoryView.not_provisioned(institution, last.category),
    )


def deadline_passed(case: Case, deadline: Deadline, told: str | None) -> Entry:
    """Return the entry of a deadline that has passed; `told` is the institution that hears."""
    last, complaint = case.last, case.complaint.complaint_id
    closes = deadline.level is Level.CLOSE
    return Entry(
        seq=last.seq + 1,
        input_id=deadline_id(complaint, deadline),
        input=InputKind.DEADLINE_PASSED,
        outcome=_PASSED.get(deadline.level, Outcome.ESCALATED),
        at=deadline.due,
        actor=ROUTER,
        status=Status.COMPLETED if closes else last.status,
        institution=last.institution,
        unit=last.unit,
        category=last.category,
        investigation=last.investigation,
        deadline=deadline,
        told=told,
    )


def _changes(last: Entry, action: Action, reach: AgencyDirectoryView) -> dict[str, object]:
    """Return what an action changes beside the status."""
    match action:
        case AssignUnit(unit=unit, category=category):
            return {
                "unit": unit or last.unit,
                "category": category or last.category,
                "investigation": _investigation(last, action, reach),
            }
        case Rate(rating=rating):
            return {"rating": rating}
        case Archive(reason=reason):
            return {"reason": reason}
        case Erase(reason=erasure):
            return {"erasure": erasure}
    return {}


def _investigation(last: Entry, action: Action, reach: AgencyDirectoryView) -> bool | None:
    """Return what an action says, else what another category that it names does, else as it was."""
    if not isinstance(action, Route | AssignUnit):
        return last.investigation
    if action.investigation is not None:
        return action.investigation
    if action.category in (None, last.category):
        return last.investigation
    return action.category in reach.investigated or None


def _reopened(case: Case, request: ActionRequested, reach: AgencyDirectoryView) -> Entry:
    holder, status = case.last.institution, Status.IN_PROGRESS
    if case.last.status is Status.ARCHIVED:
        status = status_before_archive(case)
    if holder is not None and reach.current(holder) != holder:
        return passed_on(case, request, reach)
    if holder is not None and holder not in reach.provisioned:
        return back_to_triage(case, request, holder)
    return next_entry(case, request, outcome=Outcome.REOPENED, status=status)


def _to_successor(request: ActionRequested, reach: AgencyDirectoryView) -> ActionRequested:
    """Return the request for whoever took over from the closed institution that it names."""
    named = getattr(request.action, "institution", None)
    successor = reach.current(named) if named else None
    if successor in (None, named):
        return request
    action = request.action.model_copy(update={"institution": successor})
    return request.model_copy(update={"action": action})


def _moved(
    case: Case, request: ActionRequested, action: Route | Transfer, reach: AgencyDirectoryView
) -> Entry:
    target, holder = action.institution, case.last.institution
    is_transfer, is_postponed = isinstance(action, Transfer), case.last.status is Status.POSTPONED
    decision = None
    if is_transfer and holder is not None and reach.current(holder) != holder:
        # Nobody said that it was not theirs: the institution is no more.
        decision = AgencyDirectoryView.closed(holder, case.last.category, successor=target)
    elif holder is not None and target is not None and _is_disputed(case, request, target):
        decision = AgencyDirectoryView.disputed(holder, target, case.last.category)
        target = None
    if target is not None and target not in reach.provisioned:
        decision = AgencyDirectoryView.not_provisioned(target, case.last.category)
        target = None
    return next_entry(
        case,
        request,
        outcome=_outcome(target, is_transfer=is_transfer),
        status=_status(target, waits=is_transfer and is_postponed),
        institution=target,
        unit=getattr(action, "unit", None),
        category=getattr(action, "category", None) or case.last.category,
        investigation=_investigation(case.last, action, reach),
        previous=holder,
        decision=decision,
    )


def _is_disputed(case: Case, request: ActionRequested, target: str) -> bool:
    """Tell whether institutions pass a case to and fro; staff decide, and pass it on for good."""
    if isinstance(request.action, Route) or request.actor.kind in STAFF:
        return False
    return exchanges(case, case.last.institution, target) >= MOST_EXCHANGES


def _outcome(target: str | None, *, is_transfer: bool) -> Outcome:
    if target is None:
        return Outcome.TRIAGED
    return Outcome.TRANSFERRED if is_transfer else Outcome.ROUTED


def _status(target: str | None, *, waits: bool) -> Status:
    if target is None:
        return Status.UNVERIFIED
    return Status.POSTPONED if waits else Status.ROUTED

"""The case's state machine: an input and a case in, one history entry out.

Everything an input needs to be judged is in the input, the case and the reach of the router, so
the same inputs in the same order always give the same case.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from services.router.domain.reach import Reach
from shared.case import (
    Actor,
    ActorKind,
    Case,
    Decision,
    Entry,
    InputKind,
    Outcome,
    Refusal,
    Status,
)
from shared.events import ActionRequested, Route, Submitted, Transfer
from shared.identifiers import derived_input_id

ROUTER = Actor(kind=ActorKind.ROUTER)
_HELD = frozenset({Status.ROUTED, Status.IN_PROGRESS})
_OPEN = _HELD | {Status.UNVERIFIED}
_STAFF = frozenset({ActorKind.OFFICER, ActorKind.OPERATOR})
_HOLDER = frozenset({ActorKind.AGENCY, ActorKind.OPERATOR})


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an action makes sense, who may ask for it, and what comes of it."""

    statuses: Set[Status]
    actors: Set[ActorKind]
    outcome: Outcome
    status: Status


# `transfer` without an institution goes to triage instead; see `_moved`.
TRANSITIONS: Mapping[InputKind, Transition] = {
    InputKind.ROUTE: Transition(_OPEN | {Status.POSTPONED}, _STAFF, Outcome.ROUTED, Status.ROUTED),
    InputKind.TRANSFER: Transition(_HELD, _STAFF | _HOLDER, Outcome.TRANSFERRED, Status.ROUTED),
    InputKind.RETURN_TO_REPORTER: Transition(
        _OPEN, _STAFF | _HOLDER, Outcome.RETURNED, Status.POSTPONED
    ),
    InputKind.FOLLOW_UP: Transition(_HELD, _HOLDER, Outcome.FOLLOWED_UP, Status.IN_PROGRESS),
    InputKind.COMPLETE: Transition(_HELD, _HOLDER, Outcome.COMPLETED, Status.COMPLETED),
}


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
        decision=decision,
    )
    return Case(complaint=submitted.complaint, history=(entry,))


def apply(case: Case, request: ActionRequested, reach: Reach) -> Entry:
    """Return the entry that an action gives: a change, or a refusal with its reason."""
    kind = InputKind(request.action.kind)
    transition = TRANSITIONS[kind]
    refusal = _refusal(case, request, transition, reach)
    if refusal is not None:
        return _entry(case, request, outcome=Outcome.REFUSED, refusal=refusal)
    if isinstance(request.action, Route | Transfer):
        return _moved(case, request, request.action, reach)
    return _entry(case, request, outcome=transition.outcome, status=transition.status)


def undeliverable(case: Case, institution: str) -> Entry | None:
    """Return the entry that takes a case back to triage because its topic is gone.

    None where the institution no longer holds the case: there is nothing to take back.
    """
    last = case.last
    if last.institution != institution:
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
        previous=institution,
        decision=Reach.not_provisioned(institution, last.category),
    )


def _refusal(
    case: Case, request: ActionRequested, transition: Transition, reach: Reach
) -> Refusal | None:
    kind, status = request.action.kind, case.last.status
    if request.actor.kind not in transition.actors:
        return Refusal(code="not_allowed", detail=f"{request.actor.kind} may not {kind}")
    if request.actor.kind is ActorKind.AGENCY and request.actor.code != case.last.institution:
        return Refusal(code="not_holder", detail=f"{request.actor.code} does not hold this case")
    if status not in transition.statuses:
        return Refusal(code="wrong_status", detail=f"{kind} is not possible while {status}")
    if isinstance(request.action, Route | Transfer) and request.action.institution is not None:
        return _unreachable(case, request.action, reach)
    return None


def _unreachable(case: Case, action: Route | Transfer, reach: Reach) -> Refusal | None:
    code = str(action.institution)
    if code not in reach.known:
        return Refusal(code="unknown_institution", detail=f"no institution has the code {code}")
    if code == case.last.institution:
        return Refusal(code="same_institution", detail=f"{code} holds this case already")
    if isinstance(action, Route) and code not in reach.provisioned:
        return Refusal(
            code="institution_not_provisioned", detail=f"{code} has no topic; create agency-{code}"
        )
    return None


def _moved(case: Case, request: ActionRequested, action: Route | Transfer, reach: Reach) -> Entry:
    target = action.institution
    outcome = Outcome.ROUTED if isinstance(action, Route) else Outcome.TRANSFERRED
    decision = None
    if target is not None and target not in reach.provisioned:
        decision = Reach.not_provisioned(target, case.last.category)
        target = None
    return _entry(
        case,
        request,
        outcome=outcome if target else Outcome.TRIAGED,
        status=Status.ROUTED if target else Status.UNVERIFIED,
        institution=target,
        unit=getattr(action, "unit", None),
        category=getattr(action, "category", None) or case.last.category,
        previous=case.last.institution,
        decision=decision,
    )


def _entry(case: Case, request: ActionRequested, **changes: object) -> Entry:
    last = case.last
    unchanged = {
        "seq": last.seq + 1,
        "input_id": request.input_id,
        "input": InputKind(request.action.kind),
        "at": request.at,
        "actor": request.actor,
        "status": last.status,
        "institution": last.institution,
        "unit": last.unit,
        "category": last.category,
        "text": request.action.text,
    }
    return Entry.model_validate(unchanged | changes)

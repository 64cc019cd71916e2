"""A report is completed by its reporter (melengkapi laporan): what comes of it.

Whoever had the case gets it back as it was; where nobody had it, it is decided anew. What people
have settled stays: the router neither replaces an officer's choice nor returns a case to an
institution that has said that it is not its own.
"""

from collections.abc import Callable

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.entries import next_entry
from services.router.domain.case.history import (
    chosen_by_staff,
    current_complaint,
    given_up_by,
    status_before_return,
    still_chosen,
)
from shared.contracts.case import (
    Candidate,
    Case,
    Complaint,
    Decision,
    Entry,
    Outcome,
    Place,
    Status,
)
from shared.contracts.events import ActionRequested

CHOSEN_BY_STAFF = "chosen_by_staff"
GIVEN_UP = "given_up"
MOST_CANDIDATES = 3
Decide = Callable[[Complaint], Decision]


def supplemented(
    case: Case, request: ActionRequested, reach: AgencyDirectoryView, decide: Decide
) -> Entry:
    """Return the entry that a supplement gives where it is allowed."""
    holder, place = case.last.institution, getattr(request.action, "place", None)
    if holder is None:
        return _decided_anew(case, request, reach, decide)
    if reach.current(holder) != holder:
        return passed_on(case, request, reach, place=place)
    if holder not in reach.provisioned:
        return back_to_triage(case, request, holder, place=place)
    status = status_before_return(case)
    return next_entry(case, request, outcome=Outcome.SUPPLEMENTED, status=status, place=place)


def passed_on(
    case: Case, request: ActionRequested, reach: AgencyDirectoryView, *, place: Place | None = None
) -> Entry:
    """Return the entry of a case whose holder is closed: its successor gets it, or triage."""
    former, category = case.last.institution or "", case.last.category
    successor = reach.current(former)
    decision = AgencyDirectoryView.closed(former, category, successor=successor)
    if successor is not None and successor not in reach.provisioned:
        decision = AgencyDirectoryView.not_provisioned(successor, category)
    return next_entry(
        case,
        request,
        outcome=Outcome.TRANSFERRED if decision.institution else Outcome.TRIAGED,
        status=Status.ROUTED if decision.institution else Status.UNVERIFIED,
        institution=decision.institution,
        unit=None,
        previous=former,
        place=place,
        decision=decision,
    )


def back_to_triage(
    case: Case, request: ActionRequested, holder: str, *, place: Place | None = None
) -> Entry:
    """Return the entry of a case that cannot go on where it was: its holder has no topic."""
    return next_entry(
        case,
        request,
        outcome=Outcome.TRIAGED,
        status=Status.UNVERIFIED,
        institution=None,
        unit=None,
        previous=holder,
        place=place,
        decision=AgencyDirectoryView.not_provisioned(holder, case.last.category),
    )


def _decided_anew(
    case: Case, request: ActionRequested, reach: AgencyDirectoryView, decide: Decide
) -> Entry:
    place = getattr(request.action, "place", None)
    added = next_entry(case, request, outcome=Outcome.SUPPLEMENTED, place=place)
    decision = decide(current_complaint(case.with_entry(added)))
    decision = _heeding_staff(case, decision, reach) or _heeding_holders(case, decision)
    routed = decision.institution is not None
    return next_entry(
        case,
        request,
        outcome=Outcome.ROUTED if routed else Outcome.TRIAGED,
        status=Status.ROUTED if routed else Status.UNVERIFIED,
        institution=decision.institution,
        unit=decision.unit,
        category=_category(case, decision),
        investigation=_investigation(case, decision),
        place=place,
        decision=decision,
    )


def _category(case: Case, decision: Decision) -> str | None:
    chosen = chosen_by_staff(case)
    return (chosen.category if chosen else None) or decision.category


def _investigation(case: Case, decision: Decision) -> bool | None:
    chosen = chosen_by_staff(case)
    if chosen is None or (chosen.category is None and chosen.investigation is None):
        return decision.investigation
    return chosen.investigation


def _heeding_staff(case: Case, decision: Decision, reach: AgencyDirectoryView) -> Decision | None:
    """Return the decision for the institution that staff chose, where that choice stands."""
    chosen = still_chosen(case)
    if chosen is None or chosen.institution is None:
        return None
    institution = reach.current(chosen.institution)
    if institution is None:
        return AgencyDirectoryView.closed(
            chosen.institution, _category(case, decision), successor=None
        )
    if institution not in reach.provisioned:
        return AgencyDirectoryView.not_provisioned(institution, _category(case, decision))
    return decision.model_copy(
        update={
            "institution": institution,
            "unit": chosen.unit if institution == chosen.institution else None,
            "category": _category(case, decision),
            "investigation": _investigation(case, decision),
            "confidence": 1.0,
            "rule": CHOSEN_BY_STAFF,
            "reasons": (f"{chosen.actor.kind} chose {chosen.institution}", *decision.reasons),
        }
    )


def _heeding_holders(case: Case, decision: Decision) -> Decision:
    """Return the decision, in triage where its institution has given the case up before."""
    code = decision.institution
    if code is None or code not in given_up_by(case):
        return decision
    reason = f"{code} has said before that this case is not its own"
    guess = Candidate(institution=code, confidence=decision.confidence, reason=reason)
    others = (one for one in decision.candidates if one.institution != code)
    return decision.model_copy(
        update={
            "institution": None,
            "unit": None,
            "confidence": 0.0,
            "rule": GIVEN_UP,
            "reasons": (reason, *decision.reasons),
            "candidates": (guess, *others)[:MOST_CANDIDATES],
        }
    )

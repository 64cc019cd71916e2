"""The events that a history gives: a pure function of it, so they can be said again at any time."""

from collections.abc import Iterator, Set
from dataclasses import replace
from datetime import datetime
from uuid import uuid5

from services.router.domain.case.history import (
    added_by_reporter,
    current_complaint,
    holders,
    similar_to,
)
from shared.contracts.case import ActorKind, Case, Entry, InputKind, Outcome
from shared.contracts.events import (
    AgencyComplaint,
    AgencyEvent,
    AgencyOutcome,
    CaseChanged,
    agency_event_type,
    case_event_type,
)
from shared.contracts.identifiers import complaint_number, event_id
from shared.contracts.refused_actions import RefusedAction
from shared.contracts.topics import EVENT, agency_topic
from shared.kafka.envelope import Outgoing

SOURCE = "salur/router"
_HELD_BY = {
    Outcome.ROUTED: AgencyOutcome.ROUTED,
    Outcome.TRANSFERRED: AgencyOutcome.ROUTED,
    Outcome.RETURNED: AgencyOutcome.RETURNED,
    Outcome.SUPPLEMENTED: AgencyOutcome.SUPPLEMENTED,
    Outcome.FOLLOWED_UP: AgencyOutcome.FOLLOWED_UP,
    Outcome.COMPLETED: AgencyOutcome.COMPLETED,
    Outcome.ASSIGNED: AgencyOutcome.ASSIGNED,
    Outcome.REPLIED: AgencyOutcome.REPLIED,
    Outcome.REOPENED: AgencyOutcome.REOPENED,
    Outcome.RATED: AgencyOutcome.RATED,
    Outcome.ARCHIVED: AgencyOutcome.ARCHIVED,
    Outcome.WARNED: AgencyOutcome.WARNED,
    Outcome.ESCALATED: AgencyOutcome.ESCALATED,
    Outcome.AUTO_CLOSED: AgencyOutcome.AUTO_CLOSED,
}


def publications(case: Case, first: int, provisioned: Set[str]) -> Iterator[Outgoing]:
    """Yield the events of all entries from `first` to the newest, in order.

    Nothing goes to an institution outside `provisioned`: its topic does not exist.
    """
    for entry in case.history[first - 1 :]:
        then = case.as_of(entry.seq)
        yield _case_event(then)
        for event in _agency_events(then, entry):
            if event.agency in provisioned:
                yield _outgoing_to_agency(event)


def refused_event(refused: RefusedAction, provisioned: Set[str]) -> Iterator[Outgoing]:
    """Yield the event by which an institution hears that its action was dropped.

    Others ask for it (`GET /v1/actions/{id}`): they have no topic.
    """
    code = refused.actor.code
    if refused.actor.kind is not ActorKind.AGENCY or code is None or code not in provisioned:
        return
    event = AgencyEvent(
        complaint_id=refused.complaint_id,
        number=complaint_number(refused.complaint_id),
        agency=code,
        seq=0,  # no entry of any case
        outcome=AgencyOutcome.REFUSED,
        at=refused.at,
        action_id=refused.action_id,
        refusal=refused.refusal,
    )
    # Of the action, not of the case.
    ce_id = str(uuid5(refused.action_id, agency_topic(code)))
    yield replace(_outgoing_to_agency(event), ce_id=ce_id)


def _case_event(case: Case) -> Outgoing:
    last, complaint = case.last, case.complaint
    event = CaseChanged(
        complaint_id=complaint.complaint_id,
        number=complaint.number,
        seq=last.seq,
        outcome=last.outcome,
        at=last.at,
        status=last.status,
        institution=last.institution,
        unit=last.unit,
        category=last.category,
        case=case,
    )
    return Outgoing(
        topic=EVENT,
        key=str(complaint.complaint_id).encode(),
        value=event.model_dump_json(exclude_none=True).encode(),
        ce_id=str(event_id(complaint.complaint_id, last.seq, EVENT)),
        ce_type=case_event_type(last.outcome),
        ce_source=SOURCE,
        ce_time=last.at,
    )


def _agency_events(case: Case, entry: Entry) -> Iterator[AgencyEvent]:
    if entry.outcome is Outcome.REFUSED:
        if entry.actor.kind is ActorKind.AGENCY and entry.actor.code is not None:
            yield _view(case, entry, entry.actor.code, AgencyOutcome.REFUSED)
        return
    if entry.outcome is Outcome.ERASED:
        for agency in holders(case):
            yield _view(case, entry, agency, AgencyOutcome.ERASED)
        return
    if entry.institution is not None and entry.outcome in _HELD_BY:
        yield _view(case, entry, entry.institution, _HELD_BY[entry.outcome])
    if entry.previous is not None and entry.previous != entry.institution:
        yield _view(case, entry, entry.previous, AgencyOutcome.TRANSFERRED_AWAY)
    if entry.told is not None and entry.deadline is not None:
        yield _to_the_one_above(case, entry, entry.told, due=entry.deadline.due)


def _view(case: Case, entry: Entry, agency: str, outcome: AgencyOutcome) -> AgencyEvent:
    holds = entry.institution == agency
    own = entry.actor.kind is ActorKind.AGENCY and entry.actor.code == agency
    return AgencyEvent(
        complaint_id=case.complaint.complaint_id,
        number=case.complaint.number,
        agency=agency,
        seq=entry.seq,
        outcome=outcome,
        at=entry.at,
        status=entry.status if holds else None,
        unit=entry.unit if holds else None,
        category=entry.category if holds else None,
        investigation=entry.investigation if holds else None,
        text=_words(entry, outcome, own=own, holds=holds),
        place=entry.place if outcome is AgencyOutcome.SUPPLEMENTED else None,
        rating=entry.rating,
        reason=entry.reason if holds else None,
        action_id=entry.input_id if own else None,
        refusal=entry.refusal,
        deadline=entry.deadline,
        due=entry.due if holds else None,
        complaint=_complaint(case, agency) if outcome is AgencyOutcome.ROUTED else None,
    )


def _to_the_one_above(case: Case, entry: Entry, agency: str, *, due: datetime) -> AgencyEvent:
    # It does not have the case: who is late and since when is all that it may know.
    return AgencyEvent(
        complaint_id=case.complaint.complaint_id,
        number=case.complaint.number,
        agency=agency,
        seq=entry.seq,
        outcome=AgencyOutcome.ESCALATED_BELOW,
        at=entry.at,
        late=entry.institution,
        due=due,
    )


def _words(entry: Entry, outcome: AgencyOutcome, *, own: bool, holds: bool) -> str | None:
    # What another institution wrote stays with it; a supplement that brings the complaint along
    # stands in that.
    if outcome is AgencyOutcome.ROUTED and entry.input is InputKind.SUPPLEMENT:
        return None
    return entry.text if own or (holds and entry.actor.kind is not ActorKind.AGENCY) else None


def _complaint(case: Case, agency: str) -> AgencyComplaint:
    complaint = case.complaint
    return AgencyComplaint(
        type=complaint.type,
        title=complaint.title,
        text=complaint.text,
        occurred_on=complaint.occurred_on.isoformat() if complaint.occurred_on else None,
        place=current_complaint(case).place,
        channel=complaint.channel,
        anonymous=complaint.anonymous,
        secret=complaint.secret,
        received_at=complaint.received_at,
        supplements=added_by_reporter(case),
        similar=tuple(one.number for one in similar_to(case) if one.institution == agency),
    )


def _outgoing_to_agency(event: AgencyEvent) -> Outgoing:
    topic = agency_topic(event.agency)
    return Outgoing(
        topic=topic,
        key=str(event.complaint_id).encode(),
        value=event.model_dump_json(exclude_none=True).encode(),
        ce_id=str(event_id(event.complaint_id, event.seq, topic)),
        ce_type=agency_event_type(event.outcome),
        ce_source=SOURCE,
        ce_time=event.at,
    )

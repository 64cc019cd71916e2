"""What intake writes: inputs for the router, why an institution's record could not be one, tests.

All but tests keyed by the complaint; the `ce_id` of an input is the input's id.
"""

from datetime import datetime
from uuid import UUID, uuid5

from shared.contracts.case import Complaint
from shared.contracts.events import (
    ENDPOINT_TEST,
    ActionRequested,
    AgencyEvent,
    EndpointTest,
    InputType,
    Submitted,
    agency_event_type,
)
from shared.contracts.subscriptions import Endpoint
from shared.contracts.topics import INPUT, agency_topic
from shared.kafka.envelope import Outgoing

SOURCE = "salur/intake"


def submitted_record(complaint: Complaint) -> Outgoing:
    """Return the record of an accepted complaint."""
    return _record(Submitted(complaint=complaint), InputType.SUBMITTED)


def action_record(action: ActionRequested) -> Outgoing:
    """Return the record of an accepted action."""
    return _record(action, InputType.ACTION)


def refused_record(event: AgencyEvent) -> Outgoing:
    """Return the record by which an institution hears of a refusal on its own topic."""
    topic = agency_topic(event.agency)
    return Outgoing(
        topic=topic,
        key=str(event.complaint_id).encode(),
        value=event.model_dump_json(exclude_none=True).encode(),
        # Of the action, not of the case: there may be none.
        ce_id=str(uuid5(event.action_id or event.complaint_id, topic)),
        ce_type=agency_event_type(event.outcome),
        ce_source=SOURCE,
        ce_time=event.at,
    )


def endpoint_test_record(endpoint: Endpoint, test_id: UUID, at: datetime) -> Outgoing:
    """Return the record by which an institution tries one of its endpoints.

    It goes under its own id: no complaint has it, so it waits for none and none for it.
    """
    event = EndpointTest(agency=endpoint.agency, endpoint_id=endpoint.endpoint_id, at=at)
    return Outgoing(
        topic=agency_topic(endpoint.agency),
        key=str(test_id).encode(),
        value=event.model_dump_json().encode(),
        ce_id=str(test_id),
        ce_type=ENDPOINT_TEST,
        ce_source=SOURCE,
        ce_time=event.at,
    )


def _record(event: Submitted | ActionRequested, kind: InputType) -> Outgoing:
    return Outgoing(
        topic=INPUT,
        key=str(event.complaint_id).encode(),
        value=event.model_dump_json(exclude_none=True).encode(),
        ce_id=str(event.input_id),
        ce_type=kind,
        ce_source=SOURCE,
        ce_time=event.at,
    )

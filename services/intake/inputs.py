"""Records on `complaint-input`: keyed by the complaint, with the id of the input as `ce_id`."""

from shared.case import Complaint
from shared.envelope import Outgoing
from shared.events import ActionRequested, InputType, Submitted
from shared.topics import INPUT

SOURCE = "salur/intake"


def submitted_record(complaint: Complaint) -> Outgoing:
    """Return the record of an accepted complaint."""
    return _record(Submitted(complaint=complaint), InputType.SUBMITTED)


def action_record(action: ActionRequested) -> Outgoing:
    """Return the record of an accepted action."""
    return _record(action, InputType.ACTION)


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

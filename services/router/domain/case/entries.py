"""The next line of a case's history."""

from shared.contracts.case import Case, Entry, InputKind
from shared.contracts.events import ActionRequested


def next_entry(case: Case, request: ActionRequested, **changes: object) -> Entry:
    """Return the entry that a request gives: the state as it is, but for `changes`."""
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
        "investigation": last.investigation,
        "text": request.action.text,
    }
    return Entry.model_validate(unchanged | changes)

"""Histories as reporters live through them, event by event."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.case import (
    Actor,
    ActorKind,
    Case,
    Entry,
    InputKind,
    Outcome,
    Question,
    Status,
)
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import CaseChanged, case_event_type
from shared.contracts.identifiers import event_id
from shared.contracts.topics import EVENT
from tests.support.builders import (
    START,
    FakeRecord,
    agency,
    case_changed,
    complaint,
    complaint_id,
    decision,
)

KAB = "kab-3603"
ROUTER = Actor(kind=ActorKind.ROUTER)
CITIZEN = "Jalan di depan pasar berlubang"  # begins every report
QUESTION = Question(need="place", text="Di mana tepatnya?", text_en="Where exactly?")
TRIAGED: dict[str, Any] = {
    "outcome": Outcome.TRIAGED,
    "status": Status.UNVERIFIED,
    "institution": None,
    "decision": decision(None, questions=[QUESTION]),
}
ROUTED: dict[str, Any] = {"outcome": Outcome.ROUTED, "status": Status.ROUTED}
RETURNED: dict[str, Any] = {
    "outcome": Outcome.RETURNED,
    "status": Status.POSTPONED,
    "actor": agency(),
    "text": "Mohon kirim foto.",
}
FOLLOWED_UP: dict[str, Any] = {
    "outcome": Outcome.FOLLOWED_UP,
    "status": Status.IN_PROGRESS,
    "actor": agency(),
    "text": "Petugas sudah meninjau.",
}
COMPLETED: dict[str, Any] = FOLLOWED_UP | {
    "outcome": Outcome.COMPLETED,
    "status": Status.COMPLETED,
    "text": "Sudah ditambal.",
}
CLOSING: dict[str, Any] = {
    "outcome": Outcome.WARNED,
    "status": Status.IN_PROGRESS,
    "deadline": Deadline(clock=LegalClock.AUTO_CLOSE, level=Level.WARNING, due=START, armed_by=2),
}
AUTO_CLOSED: dict[str, Any] = {"outcome": Outcome.AUTO_CLOSED, "status": Status.COMPLETED}


def life(
    *steps: dict[str, Any], name: str = "one", at: datetime = START, **complaint_changes: Any
) -> list[CaseChanged]:
    """Return the events of a case with these steps, an hour apart."""
    case = Case(complaint=complaint(name, received_at=at, **complaint_changes))
    events = []
    for place, step in enumerate(steps):
        case = case.with_entry(_entry(place + 1, at + timedelta(hours=place), step))
        events.append(case_changed(case))
    return events


def record(event: CaseChanged, offset: int = 0) -> FakeRecord:
    """Return an event as the router publishes it."""
    return FakeRecord(
        topic=EVENT,
        partition=3,
        offset=offset,
        key=str(event.complaint_id).encode(),
        value=event.model_dump_json(exclude_none=True).encode(),
        headers=(
            ("ce_type", case_event_type(event.outcome).encode()),
            ("ce_id", str(event_id(event.complaint_id, event.seq, EVENT)).encode()),
        ),
    )


def records(events: Iterable[CaseChanged], first: int = 0) -> list[FakeRecord]:
    """Return events at offsets from `first`."""
    return [record(event, first + place) for place, event in enumerate(events)]


def _entry(seq: int, at: datetime, step: dict[str, Any]) -> Entry:
    values: dict[str, Any] = {
        "seq": seq,
        "input_id": complaint_id(f"input-{seq}"),
        "input": InputKind.SUBMITTED if seq == 1 else InputKind.FOLLOW_UP,
        "at": at,
        "actor": ROUTER,
        "institution": KAB,
    }
    return Entry.model_validate(values | step)

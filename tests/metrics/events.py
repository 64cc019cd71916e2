"""Events as the router publishes them, and as metrics reads them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.metrics.domain.event import CaseEvent
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
from shared.contracts.events import CaseChanged
from shared.contracts.topics import EVENT
from shared.stage.handler import DecodedRecord
from tests.support.builders import OFFICER, START, FakeRecord, case_changed, complaint, complaint_id

ROUTED = (Outcome.ROUTED, Status.ROUTED)
FOLLOWED_UP = (Outcome.FOLLOWED_UP, Status.IN_PROGRESS)
COMPLETED = (Outcome.COMPLETED, Status.COMPLETED)
TRIAGED = (Outcome.TRIAGED, Status.UNVERIFIED)
Step = tuple[tuple[Outcome, Status], str | None]


def case_events(
    name: str,
    steps: Sequence[Step],
    *,
    category: str | None = None,
    received_at: datetime = START,
) -> list[CaseChanged]:
    """Return the events of a case that takes these steps (what happened, who holds it after)."""
    history: list[Entry] = []
    for seq, ((outcome, status), institution) in enumerate(steps, start=1):
        entry = Entry(
            seq=seq,
            input_id=complaint_id(f"{name}-{seq}"),
            input=InputKind.FOLLOW_UP,
            outcome=outcome,
            at=received_at + timedelta(hours=seq),
            actor=Actor(kind=ActorKind.ROUTER),
            status=status,
            institution=institution,
            category=category,
            text="Sudah ditinjau petugas.",
        )
        history.append(entry)
    case = Case(complaint=complaint(name, received_at=received_at), history=tuple(history))
    return [case_changed(case.as_of(seq)) for seq in range(1, len(history) + 1)]


def submitted(made: Decision | None, category: str | None = None) -> Entry:
    """Return the entry of a new complaint that the router decides so."""
    holder = made.institution if made else None
    return act(InputKind.SUBMITTED, holder, category=category, decision=made)


def act(kind: InputKind, holder: str | None, **changes: Any) -> Entry:
    """Return an entry after which `holder` has the case; None is triage."""
    outcome, status = ROUTED if holder else TRIAGED
    values: dict[str, Any] = {
        "seq": 1,
        "input_id": complaint_id("any"),
        "input": kind,
        "outcome": outcome,
        "at": START,
        "actor": OFFICER,
        "status": status,
        "institution": holder,
    }
    return Entry.model_validate(values | changes)


def told(name: str, entries: Sequence[Entry]) -> list[CaseChanged]:
    """Return the events of a case with these entries, numbered in their order."""
    history = [
        entry.model_copy(update={"seq": seq, "input_id": complaint_id(f"{name}-{seq}")})
        for seq, entry in enumerate(entries, start=1)
    ]
    case = Case(complaint=complaint(name, received_at=START), history=tuple(history))
    return [case_changed(case.as_of(seq)) for seq in range(1, len(history) + 1)]


def outline(event: CaseChanged) -> CaseEvent:
    """Return the event as metrics reads it."""
    return CaseEvent.model_validate_json(event.model_dump_json())


def event_record(event: CaseChanged, partition: int = 0, **changes: Any) -> FakeRecord:
    """Return the event as it lies on `complaint-event`."""
    values: dict[str, Any] = {
        "topic": EVENT,
        "partition": partition,
        "key": str(event.complaint_id).encode(),
        "value": event.model_dump_json(exclude_none=True).encode(),
    }
    return FakeRecord(**(values | changes))


def items(events: Iterable[CaseChanged], partition: int = 0) -> list[DecodedRecord[CaseEvent]]:
    """Return a decoded batch."""
    return [DecodedRecord(event_record(event, partition), outline(event)) for event in events]

"""Cases and the events of `complaint-event` that tell of them, for whoever reads them back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shared.contracts.case import Actor, ActorKind, Case, Entry, InputKind, Outcome, Status
from shared.contracts.events import case_event_type
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

Step = tuple[InputKind, Outcome, Status, Actor]
ROUTER = Actor(kind=ActorKind.ROUTER)
ROUTED: Step = (InputKind.SUBMITTED, Outcome.ROUTED, Status.ROUTED, ROUTER)
FOLLOWED_UP: Step = (InputKind.FOLLOW_UP, Outcome.FOLLOWED_UP, Status.IN_PROGRESS, agency())
COMPLETED: Step = (InputKind.COMPLETE, Outcome.COMPLETED, Status.COMPLETED, agency())


def case_of(name: str, *steps: Step) -> Case:
    """Return the case that took these steps, an hour apart."""
    case = Case(complaint=complaint(name, occurred_on="2026-03-01"))
    for seq, (kind, outcome, status, actor) in enumerate(steps, 1):
        first = kind is InputKind.SUBMITTED
        entry = Entry(
            seq=seq,
            input_id=complaint_id(name if first else f"{name} {seq}"),
            input=kind,
            outcome=outcome,
            at=START + timedelta(hours=seq),
            actor=actor,
            status=status,
            institution="kab-3603",
            category="roads.damage",
            text=None if first else "Sudah ditinjau petugas.",
            decision=decision(confidence=0.1 + 0.2) if first else None,
        )
        case = case.with_entry(entry)
    return case


def event_of(case: Case, partition: int = 0, offset: int = 0, **changes: Any) -> FakeRecord:
    """Return the record that tells of a case as it is after its last entry."""
    last, complaint = case.last, case.complaint
    values: dict[str, Any] = {
        "topic": EVENT,
        "partition": partition,
        "offset": offset,
        "key": str(complaint.complaint_id).encode(),
        "value": case_changed(case).model_dump_json(exclude_none=True).encode(),
        "headers": (("ce_type", case_event_type(last.outcome).encode()),),
    }
    return FakeRecord(**(values | changes))


def events_of(name: str, steps: Sequence[Step], **changes: Any) -> list[FakeRecord]:
    """Return the records of all of a case's entries, in order."""
    case = case_of(name, *steps)
    seqs = range(1, case.seq + 1)
    return [event_of(case.as_of(seq), **({"offset": seq - 1} | changes)) for seq in seqs]

"""Contract values for tests: valid by default, each field open to an override."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from shared.contracts.actions import Action, Complete, FollowUp, Supplement
from shared.contracts.case import Actor, ActorKind, Case, Complaint, Decision
from shared.contracts.events import ActionRequested, CaseChanged, InputType, Submitted
from shared.contracts.identifiers import NAMESPACE, complaint_number
from shared.key_rings import read_key_ring
from shared.privacy.contact_rows import contact_keys

VAULT_KEYS = ",".join(f"k{n}:{base64.b64encode(bytes([n] * 32)).decode()}" for n in (2, 1))
RING = read_key_ring(VAULT_KEYS, "INTAKE_VAULT_KEYS")
CONTACT_RING = contact_keys(RING)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def complaint_id(name: str) -> UUID:
    """Return the same id for the same name."""
    return uuid5(NAMESPACE, f"test:{name}")


def complaint(name: str = "one", **changes: Any) -> Complaint:
    """Return a complaint about a road in Kabupaten Tangerang."""
    identifier = complaint_id(name)
    values: dict[str, Any] = {
        "complaint_id": identifier,
        "number": complaint_number(identifier),
        "title": "Jalan rusak",
        "text": "Jalan di depan pasar berlubang sejak hujan kemarin.",
        "place": {"region_code": "36.03"},
        "received_at": START,
    }
    return Complaint.model_validate(values | changes)


def submitted(name: str = "one", **changes: Any) -> Submitted:
    """Return the input that opens a case."""
    return Submitted(complaint=complaint(name, **changes))


def decision(institution: str | None = "kab-3603", **changes: Any) -> Decision:
    """Return a decision for an institution, or for triage."""
    values = {"institution": institution, "rule": "region_code", "version": "test"}
    return Decision.model_validate(values | changes)


def case_changed(case: Case) -> CaseChanged:
    """Return the event that tells of a case as it is after its last entry."""
    last = case.last
    return CaseChanged(
        complaint_id=case.complaint.complaint_id,
        number=case.complaint.number,
        seq=last.seq,
        outcome=last.outcome,
        at=last.at,
        status=last.status,
        institution=last.institution,
        unit=last.unit,
        category=last.category,
        case=case,
    )


def agency(code: str = "kab-3603") -> Actor:
    """Return an institution as actor."""
    return Actor(kind=ActorKind.AGENCY, code=code)


OFFICER = Actor(kind=ActorKind.OFFICER, code="triage")
REPORTER = Actor(kind=ActorKind.REPORTER)


def request(action: Action, number: int = 1, **changes: Any) -> ActionRequested:
    """Return the `number`-th request for an action on complaint "one", by its institution."""
    values: dict[str, Any] = {
        "action_id": complaint_id(f"action-{number}"),
        "complaint_id": complaint_id("one"),
        "at": START + timedelta(hours=number),
        "actor": agency(),
        "action": action,
    }
    return ActionRequested.model_validate(values | changes)


def follow_up(number: int = 1, text: str = "Sudah ditinjau.", **changes: Any) -> ActionRequested:
    """Return a follow-up."""
    return request(FollowUp(text=text), number, **changes)


def complete(number: int = 1, **changes: Any) -> ActionRequested:
    """Return a final answer."""
    return request(Complete(text="Sudah diperbaiki."), number, **changes)


def supplement(
    number: int = 1, text: str = "Di Kabupaten Tangerang.", **changes: Any
) -> ActionRequested:
    """Return what the reporter adds; `place` tells where."""
    action = Supplement(text=text, place=changes.pop("place", None))
    return request(action, number, actor=REPORTER, **changes)


@dataclass(frozen=True)
class FakeRecord:
    """A consumed record without a broker."""

    topic: str = "complaint-input"
    partition: int = 0
    offset: int = 0
    timestamp: int = 1_772_438_400_000
    timestamp_type: int = 1  # the broker's time
    key: bytes | None = b"key"
    value: bytes | None = b"{}"
    headers: Iterable[tuple[str, bytes | None]] = ()


def input_record(given: Submitted | ActionRequested, offset: int = 0, **changes: Any) -> FakeRecord:
    """Return an input as the router reads it."""
    kind = InputType.SUBMITTED if isinstance(given, Submitted) else InputType.ACTION
    values: dict[str, Any] = {
        "offset": offset,
        "key": str(given.complaint_id).encode(),
        "value": given.model_dump_json(exclude_none=True).encode(),
        "headers": (("ce_type", kind.encode()), ("ce_id", str(given.input_id).encode())),
    }
    return FakeRecord(**(values | changes))

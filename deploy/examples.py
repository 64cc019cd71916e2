"""Golden examples of every event, written to `shared/examples/` and decoded in the tests.

They are made by the code that makes real events, from one invented complaint: a change of the
wire format shows as a change of these files, where a reviewer sees it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from services.router.domain.machine import apply, open_case, undeliverable
from services.router.domain.publications import publications
from services.router.domain.reach import Reach
from shared.case import Actor, ActorKind, Candidate, Case, Complaint, Decision, Place
from shared.envelope import Outgoing
from shared.events import (
    Action,
    ActionRequested,
    AgencyAction,
    Complete,
    FollowUp,
    InputType,
    ReturnToReporter,
    Route,
    Submitted,
    Transfer,
)
from shared.identifiers import NAMESPACE, complaint_number
from shared.topics import INPUT, action_topic, agency_of

FOLDER = Path(__file__).parents[1] / "shared" / "examples"
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
REACH = Reach(
    known=frozenset({"kab-3603", "prov-36"}), provisioned=frozenset({"kab-3603", "prov-36"})
)
OFFICER = Actor(kind=ActorKind.OFFICER, code="triage")


def _examples() -> Iterator[tuple[str, str]]:
    for name, event in _inputs():
        yield _file(INPUT, name, event)
    for case in (_handled(), _triaged(), _vanished()):
        for event in publications(case, 1, REACH.provisioned):
            yield _file(event.topic, event.ce_type.split(".")[-2], event)
    yield _file(action_topic("kab-3603"), "follow_up", _agency_record())


def texts() -> dict[str, str]:
    """Return the text of each example by its path; of several of one event the first."""
    found: dict[str, str] = {}
    for name, text in _examples():
        found.setdefault(name, text)
    return found


def _file(topic: str, name: str, event: Outgoing) -> tuple[str, str]:
    code = agency_of(topic)
    folder = topic.replace(code, "code") if code else topic
    body = {
        "key": event.key.decode(),
        "headers": {header: value.decode() for header, value in event.headers},
        "value": json.loads(event.value),
    }
    return f"{folder}/{name}.json", json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _complaint() -> Complaint:
    identifier = uuid5(NAMESPACE, "example")
    return Complaint(
        complaint_id=identifier,
        number=complaint_number(identifier),
        title="Lampu jalan padam",
        text="Lampu jalan di depan pasar sudah seminggu padam, warga bisa dihubungi di [telepon].",
        occurred_on=date(2026, 2, 23),
        place=Place(text="Pasar Tigaraksa", region_code="36.03", latitude=-6.26, longitude=106.48),
        received_at=START,
    )


def _decision() -> Decision:
    return Decision(
        institution="kab-3603",
        category="infrastructure",
        region="36.03",
        confidence=0.9,
        rule="region_code",
        version="0123456789ab",
        reasons=("region code 36.03 belongs to kab-3603",),
    )


def _request(number: int, action: Action, actor: Actor | None = None) -> ActionRequested:
    complaint = _complaint()
    return ActionRequested(
        action_id=uuid5(complaint.complaint_id, f"action {number}"),
        complaint_id=complaint.complaint_id,
        at=START + timedelta(hours=number),
        actor=actor or Actor(kind=ActorKind.AGENCY, code="kab-3603"),
        action=action,
    )


def _inputs() -> Iterator[tuple[str, Outgoing]]:
    submitted = Submitted(complaint=_complaint())
    yield "submitted", _input(submitted, InputType.SUBMITTED, submitted.input_id)
    for action in (
        Route(institution="kab-3603", text="Jalan kabupaten."),
        Transfer(institution="prov-36", text="Jalan provinsi."),
        ReturnToReporter(text="Di sebelah mana pasar?"),
        FollowUp(text="Petugas meninjau besok."),
        Complete(text="Lampu sudah diganti."),
    ):
        request = _request(1, action, OFFICER if isinstance(action, Route) else None)
        yield action.kind, _input(request, InputType.ACTION, request.action_id)


def _input(value: Submitted | ActionRequested, kind: InputType, identifier: UUID) -> Outgoing:
    return Outgoing(
        topic=INPUT,
        key=str(value.complaint_id).encode(),
        value=value.model_dump_json(exclude_none=True).encode(),
        ce_id=str(identifier),
        ce_type=kind,
        ce_source="salur/intake",
        ce_time=value.at,
    )


def _after(case: Case, *requests: ActionRequested) -> Case:
    for request in requests:
        case = case.with_entry(apply(case, request, REACH))
    return case


def _handled() -> Case:
    opened = open_case(Submitted(complaint=_complaint()), _decision())
    return _after(
        opened,
        _request(1, FollowUp(text="Petugas meninjau besok.")),
        _request(2, FollowUp(text="x"), Actor(kind=ActorKind.AGENCY, code="prov-36")),
        _request(3, Complete(text="Lampu sudah diganti.")),
    )


def _triaged() -> Case:
    guess = Candidate(institution="kab-3603", confidence=0.4, reason="region word tigaraksa")
    unsure = Decision(
        institution=None,
        rule="unknown",
        version="0123456789ab",
        candidates=(guess,),
        missing=("region",),
    )
    opened = open_case(Submitted(complaint=_complaint()), unsure)
    return _after(
        opened,
        _request(1, Route(institution="kab-3603"), OFFICER),
        _request(2, Transfer(institution="prov-36", text="Jalan provinsi.")),
        _request(
            3,
            ReturnToReporter(text="Di sebelah mana pasar?"),
            Actor(kind=ActorKind.AGENCY, code="prov-36"),
        ),
    )


def _vanished() -> Case:
    opened = open_case(Submitted(complaint=_complaint()), _decision())
    entry = undeliverable(opened, "kab-3603")
    return opened.with_entry(entry) if entry else opened


def _agency_record() -> Outgoing:
    request = _request(1, FollowUp(text="Petugas meninjau besok."))
    record = AgencyAction(complaint_id=request.complaint_id, action=request.action)
    return Outgoing(
        topic=action_topic("kab-3603"),
        key=str(request.complaint_id).encode(),
        value=record.model_dump_json(exclude_none=True).encode(),
        ce_id="2026-000017",
        ce_type="id.salur.agency.action.v1",
        ce_source="kab-3603/siap",
        ce_time=request.at,
    )

"""Golden examples of every event, written to `shared/examples/` and decoded in the tests.

They are made by the code that makes real events, from one invented complaint: a change of the
wire format shows as a change of these files, where a reviewer sees it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

from deploy.dev.generators.example_cases import (
    ARCHIVE,
    ERASE,
    OFFICER,
    OPERATOR,
    RATE,
    REACH,
    REOPEN,
    REPLY,
    REPORTER,
    START,
    SUPPLEMENT,
    UNIT,
    complaint,
    completed_by_reporter,
    deadline_at,
    erased,
    handled,
    late,
    reopened,
    request_of,
    triaged,
    vanished,
)
from deploy.operate.dead_letters.return_paths import republish_request
from services.intake.submit.kafka_records import endpoint_test_record
from services.router.domain.case.publications import SOURCE as ROUTER
from services.router.domain.case.publications import publications
from shared.contracts.actions import (
    Action,
    Archive,
    Complete,
    Erase,
    FollowUp,
    Rate,
    Reopen,
    Reply,
    ReturnToReporter,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import (
    Actor,
    ArchiveReason,
)
from shared.contracts.deadlines import Level
from shared.contracts.events import (
    AgencyAction,
    DeadlinePassed,
    Input,
    InputType,
    Submitted,
    Tick,
)
from shared.contracts.identifiers import NAMESPACE, event_id
from shared.contracts.subscriptions import Endpoint
from shared.contracts.topics import EVENT, INPUT, action_topic, agency_of
from shared.kafka.envelope import Outgoing

FOLDER = Path(__file__).parents[3] / "shared" / "examples"
ENDPOINT = Endpoint(endpoint_id=str(uuid5(NAMESPACE, "example endpoint")), agency="kab-3603")
# What an institution asks for on its own topic.
_OWN_ACTIONS: tuple[Action, ...] = (
    FollowUp(text="Petugas meninjau besok."),
    Complete(text="Lampu sudah diganti."),
    ReturnToReporter(text="Di sebelah mana pasar?"),
    Transfer(institution="prov-36", text="Jalan provinsi."),
    UNIT,
    Archive(reason=ArchiveReason.NOT_PUBLIC_SERVICE, text="Bukan pelayanan publik."),
)
_ACTORS: Mapping[type, Actor] = {
    Route: OFFICER,
    Archive: OFFICER,
    Erase: OPERATOR,
    **dict.fromkeys((Supplement, Reply, Reopen, Rate), REPORTER),
}


def _examples() -> Iterator[tuple[str, str]]:
    for name, event in _inputs():
        yield _file(INPUT, name, event)
    told = (
        completed_by_reporter(),
        handled(),
        triaged(),
        vanished(),
        reopened(),
        late(),
        erased(),
    )
    for case in told:
        for event in publications(case, 1, REACH.provisioned):
            yield _file(event.topic, event.ce_type.split(".")[-2], event)
    for number, action in enumerate(_OWN_ACTIONS, 17):
        yield _file(action_topic("kab-3603"), action.kind, _agency_record(number, action))
    tried = endpoint_test_record(ENDPOINT, uuid5(NAMESPACE, "example test"), START)
    yield _file(tried.topic, "endpoint_test", tried)


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


def _inputs() -> Iterator[tuple[str, Outgoing]]:
    submitted = Submitted(complaint=complaint())
    yield "submitted", _input(submitted, InputType.SUBMITTED, submitted.input_id)
    for action in (
        Route(institution="kab-3603", investigation=False, text="Jalan kabupaten."),
        Transfer(institution="prov-36", text="Jalan provinsi."),
        ReturnToReporter(text="Di sebelah mana pasar?"),
        SUPPLEMENT,
        FollowUp(text="Petugas meninjau besok."),
        Complete(text="Lampu sudah diganti."),
        UNIT,
        REPLY,
        REOPEN,
        RATE,
        ARCHIVE,
        ERASE,
    ):
        request = request_of(1, action, _ACTORS.get(type(action)))
        yield action.kind, _input(request, InputType.ACTION, request.action_id)

    passed = DeadlinePassed(
        complaint_id=complaint().complaint_id, deadline=deadline_at(Level.PARENT)
    )
    yield "deadline_passed", _input(passed, InputType.DEADLINE_PASSED, passed.input_id, ROUTER)
    yield "say_again", _say_again()
    yield "tick", _tick()


def _input(
    value: Input, kind: InputType, identifier: UUID, source: str = "salur/intake"
) -> Outgoing:
    return Outgoing(
        topic=INPUT,
        key=str(value.complaint_id).encode(),
        value=value.model_dump_json(exclude_none=True).encode(),
        ce_id=str(identifier),
        ce_type=kind,
        ce_source=source,
        ce_time=value.at,
    )


def _say_again() -> Outgoing:
    about = complaint().complaint_id
    return republish_request(about, EVENT, event_id(about, 2, EVENT), now=START)


def _tick() -> Outgoing:
    tick = Tick(as_of=datetime(2026, 6, 30, 17, tzinfo=UTC))
    return Outgoing(
        topic=INPUT,
        key=b"tick",
        value=tick.model_dump_json().encode(),
        ce_id=str(uuid5(NAMESPACE, "example tick")),
        ce_type=InputType.TICK,
        ce_source="salur/replay",
        ce_time=tick.as_of,
    )


def _agency_record(number: int, action: Action) -> Outgoing:
    request = request_of(1, action)
    record = AgencyAction(complaint_id=request.complaint_id, action=request.action)
    return Outgoing(
        topic=action_topic("kab-3603"),
        key=str(request.complaint_id).encode(),
        value=record.model_dump_json(exclude_none=True).encode(),
        ce_id=f"2026-{number:06}",
        ce_type="id.salur.agency.action.v1",
        ce_source="kab-3603/siap",
        ce_time=request.at,
    )

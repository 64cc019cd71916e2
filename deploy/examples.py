"""Golden examples of every event, written to `shared/examples/` and decoded in the tests.

They are made by the code that makes real events, from one invented complaint: a change of the
wire format shows as a change of these files, where a reviewer sees it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid5

from deploy.institutions import read_directory
from deploy.letter_ways import said_again
from services.intake.inputs import endpoint_test_record
from services.router.domain.erasing import with_entry
from services.router.domain.machine import apply, open_case, passed, undeliverable
from services.router.domain.publications import SOURCE as ROUTER
from services.router.domain.publications import publications
from services.router.domain.reach import Reach
from services.router.domain.timekeeper import Timekeeper
from services.router.settings import DATA
from services.router.timekeeping import load_timekeeper
from shared.actions import (
    Action,
    Archive,
    AssignUnit,
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
from shared.case import (
    Actor,
    ActorKind,
    ArchiveReason,
    Candidate,
    Case,
    Complaint,
    Decision,
    ErasureReason,
    Place,
    Question,
    Similar,
)
from shared.deadline import Deadline, LegalClock, Level
from shared.endpoints import Endpoint
from shared.envelope import Outgoing
from shared.events import (
    ActionRequested,
    AgencyAction,
    DeadlinePassed,
    Input,
    InputType,
    Submitted,
    Tick,
)
from shared.identifiers import NAMESPACE, complaint_number, event_id
from shared.topics import EVENT, INPUT, action_topic, agency_of

FOLDER = Path(__file__).parents[1] / "shared" / "examples"
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
REACH = Reach(
    known=frozenset({"kab-3603", "prov-36"}), provisioned=frozenset({"kab-3603", "prov-36"})
)
OFFICER = Actor(kind=ActorKind.OFFICER, code="triage")
REPORTER = Actor(kind=ActorKind.REPORTER)
OPERATOR = Actor(kind=ActorKind.OPERATOR, code="kantor")
ENDPOINT = Endpoint(endpoint_id=str(uuid5(NAMESPACE, "example endpoint")), agency="kab-3603")
SUPPLEMENT = Supplement(
    text="Di Jalan Raya Serang, Kabupaten Tangerang.", place=Place(text="Jalan Raya Serang")
)
UNIT = AssignUnit(unit="Dinas Perhubungan", text="Mohon ditinjau minggu ini.")
REPLY = Reply(text="Petugas belum datang.")
REOPEN = Reopen(text="Lampunya padam lagi.")
RATE = Rate(rating=4, text="Cepat diganti.")
ARCHIVE = Archive(reason=ArchiveReason.WITHDRAWN, text="Pelapor menarik laporannya.")
ERASE = Erase(reason=ErasureReason.REQUESTED)
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
        _completed_by_reporter(),
        _handled(),
        _triaged(),
        _vanished(),
        _reopened(),
        _late(),
        _erased(),
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
        category="roads.street_light",
        region="36.03",
        confidence=0.9,
        rule="region_code",
        version="0123456789ab",
        model="ba9876543210",
        reasons=("region code 36.03 belongs to kab-3603",),
        similar=(Similar(number="0123456789ABCDEF", likeness=0.81, institution="kab-3603"),),
    )


def _incomplete() -> Decision:
    return Decision(
        institution=None,
        category="roads.street_light",
        rule="incomplete",
        version="0123456789ab",
        model="ba9876543210",
        reasons=("roads.street_light needs: location",),
        candidates=(
            Candidate(institution="kab-3603", confidence=0.4, reason="region word tigaraksa"),
        ),
        missing=("location",),
        questions=(
            Question(
                need="location",
                text="Di mana letaknya? Sebutkan nama jalan atau patokan terdekat.",
                text_en="Where is it? Name the street or the nearest landmark.",
            ),
        ),
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
        request = _request(1, action, _ACTORS.get(type(action)))
        yield action.kind, _input(request, InputType.ACTION, request.action_id)

    passed = DeadlinePassed(
        complaint_id=_complaint().complaint_id, deadline=_deadline(Level.PARENT)
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
    complaint = _complaint().complaint_id
    return said_again(complaint, EVENT, event_id(complaint, 2, EVENT), now=START)


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


def _deadline(level: Level, clock: LegalClock = LegalClock.FIRST_FOLLOW_UP) -> Deadline:
    day = {Level.WARNING: 6, Level.HOLDER: 9, Level.PARENT: 11}.get(level, 16)
    due = datetime(2026, 3, day, 17, tzinfo=UTC)
    return Deadline(clock=clock, level=level, due=due, armed_by=1)


@cache
def _time() -> Timekeeper:
    return load_timekeeper(DATA / "limits.csv", None, read_directory())


def _opened(decision: Decision) -> Case:
    return _time().dated(open_case(Submitted(complaint=_complaint()), decision))


def _after(case: Case, *requests: ActionRequested) -> Case:
    for request in requests:
        entry = apply(case, request, REACH, decide=lambda _: _decision())
        case = _time().dated(with_entry(case, entry))
    return case


def _completed_by_reporter() -> Case:
    opened = _opened(_incomplete())
    return _after(
        opened,
        _request(1, SUPPLEMENT, REPORTER),
        _request(2, ReturnToReporter(text="Ada berapa lampu yang padam?")),
        _request(3, Supplement(text="Tiga lampu.", place=Place(text="Dekat halte")), REPORTER),
    )


def _handled() -> Case:
    opened = _opened(_decision())
    return _after(
        opened,
        _request(1, FollowUp(text="Petugas meninjau besok.")),
        _request(2, FollowUp(text="x"), Actor(kind=ActorKind.AGENCY, code="prov-36")),
        _request(3, Complete(text="Lampu sudah diganti.")),
    )


def _reopened() -> Case:
    opened = _opened(_decision())
    return _after(
        opened,
        _request(1, UNIT),
        _request(2, FollowUp(text="Petugas meninjau besok.")),
        _request(3, REPLY, REPORTER),
        _request(4, Complete(text="Lampu sudah diganti.")),
        _request(5, RATE, REPORTER),
        _request(6, REOPEN, REPORTER),
        _request(7, ARCHIVE, OFFICER),
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
    opened = _opened(unsure)
    return _after(
        opened,
        _request(1, Route(institution="kab-3603", investigation=False), OFFICER),
        _request(2, Transfer(institution="prov-36", text="Jalan provinsi.")),
        _request(
            3,
            ReturnToReporter(text="Di sebelah mana pasar?"),
            Actor(kind=ActorKind.AGENCY, code="prov-36"),
        ),
    )


def _vanished() -> Case:
    opened = _opened(_decision())
    entry = undeliverable(opened, "kab-3603")
    return opened.with_entry(entry) if entry else opened


def _late() -> Case:
    case = _opened(_decision())
    for level, told in ((Level.WARNING, None), (Level.HOLDER, None), (Level.PARENT, "prov-36")):
        case = case.with_entry(passed(case, _deadline(level), told))
    case = _after(case, _request(240, FollowUp(text="Petugas meninjau besok.")))
    closing = _deadline(Level.CLOSE, LegalClock.AUTO_CLOSE)
    due = datetime(2026, 3, 31, 17, tzinfo=UTC)
    return case.with_entry(
        passed(case, closing.model_copy(update={"armed_by": case.seq, "due": due}), None)
    )


def _erased() -> Case:
    opened = _opened(_decision())
    return _after(
        opened,
        _request(1, FollowUp(text="Petugas meninjau besok.")),
        _request(2, ERASE, OPERATOR),
    )


def _agency_record(number: int, action: Action) -> Outgoing:
    request = _request(1, action)
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

"""The invented complaint of the golden examples, and what can become of it.

Its cases come to be as real ones do: by the router's own rules, from inputs in order.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import uuid5

from deploy.operate.agencies.institutions import read_directory
from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.erasure import with_entry
from services.router.domain.case.machine import apply, deadline_passed, open_case, undeliverable
from services.router.domain.case.timekeeper import Timekeeper
from services.router.reference.timekeeper_loader import load_timekeeper
from services.router.settings import DATA
from shared.contracts.actions import (
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
from shared.contracts.case import (
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
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import (
    ActionRequested,
    Submitted,
)
from shared.contracts.identifiers import NAMESPACE, complaint_number

START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
REACH = AgencyDirectoryView(
    known=frozenset({"kab-3603", "prov-36"}), provisioned=frozenset({"kab-3603", "prov-36"})
)
OFFICER = Actor(kind=ActorKind.OFFICER, code="triage")
REPORTER = Actor(kind=ActorKind.REPORTER)
OPERATOR = Actor(kind=ActorKind.OPERATOR, code="kantor")
SUPPLEMENT = Supplement(
    text="Di Jalan Raya Serang, Kabupaten Tangerang.", place=Place(text="Jalan Raya Serang")
)
UNIT = AssignUnit(unit="Dinas Perhubungan", text="Mohon ditinjau minggu ini.")
REPLY = Reply(text="Petugas belum datang.")
REOPEN = Reopen(text="Lampunya padam lagi.")
RATE = Rate(rating=4, text="Cepat diganti.")
ARCHIVE = Archive(reason=ArchiveReason.WITHDRAWN, text="Pelapor menarik laporannya.")
ERASE = Erase(reason=ErasureReason.REQUESTED)


def complaint() -> Complaint:
    """Return the one invented complaint of all examples."""
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


def request_of(number: int, action: Action, actor: Actor | None = None) -> ActionRequested:
    """Return the action as asked for `number` hours after the complaint, by its institution."""
    about = complaint().complaint_id
    return ActionRequested(
        action_id=uuid5(about, f"action {number}"),
        complaint_id=about,
        at=START + timedelta(hours=number),
        actor=actor or Actor(kind=ActorKind.AGENCY, code="kab-3603"),
        action=action,
    )


def deadline_at(level: Level, clock: LegalClock = LegalClock.FIRST_FOLLOW_UP) -> Deadline:
    """Return a deadline of the complaint, armed by its first entry."""
    day = {Level.WARNING: 6, Level.HOLDER: 9, Level.PARENT: 11}.get(level, 16)
    due = datetime(2026, 3, day, 17, tzinfo=UTC)
    return Deadline(clock=clock, level=level, due=due, armed_by=1)


@cache
def _time() -> Timekeeper:
    return load_timekeeper(DATA / "limits.csv", None, read_directory())


def _opened(decision: Decision) -> Case:
    return _time().dated(open_case(Submitted(complaint=complaint()), decision))


def _after(case: Case, *requests: ActionRequested) -> Case:
    for request in requests:
        entry = apply(case, request, REACH, decide=lambda _: _decision())
        case = _time().dated(with_entry(case, entry, REACH.units))
    return case


def completed_by_reporter() -> Case:
    """Return a case whose reporter was asked twice and answered."""
    opened = _opened(_incomplete())
    return _after(
        opened,
        request_of(1, SUPPLEMENT, REPORTER),
        request_of(2, ReturnToReporter(text="Ada berapa lampu yang padam?")),
        request_of(3, Supplement(text="Tiga lampu.", place=Place(text="Dekat halte")), REPORTER),
    )


def handled() -> Case:
    """Return a case that was followed up and completed, with a refusal in between."""
    opened = _opened(_decision())
    return _after(
        opened,
        request_of(1, FollowUp(text="Petugas meninjau besok.")),
        request_of(2, FollowUp(text="x"), Actor(kind=ActorKind.AGENCY, code="prov-36")),
        request_of(3, Complete(text="Lampu sudah diganti.")),
    )


def reopened() -> Case:
    """Return a case that its reporter rated and opened again."""
    opened = _opened(_decision())
    return _after(
        opened,
        request_of(1, UNIT),
        request_of(2, FollowUp(text="Petugas meninjau besok.")),
        request_of(3, REPLY, REPORTER),
        request_of(4, Complete(text="Lampu sudah diganti.")),
        request_of(5, RATE, REPORTER),
        request_of(6, REOPEN, REPORTER),
        request_of(7, ARCHIVE, OFFICER),
    )


def triaged() -> Case:
    """Return a case that an officer gave to an institution, which gave it on."""
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
        request_of(1, Route(institution="kab-3603", investigation=False), OFFICER),
        request_of(2, Transfer(institution="prov-36", text="Jalan provinsi.")),
        request_of(
            3,
            ReturnToReporter(text="Di sebelah mana pasar?"),
            Actor(kind=ActorKind.AGENCY, code="prov-36"),
        ),
    )


def vanished() -> Case:
    """Return a case whose institution turned out to have no topic."""
    opened = _opened(_decision())
    entry = undeliverable(opened, "kab-3603")
    return opened.with_entry(entry) if entry else opened


def late() -> Case:
    """Return a case whose first follow-up came late and that closed by itself."""
    case = _opened(_decision())
    for level, told in ((Level.WARNING, None), (Level.HOLDER, None), (Level.PARENT, "prov-36")):
        case = case.with_entry(deadline_passed(case, deadline_at(level), told))
    case = _after(case, request_of(240, FollowUp(text="Petugas meninjau besok.")))
    closing = deadline_at(Level.CLOSE, LegalClock.AUTO_CLOSE)
    due = datetime(2026, 3, 31, 17, tzinfo=UTC)
    return case.with_entry(
        deadline_passed(case, closing.model_copy(update={"armed_by": case.seq, "due": due}), None)
    )


def erased() -> Case:
    """Return a case whose words were erased."""
    opened = _opened(_decision())
    return _after(
        opened,
        request_of(1, FollowUp(text="Petugas meninjau besok.")),
        request_of(2, ERASE, OPERATOR),
    )

"""Cases in every status, and inputs of every kind, for the tests of the machine."""

from collections.abc import Mapping

from hypothesis import strategies as st

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.machine import apply, open_case
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
    Case,
    Complaint,
    Decision,
    ErasureReason,
    InputKind,
    Place,
    Status,
)
from shared.contracts.events import ActionRequested
from shared.reference.units import UnitNames
from tests.support.builders import OFFICER, complete, decision, follow_up, request, submitted

CODES = frozenset({"kab-3603", "kota-3671", "prov-36", "kem-027"})
WITHOUT_TOPIC, UNKNOWN = "kem-099", "kem-777"
MERGED, HEIR, CLOSED = "kem-026", "kem-027", "kem-025"  # one into the other; the third into none
REACH = AgencyDirectoryView(
    known=CODES | {WITHOUT_TOPIC, MERGED, CLOSED},
    provisioned=CODES | {MERGED, CLOSED},  # their topics are kept
    investigated=frozenset({"corruption"}),
    succession={MERGED: HEIR, CLOSED: None},
    units=UnitNames({"Balai"}, {code: {"Dinas PU", "Dinas Sosial"} for code in CODES}),
)
# One of each kind that fits a case of kab-3603.
SAMPLES: Mapping[InputKind, Action] = {
    InputKind.ROUTE: Route(institution="prov-36"),
    InputKind.TRANSFER: Transfer(institution="prov-36", text="Jalan provinsi."),
    InputKind.ASSIGN_UNIT: AssignUnit(unit="Dinas PU"),
    InputKind.RETURN_TO_REPORTER: ReturnToReporter(text="Di mana?"),
    InputKind.SUPPLEMENT: Supplement(text="Di kota."),
    InputKind.FOLLOW_UP: FollowUp(text="Ditinjau."),
    InputKind.COMPLETE: Complete(text="Selesai."),
    InputKind.REPLY: Reply(text="Belum ada petugas."),
    InputKind.REOPEN: Reopen(text="Rusak lagi."),
    InputKind.RATE: Rate(rating=4),
    InputKind.ARCHIVE: Archive(reason=ArchiveReason.SPAM),
    InputKind.ERASE: Erase(reason=ErasureReason.REQUESTED),
}


def opened(institution: str | None = "kab-3603", **changes: object) -> Case:
    """Return a case that one input has opened."""
    return open_case(submitted(), decision(institution, **changes))


def decide(complaint: Complaint) -> Decision:
    """Return a decision by one word."""
    return decision("kota-3671" if "kota" in complaint.text else None)


def after(case: Case, *requests: ActionRequested, reach: AgencyDirectoryView = REACH) -> Case:
    """Return the case after these actions."""
    for each in requests:
        case = case.with_entry(apply(case, each, reach, decide=decide))
    return case


def in_status(status: Status) -> Case:
    """Return a case in a status, of kab-3603 unless nobody holds it."""
    match status:
        case Status.UNVERIFIED:
            return opened(None)
        case Status.IN_PROGRESS:
            return after(opened(), follow_up(900))
        case Status.COMPLETED:
            return after(opened(), complete(900))
        case Status.POSTPONED:
            return after(opened(), request(SAMPLES[InputKind.RETURN_TO_REPORTER], 900))
        case Status.ARCHIVED:
            return after(opened(), request(SAMPLES[InputKind.ARCHIVE], 900, actor=OFFICER))
    return opened()


TEXTS = st.just("teks")
TARGETS = st.sampled_from([*sorted(CODES), WITHOUT_TOPIC, UNKNOWN, MERGED, CLOSED])
ACTORS = st.builds(
    Actor,
    kind=st.sampled_from([kind for kind in ActorKind if kind is not ActorKind.ROUTER]),
    code=st.sampled_from(sorted(CODES)),
)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(
        Route,
        institution=TARGETS,
        category=st.sampled_from([None, None, "corruption"]),
        investigation=st.sampled_from([None, None, True, False]),
    ),
    st.builds(Transfer, institution=st.none() | TARGETS, text=TEXTS),
    st.builds(AssignUnit, unit=st.sampled_from(["Dinas PU", "Dinas Sosial"])),
    st.builds(AssignUnit, category=st.sampled_from(["roads", "corruption"])),
    st.builds(AssignUnit, investigation=st.booleans()),
    st.builds(ReturnToReporter, text=TEXTS),
    st.builds(
        Supplement,
        text=st.sampled_from(["teks", "di kota"]),
        place=st.none() | st.builds(Place, region_code=st.sampled_from(["36.71", "36.03"])),
    ),
    st.builds(FollowUp, text=TEXTS),
    st.builds(Complete, text=TEXTS),
    st.builds(Reply, text=TEXTS),
    st.builds(Reopen, text=TEXTS),
    st.builds(Rate, rating=st.integers(1, 5)),
    st.builds(Archive, reason=st.sampled_from(ArchiveReason)),
    st.builds(Erase, reason=st.sampled_from(ErasureReason)),
)

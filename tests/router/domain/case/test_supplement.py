"""What a reporter adds: decided anew where nobody holds the case, taken up again where one does."""

import pytest

from services.router.domain.case.agencies import NOT_PROVISIONED, AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import MAX_EVENT_BYTES, Fold, fold
from services.router.domain.case.history import current_complaint
from services.router.domain.case.machine import undeliverable
from services.router.domain.case.publications import publications
from services.router.domain.case.supplement import CHOSEN_BY_STAFF, GIVEN_UP
from shared.contracts.actions import (
    Complete,
    FollowUp,
    ReturnToReporter,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import (
    MAX_TEXT,
    Candidate,
    Case,
    Complaint,
    Decision,
    Outcome,
    Place,
    Status,
)
from shared.contracts.events import AgencyEvent, Input
from shared.contracts.topics import EVENT
from tests.support.builders import (
    OFFICER,
    agency,
    complaint,
    complaint_id,
    decision,
    request,
    submitted,
    supplement,
)

CODES = frozenset({"kab-3603", "kota-3671", "prov-36"})
REACH = AgencyDirectoryView(known=CODES, provisioned=CODES)
UNSURE = decision(None, rule="unknown", category="roads", missing=("region",))
ASKED = ReturnToReporter(text="Di mana tepatnya?")


class Reader:
    """A brain that knows two names, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Complaint] = []

    def __call__(self, complaint: Complaint) -> Decision:
        self.asked.append(complaint)
        if "Kabupaten Tangerang" in complaint.text:
            return decision("kab-3603", rule="region_text", category="roads.street", unit="PU")
        if complaint.place.region_code == "36.71":
            return decision("kota-3671", category=complaint.category)
        return UNSURE


def folded(
    case: Case | None, *inputs: Input, reach: AgencyDirectoryView = REACH, first: Decision = UNSURE
) -> Fold:
    decisions = {complaint_id("one"): first}
    return fold(case, inputs, BatchContext(decisions, reach, Reader()))


def case_after(*inputs: Input, case: Case | None = None, first: Decision = UNSURE) -> Case:
    result = folded(case, *inputs, first=first)
    assert result.after is not None
    assert not result.dead
    return result.after


VAGUE = submitted(title="Jalan rusak", text="Jalan rusak parah.", place={})


def test_a_supplement_in_triage_is_decided_anew_with_all_that_was_said() -> None:
    reader = Reader()
    place = Place(text="Jl. Raya Serang", region_code="36.03")

    judgement = BatchContext({complaint_id("one"): UNSURE}, REACH, reader)

    result = fold(None, [VAGUE, supplement(place=place)], judgement)

    assert result.after is not None
    last = result.after.last
    assert [one.text for one in reader.asked] == ["Jalan rusak parah.\n\nDi Kabupaten Tangerang."]
    assert reader.asked[0].place == place
    assert (last.outcome, last.status, last.institution, last.unit, last.category) == (
        Outcome.ROUTED,
        Status.ROUTED,
        "kab-3603",
        "PU",
        "roads.street",
    )
    assert (last.text, last.place) == ("Di Kabupaten Tangerang.", place)
    assert last.decision is not None
    assert last.decision.rule == "region_text"
    assert result.after.complaint == VAGUE.complaint


def test_a_supplement_that_settles_nothing_leaves_the_case_in_triage() -> None:
    last = case_after(VAGUE, supplement(text="Sudah lama.")).last

    assert (last.outcome, last.status, last.decision) == (
        Outcome.TRIAGED,
        Status.UNVERIFIED,
        UNSURE,
    )


def test_a_case_returned_from_triage_is_decided_anew() -> None:
    case = case_after(VAGUE, request(ASKED, 1, actor=OFFICER), supplement(2))

    assert [entry.status for entry in case.history] == ["unverified", "postponed", "routed"]
    assert case.last.institution == "kab-3603"


@pytest.mark.parametrize("began", [False, True])
def test_the_institution_that_asked_gets_its_case_back_as_it_was(began: bool) -> None:
    work = [request(FollowUp(text="Kami tinjau."), 1)] if began else []
    sent = [*work, request(ASKED, 2), request(FollowUp(text="x"), 3, actor=agency("prov-36"))]

    case = case_after(VAGUE, *sent, supplement(4), first=decision())

    last = case.last
    assert (last.outcome, last.institution) == (Outcome.SUPPLEMENTED, "kab-3603")
    assert last.status is (Status.IN_PROGRESS if began else Status.ROUTED)
    assert last.decision is None


def test_it_hears_what_was_added_and_may_go_on() -> None:
    place = Place(text="Depan pasar")
    case = case_after(
        VAGUE,
        request(ASKED, 1),
        supplement(2, place=place),
        request(Complete(text="Selesai."), 3),
        first=decision(),
    )

    events = agency_events(case)

    assert [(event.agency, event.outcome) for event in events] == [
        ("kab-3603", "routed"),
        ("kab-3603", "returned"),
        ("kab-3603", "supplemented"),
        ("kab-3603", "completed"),
    ]
    assert (events[2].text, events[2].place) == ("Di Kabupaten Tangerang.", place)
    assert case.last.status is Status.COMPLETED


def test_an_institution_is_shown_what_was_added_before_its_time() -> None:
    case = case_after(
        VAGUE,
        supplement(1, text="Sudah lama."),
        supplement(2, place=Place(text="Depan pasar")),
        request(ASKED, 3),
        supplement(4, text="Dekat halte."),
    )

    told = agency_events(case)[0]

    assert told.text is None
    assert told.complaint is not None
    assert told.complaint.text == "Jalan rusak parah."
    assert told.complaint.supplements == ("Sudah lama.", "Di Kabupaten Tangerang.")
    assert told.complaint.place == Place(text="Depan pasar")


def test_of_similar_reports_an_institution_is_shown_its_own_only() -> None:
    similar = [
        {"number": "0" * 16, "likeness": 0.9, "institution": "kab-3603"},
        {"number": "1" * 16, "likeness": 0.8, "institution": "prov-36"},
        {"number": "2" * 16, "likeness": 0.7},
    ]

    told = agency_events(case_after(VAGUE, first=decision(similar=similar)))[0]

    assert told.complaint is not None
    assert told.complaint.similar == ("0" * 16,)


def test_where_the_institution_has_lost_its_topic_the_case_goes_to_triage() -> None:
    case = case_after(VAGUE, request(ASKED, 1), first=decision())
    without = AgencyDirectoryView(known=CODES, provisioned=CODES - {"kab-3603"})

    last = folded(case, supplement(2), reach=without).after
    assert last is not None

    assert (last.last.status, last.last.previous) == (Status.UNVERIFIED, "kab-3603")
    assert last.last.decision is not None
    assert last.last.decision.rule == NOT_PROVISIONED


def test_a_category_that_an_officer_set_is_kept() -> None:
    case = case_after(
        VAGUE,
        request(Route(institution="prov-36", category="water.pipes"), 1, actor=OFFICER),
        request(Transfer(text="Bukan kami."), 2, actor=agency("prov-36")),
        supplement(3, text="Di sana.", place=Place(region_code="36.71")),
    )

    assert (case.last.institution, case.last.category) == ("kota-3671", "water.pipes")
    assert case.last.decision is not None
    assert case.last.decision.category == "water.pipes", "the brain was told of it"


def test_an_officers_institution_is_kept_where_only_its_topic_was_away() -> None:
    case = case_after(
        VAGUE, request(Route(institution="prov-36", unit="Bina Marga"), 1, actor=OFFICER)
    )
    gone = undeliverable(case, "prov-36")
    assert gone is not None

    last = case_after(supplement(2), case=case.with_entry(gone)).last

    assert (last.institution, last.unit) == ("prov-36", "Bina Marga")
    assert last.decision is not None
    assert last.decision.rule == CHOSEN_BY_STAFF


def test_an_officers_institution_waits_for_its_topic() -> None:
    case = case_after(VAGUE, request(Route(institution="prov-36"), 1, actor=OFFICER))
    gone = undeliverable(case, "prov-36")
    assert gone is not None
    without = AgencyDirectoryView(known=CODES, provisioned=CODES - {"prov-36"})

    result = folded(case.with_entry(gone), supplement(2), reach=without).after

    assert result is not None
    assert result.last.status is Status.UNVERIFIED
    assert result.last.decision is not None
    assert result.last.decision.candidates[0].institution == "prov-36"


def test_no_case_returns_by_itself_to_an_institution_that_gave_it_up() -> None:
    case = case_after(VAGUE, request(Transfer(text="Bukan kami."), 1), first=decision())

    last = case_after(supplement(2), case=case).last

    assert (last.status, last.institution) == (Status.UNVERIFIED, None)
    assert last.decision is not None
    assert last.decision.rule == GIVEN_UP
    assert last.decision.candidates[0].institution == "kab-3603"


def test_a_repeated_supplement_decides_nothing() -> None:
    case = case_after(VAGUE, supplement(1))
    reader = Reader()

    result = fold(case, [supplement(1)], BatchContext({}, REACH, reader))

    assert result.after is case
    assert (result.emit_from, reader.asked) == (2, [])


def test_a_long_report_makes_room_for_what_was_added() -> None:
    long = submitted(text="a" * MAX_TEXT, place={})

    stands = current_complaint(case_after(long, supplement()))

    assert len(stands.text) == MAX_TEXT
    assert stands.text.endswith("\n\nDi Kabupaten Tangerang.")


def test_no_event_grows_beyond_its_bound_by_supplements() -> None:
    guesses = tuple(
        Candidate(institution="kab-3603", confidence=0.5, reason="é" * 200) for _ in range(3)
    )
    unsure = UNSURE.model_copy(update={"candidates": guesses, "reasons": ("x" * 3_000,)})
    case: Case | None = folded(None, VAGUE).after
    # Officers pass the other bounds.
    added = Supplement(text='"a' * 450, place=Place(text='"' * 500))
    inputs = [request(added, number, actor=OFFICER) for number in range(1, 300)]

    result = fold(case, inputs, BatchContext({}, REACH, lambda _: unsure))

    assert result.after is not None
    assert {reason.code for reason in result.refused.values()} == {"too_large"}
    assert len(result.after.model_dump_json(exclude_none=True).encode()) <= MAX_EVENT_BYTES


def agency_events(case: Case) -> list[AgencyEvent]:
    return [
        AgencyEvent.model_validate_json(event.value)
        for event in publications(case, 1, CODES)
        if event.topic != EVENT
    ]


def test_the_complaint_of_a_case_without_supplements_stands_as_submitted() -> None:
    assert current_complaint(case_after(submitted())) == complaint()

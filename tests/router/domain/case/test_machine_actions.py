"""What each action changes, and what is told of it."""

import pytest

from services.router.domain.case.agencies import NOT_PROVISIONED, TO_AND_FRO, AgencyDirectoryView
from services.router.domain.case.history import (
    TRANSFERRED,
    chosen_by_staff,
    is_overdue,
    triage_reason,
)
from services.router.domain.case.publications import publications
from shared.contracts.actions import (
    Action,
    Archive,
    AssignUnit,
    Rate,
    Reopen,
    Reply,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import ActorKind, ArchiveReason, Case, Outcome, Status
from shared.contracts.events import AgencyEvent, AgencyOutcome
from tests.router.lives import CODES, REACH, after, in_status, opened
from tests.support.builders import (
    OFFICER,
    REPORTER,
    agency,
    complete,
    follow_up,
    request,
    supplement,
)

ANSWERED = in_status(Status.COMPLETED)
REOPEN = request(Reopen(text="Rusak lagi."), actor=REPORTER)
GONE = AgencyDirectoryView(known=REACH.known, provisioned=CODES - {"kab-3603"})


def heard(case: Case) -> list[AgencyEvent]:
    """Return what institutions hear of the newest entry."""
    sent = list(publications(case, case.seq, CODES))[1:]
    return [AgencyEvent.model_validate_json(event.value) for event in sent]


def test_the_holder_gives_a_case_to_one_of_its_units() -> None:
    last = after(in_status(Status.IN_PROGRESS), request(AssignUnit(unit="Dinas PU"))).last

    assert (last.outcome, last.status, last.unit) == (
        Outcome.ASSIGNED,
        Status.IN_PROGRESS,
        "Dinas PU",
    )


def test_an_officer_corrects_the_category_and_the_unit_stays() -> None:
    case = opened(unit="Dinas PU", category="water")

    last = after(case, request(AssignUnit(category="roads"), actor=OFFICER)).last

    assert (last.unit, last.category, last.institution) == ("Dinas PU", "roads", "kab-3603")


def test_what_an_officer_corrected_is_heeded_like_a_route() -> None:
    fixed = after(opened(), request(AssignUnit(category="roads"), 1, actor=OFFICER))
    moved = after(fixed, request(Transfer(text="Bukan kami."), 2))
    by_holder = after(opened(), request(AssignUnit(unit="PU"), 1))

    chosen = chosen_by_staff(moved)
    assert chosen is not None
    assert (chosen.seq, chosen.category) == (2, "roads")
    assert after(moved, supplement(3)).last.category == "roads"
    assert chosen_by_staff(by_holder) is None


@pytest.mark.parametrize("status", [Status.ROUTED, Status.IN_PROGRESS])
def test_a_reply_changes_no_status_and_reaches_the_institution(status: Status) -> None:
    case = after(in_status(status), request(Reply(text="Belum ada petugas."), actor=REPORTER))

    (event,) = heard(case)
    assert (case.last.outcome, case.last.status) == (Outcome.REPLIED, status)
    assert (event.outcome, event.text) == (AgencyOutcome.REPLIED, "Belum ada petugas.")


def test_what_is_reopened_is_in_progress_and_reaches_the_institution() -> None:
    case = after(ANSWERED, REOPEN)

    (event,) = heard(case)
    assert (case.last.outcome, case.last.status) == (Outcome.REOPENED, Status.IN_PROGRESS)
    assert (event.outcome, event.status, event.text) == (
        AgencyOutcome.REOPENED,
        Status.IN_PROGRESS,
        "Rusak lagi.",
    )


@pytest.mark.parametrize("case", [ANSWERED, in_status(Status.ARCHIVED)])
def test_what_is_reopened_without_its_topic_goes_to_triage(case: Case) -> None:
    last = after(case, request(Reopen(text="x"), actor=OFFICER), reach=GONE).last

    assert (last.outcome, last.status, last.institution, last.previous) == (
        Outcome.TRIAGED,
        Status.UNVERIFIED,
        None,
        "kab-3603",
    )
    assert last.decision is not None
    assert last.decision.rule == NOT_PROVISIONED


@pytest.mark.parametrize(
    "status", [Status.UNVERIFIED, Status.ROUTED, Status.IN_PROGRESS, Status.POSTPONED]
)
def test_an_officer_undoes_an_archive_and_the_case_is_what_it_was(status: Status) -> None:
    before = in_status(status)
    archived = after(before, request(Archive(reason=ArchiveReason.SPAM), 1, actor=OFFICER))

    case = after(archived, request(Reopen(text="Bukan spam."), 2, actor=OFFICER))

    assert (archived.last.status, archived.last.reason) == (Status.ARCHIVED, ArchiveReason.SPAM)
    assert archived.last.institution == before.last.institution
    assert (case.last.status, case.last.institution) == (status, before.last.institution)
    assert triage_reason(case) == triage_reason(before)


def test_a_reporter_does_not_undo_an_archive() -> None:
    assert after(in_status(Status.ARCHIVED), REOPEN).last.outcome is Outcome.REFUSED


def test_an_institution_does_not_archive_what_it_has_begun() -> None:
    archive = request(Archive(reason=ArchiveReason.TEST))

    assert after(opened(), archive).last.status is Status.ARCHIVED
    assert after(in_status(Status.IN_PROGRESS), archive).last.outcome is Outcome.REFUSED


def test_a_rating_is_kept_told_and_may_be_changed_while_the_answer_stands() -> None:
    first = after(ANSWERED, request(Rate(rating=2, text="Lambat."), 1, actor=REPORTER))
    second = after(first, request(Rate(rating=5), 2, actor=REPORTER))

    (event,) = heard(first)
    assert (first.last.outcome, first.last.status, first.last.rating) == (
        Outcome.RATED,
        Status.COMPLETED,
        2,
    )
    assert (event.outcome, event.rating, event.text) == (AgencyOutcome.RATED, 2, "Lambat.")
    assert second.last.rating == 5
    assert after(second, complete(3)).last.rating is None


def test_an_archive_is_told_with_its_reason() -> None:
    archive = Archive(reason=ArchiveReason.DUPLICATE, text="Lihat nomor lain.")

    (event,) = heard(after(opened(), request(archive, actor=OFFICER)))

    assert (event.outcome, event.status, event.reason, event.text) == (
        AgencyOutcome.ARCHIVED,
        Status.ARCHIVED,
        ArchiveReason.DUPLICATE,
        "Lihat nomor lain.",
    )


def test_the_next_institution_hears_what_the_reporter_said_before() -> None:
    case = after(
        in_status(Status.IN_PROGRESS),
        request(Reply(text="Belum."), 1, actor=REPORTER),
        complete(2),
        request(Reopen(text="Rusak lagi."), 3, actor=REPORTER),
        request(Transfer(institution="prov-36", text="Jalan provinsi."), 4),
    )

    arrived, left = heard(case)
    assert (arrived.agency, left.outcome) == ("prov-36", AgencyOutcome.TRANSFERRED_AWAY)
    assert arrived.complaint is not None
    assert arrived.complaint.supplements == ("Belum.", "Rusak lagi.")
    assert "provinsi" not in arrived.model_dump_json()


NEWS: list[Action] = [Reply(text="x"), AssignUnit(unit="PU"), Transfer(text="Bukan kami.")]


@pytest.mark.parametrize("action", NEWS, ids=lambda action: action.kind)
def test_after_a_transfer_the_former_institution_hears_and_does_nothing_more(
    action: Action,
) -> None:
    moved = after(opened(), request(Transfer(institution="prov-36", text="Jalan provinsi."), 1))
    by = REPORTER if isinstance(action, Reply) else agency("prov-36")

    case = after(moved, request(action, 2, actor=by))
    refused = after(moved, request(action, 3, actor=agency("kab-3603")))

    assert "kab-3603" not in {event.agency for event in heard(case)}
    assert refused.last.outcome is Outcome.REFUSED


def test_why_a_case_waits() -> None:
    unsure = opened(None, rule="incomplete")
    given_up = after(opened(), request(Transfer(text="Bukan kami."), 1))

    assert triage_reason(unsure) == "incomplete"
    assert triage_reason(after(unsure, follow_up(1))) == "incomplete"
    assert triage_reason(after(unsure, request(Supplement(text="x"), actor=REPORTER))) == (
        "region_code"
    )
    assert triage_reason(given_up) == TRANSFERRED
    assert triage_reason(
        after(given_up, request(Route(institution="prov-36"), 2, actor=OFFICER))
    ) is (None)


def test_a_case_is_overdue_while_the_holder_that_let_a_deadline_pass_has_it() -> None:
    late = after(opened(), follow_up(1))
    passed = late.last.model_copy(update={"seq": 3, "outcome": Outcome.ESCALATED})
    case = late.with_entry(passed)

    assert not is_overdue(late)
    assert is_overdue(case)
    assert not is_overdue(after(case, complete(2)))
    waiting = opened(None)
    unassigned = waiting.last.model_copy(update={"seq": 2, "outcome": Outcome.ESCALATED})
    assert is_overdue(waiting.with_entry(unassigned))
    moved = after(case, request(Transfer(institution="prov-36", text="x"), 2))
    assert moved.last.actor.kind is ActorKind.AGENCY
    assert not is_overdue(moved)


def exchanged(times: int) -> Case:
    case = opened()
    for number in range(1, times + 1):
        here, there = ("kab-3603", "prov-36") if number % 2 else ("prov-36", "kab-3603")
        transfer = Transfer(institution=there, text="Bukan kami.")
        case = after(case, request(transfer, number, actor=agency(here)))
    return case


def test_the_third_exchange_between_the_same_two_goes_to_triage_with_both_as_guesses() -> None:
    case = exchanged(3)

    assert [entry.institution for entry in case.history] == [
        "kab-3603",
        "prov-36",
        "kab-3603",
        None,
    ]
    assert (case.last.outcome, case.last.status) == (Outcome.TRIAGED, Status.UNVERIFIED)
    assert case.last.previous == "kab-3603"
    assert triage_reason(case) == TO_AND_FRO
    assert case.last.decision is not None
    assert {one.institution for one in case.last.decision.candidates} == {"kab-3603", "prov-36"}


def test_after_a_third_exchange_each_further_one_is_an_officers_affair_too() -> None:
    routed = after(exchanged(3), request(Route(institution="prov-36"), 8, actor=OFFICER))

    again = after(
        routed,
        request(Transfer(institution="kab-3603", text="Bukan."), 9, actor=agency("prov-36")),
    )

    assert triage_reason(again) == TO_AND_FRO


def test_an_officer_passes_a_case_on_however_often_it_was_exchanged() -> None:
    asked = request(Transfer(institution="prov-36", text="Provinsi."), 8, actor=OFFICER)

    assert after(exchanged(2), asked).last.institution == "prov-36"


def test_exchanges_with_others_are_none_between_two() -> None:
    transfer = Transfer(institution="kem-027", text="Bukan kami.")

    assert after(exchanged(2), request(transfer, 8)).last.institution == "kem-027"

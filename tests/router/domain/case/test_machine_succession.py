"""Cases of institutions that are closed: where they go when they are touched, and what is heard."""

import pytest

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import fold
from services.router.domain.case.history import triage_reason
from services.router.domain.case.machine import undeliverable
from services.router.domain.case.publications import publications
from services.router.domain.deadlines.timers import TimerView, case_timers
from shared.contracts.actions import (
    Archive,
    Complete,
    FollowUp,
    Reopen,
    ReturnToReporter,
    Route,
    Transfer,
)
from shared.contracts.case import Actor, ActorKind, ArchiveReason, Case, Outcome, Status
from tests.router.lives import CLOSED, HEIR, MERGED, REACH, after, decide, opened
from tests.support.builders import (
    OFFICER,
    REPORTER,
    agency,
    complaint_id,
    decision,
    request,
    supplement,
)

OPERATOR = Actor(kind=ActorKind.OPERATOR, code="kantor")
ASKED = ReturnToReporter(text="Di mana?")
MERGE = Transfer(institution=HEIR, text="Digabung.")


def held(code: str, *actions: object) -> Case:
    requests = [request(a, n, actor=agency(code)) for n, a in enumerate(actions, 1)]  # type: ignore[arg-type]
    return after(opened(code), *requests)


def moved(case: Case, to: str | None = HEIR) -> Case:
    return after(case, request(Transfer(institution=to, text="Digabung."), 50, actor=OPERATOR))


def heard(case: Case, first: int) -> list[tuple[str, str]]:
    """Return topic and kind of what institutions hear from an entry on."""
    said = publications(case, first, REACH.provisioned)
    return [(one.topic, one.ce_type.split(".")[-2]) for one in said if "agency" in one.topic]


@pytest.mark.parametrize(
    "action", [Route(institution=MERGED), Transfer(institution=MERGED, text="x")]
)
def test_who_names_the_merged_one_reaches_its_successor(action: Route | Transfer) -> None:
    last = after(opened(), request(action, actor=OFFICER)).last

    assert (last.institution, last.status, last.previous) == (HEIR, Status.ROUTED, "kab-3603")


def test_who_names_the_merged_one_from_its_successor_is_told_that_it_is_there() -> None:
    last = after(opened(HEIR), request(Route(institution=MERGED), actor=OFFICER)).last

    assert last.refusal is not None
    assert last.refusal.code == "same_institution"


@pytest.mark.parametrize("actions", [(), (FollowUp(text="x"),)])
def test_an_open_case_is_moved_and_its_successor_begins_anew(actions: tuple[object, ...]) -> None:
    case = moved(held(MERGED, *actions))

    last = case.last
    assert (last.outcome, last.institution, last.status) == (
        Outcome.TRANSFERRED,
        HEIR,
        Status.ROUTED,
    )
    assert last.text == "Digabung."
    assert last.decision is not None
    assert last.decision.rule == "institution_closed"
    assert heard(case, case.seq) == [
        (f"agency-{HEIR}", "routed"),
        (f"agency-{MERGED}", "transferred_away"),
    ]


def test_a_case_that_waits_for_its_reporter_is_moved_and_goes_on_waiting() -> None:
    case = moved(held(MERGED, FollowUp(text="x"), ASKED))

    assert (case.last.institution, case.last.status) == (HEIR, Status.POSTPONED)
    assert (f"agency-{HEIR}", "routed") in heard(case, case.seq)


def test_its_reporter_completes_it_for_the_successor_who_has_done_nothing_yet() -> None:
    case = after(moved(held(MERGED, FollowUp(text="x"), ASKED)), supplement(60))

    assert (case.last.institution, case.last.status) == (HEIR, Status.ROUTED)
    assert case.last.outcome is Outcome.SUPPLEMENTED


def test_clocks_of_a_case_moved_while_it_waits_stand_still() -> None:
    clocks = case_timers(TimerView.of(moved(held(MERGED, ASKED))).moments)

    assert {one.institution for one in clocks} == {HEIR}
    assert not any(one.is_running for one in clocks)
    assert all(stretch.after == stretch.before for one in clocks for stretch in one.stretches)


@pytest.mark.parametrize("actor", [agency(MERGED), REPORTER])
def test_only_staff_move_a_case_that_waits(actor: Actor) -> None:
    last = after(held(MERGED, ASKED), request(MERGE, 50, actor=actor)).last

    assert last.refusal is not None
    assert last.institution == MERGED


@pytest.mark.parametrize("actions", [(), (FollowUp(text="x"),), (ASKED,)])
def test_without_a_successor_open_cases_wait_in_triage_and_say_why(
    actions: tuple[object, ...],
) -> None:
    case = moved(held(CLOSED, *actions), None)

    assert (case.last.institution, case.last.status) == (None, Status.UNVERIFIED)
    assert triage_reason(case) == "institution_closed"


def test_the_former_key_may_no_longer_act() -> None:
    last = after(moved(held(MERGED)), request(Complete(text="x"), 60, actor=agency(MERGED))).last

    assert last.refusal is not None
    assert last.refusal.code == "not_holder"


@pytest.mark.parametrize("status", ["completed", "archived"])
def test_what_was_closed_there_is_reopened_at_the_successor(status: str) -> None:
    ending = Complete(text="x") if status == "completed" else Archive(reason=ArchiveReason.SPAM)
    case = after(held(MERGED, ending), request(Reopen(text="Lagi."), 50, actor=OFFICER))

    last = case.last
    assert (last.outcome, last.institution, last.status) == (
        Outcome.TRANSFERRED,
        HEIR,
        Status.ROUTED,
    )
    assert (last.text, last.previous) == ("Lagi.", MERGED)
    assert (f"agency-{HEIR}", "routed") in heard(case, case.seq)


def test_what_was_closed_at_one_without_a_successor_is_reopened_in_triage() -> None:
    case = after(
        held(CLOSED, Complete(text="x")), request(Reopen(text="Lagi."), 50, actor=REPORTER)
    )

    assert (case.last.institution, case.last.status) == (None, Status.UNVERIFIED)
    assert triage_reason(case) == "institution_closed"


def test_what_its_reporter_completes_before_it_is_moved_goes_to_the_successor() -> None:
    case = after(held(MERGED, ASKED), supplement(50))

    assert (case.last.institution, case.last.status) == (HEIR, Status.ROUTED)
    assert case.last.text == "Di Kabupaten Tangerang."


def test_a_successor_without_a_topic_leaves_it_in_triage() -> None:
    reach = AgencyDirectoryView(known=REACH.known, provisioned={MERGED}, succession={MERGED: HEIR})

    case = after(held(MERGED, ASKED), supplement(50), reach=reach)

    assert (case.last.institution, triage_reason(case)) == (None, "institution_not_provisioned")


@pytest.mark.parametrize(("chosen", "holder"), [(MERGED, HEIR), (CLOSED, None)])
def test_an_officers_choice_from_before_means_the_successor(
    chosen: str, holder: str | None
) -> None:
    # Chosen while it was open, lost for want of its topic, then completed by the reporter.
    before = AgencyDirectoryView(known=REACH.known, provisioned=REACH.provisioned)
    chose = request(Route(institution=chosen, unit="Balai"), 1, actor=OFFICER)
    case = after(opened(None), chose, reach=before)
    entry = undeliverable(case, chosen)
    assert entry is not None

    last = after(case.with_entry(entry), supplement(50)).last

    assert (last.institution, last.unit) == (holder, None)


def test_a_move_asked_for_twice_is_done_once() -> None:
    again = request(MERGE, 50, actor=OPERATOR)
    judgement = BatchContext({complaint_id("one"): decision(MERGED)}, REACH, decide)

    folded = fold(held(MERGED), [again, again], judgement)

    assert folded.after is not None
    assert [entry.outcome for entry in folded.after.history[1:]] == [Outcome.TRANSFERRED]

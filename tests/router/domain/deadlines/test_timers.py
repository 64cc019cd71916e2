"""What arms a legal clock, what stops it, and what leaves it as it was."""

from dataclasses import replace
from datetime import datetime

import pytest

from services.router.domain.deadlines.deadline_calculator import ClockReading, DeadlineCalculator
from services.router.domain.deadlines.limits import parse_limits
from services.router.domain.deadlines.timers import TimerView
from shared.contracts.case import ReportType, Status
from shared.contracts.deadlines import LegalClock
from tests.support.deadline_cases import (
    ANSWERED,
    BANTEN,
    CLOCKS,
    HELD,
    LIMITS,
    MONDAY,
    PUPR,
    ROUTED,
    TANGERANG,
    TRIAGED,
    WAITING,
    WORKING,
    view,
    wib,
    with_edit,
    with_step,
)


def reading(seen: TimerView, clock: LegalClock) -> ClockReading | None:
    return next((one for one in CLOCKS.readings(seen) if one.clock is clock), None)


def due(seen: TimerView, clock: LegalClock) -> datetime | None:
    found = reading(seen, clock)
    assert found is not None, f"{clock} is not armed"
    return found.due


def armed(seen: TimerView) -> set[LegalClock]:
    return {one.clock for one in CLOCKS.readings(seen)}


def test_a_case_in_triage_has_three_days_to_be_routed() -> None:
    assert CLOCKS.readings(TRIAGED) == [ClockReading(LegalClock.ROUTE, 1, MONDAY, wib(6, 12))]


def test_an_institution_has_5_days_to_follow_up_and_14_to_resolve() -> None:
    assert armed(HELD) == {LegalClock.FIRST_FOLLOW_UP, LegalClock.RESOLVE}
    assert due(HELD, LegalClock.FIRST_FOLLOW_UP) == wib(6, 16)
    assert due(HELD, LegalClock.RESOLVE) == wib(6, 30)  # 16 June is a holiday


@pytest.mark.parametrize("kind", [ReportType.INFORMATION, ReportType.ASPIRATION])
def test_information_and_aspirations_are_answered_within_5_days(kind: ReportType) -> None:
    assert due(replace(HELD, type=kind), LegalClock.RESOLVE) == wib(6, 16)


def test_an_investigation_has_60_days_from_the_same_start() -> None:
    found = reading(replace(HELD, investigation=True), LegalClock.RESOLVE_INVESTIGATION)

    assert found is not None
    assert (found.armed_by, found.since) == (1, MONDAY)
    assert found.due == CLOCKS.calendar.add_working_days(MONDAY, 60)
    assert LegalClock.RESOLVE not in armed(replace(HELD, investigation=True))


def test_a_type_that_needs_no_investigation_keeps_its_limit() -> None:
    asked = replace(HELD, investigation=True, type=ReportType.INFORMATION)

    assert due(asked, LegalClock.RESOLVE) == wib(6, 16)


def test_an_institution_may_have_limits_of_its_own() -> None:
    own = f"{LIMITS}resolve,,{TANGERANG},2,0,1,Peraturan Bupati\n"
    clocks = DeadlineCalculator(CLOCKS.calendar, parse_limits(own, {TANGERANG}))
    elsewhere = view((MONDAY, "routed", ROUTED, PUPR))

    assert ClockReading(LegalClock.RESOLVE, 1, MONDAY, wib(6, 11)) in clocks.readings(HELD)
    assert clocks.readings(elsewhere) == CLOCKS.readings(elsewhere)


def test_a_follow_up_ends_the_wait_for_one_and_starts_the_ten_days() -> None:
    assert armed(ANSWERED) == {LegalClock.RESOLVE, LegalClock.AUTO_CLOSE}
    assert reading(ANSWERED, LegalClock.AUTO_CLOSE) == ClockReading(
        LegalClock.AUTO_CLOSE, 2, wib(6, 9, 9), wib(6, 25)
    )


@pytest.mark.parametrize("outcome", ["replied", "followed_up", "supplemented"])
def test_whoever_speaks_last_gives_the_other_ten_days(outcome: str) -> None:
    spoken = with_step(ANSWERED, wib(6, 11, 9), outcome, WORKING, TANGERANG)

    assert due(spoken, LegalClock.AUTO_CLOSE) == wib(6, 27)
    assert due(spoken, LegalClock.RESOLVE) == due(ANSWERED, LegalClock.RESOLVE)


def test_a_reply_before_a_follow_up_closes_nothing() -> None:
    spoken = with_step(HELD, wib(6, 9), "replied", ROUTED, TANGERANG)

    assert CLOCKS.readings(spoken) == CLOCKS.readings(HELD)


@pytest.mark.parametrize("outcome", ["assigned", "rated", "refused", "anything"])
@pytest.mark.parametrize("before", [TRIAGED, HELD, ANSWERED])
def test_an_ordinary_edit_never_resets_a_clock(before: TimerView, outcome: str) -> None:
    edited = with_edit(before, wib(6, 10), outcome)

    assert CLOCKS.pending(edited) == CLOCKS.pending(before)


def test_a_refused_input_changes_no_clock_whatever_it_asked() -> None:
    refused = with_step(HELD, wib(6, 10), "refused", ROUTED, TANGERANG)

    assert CLOCKS.readings(refused) == CLOCKS.readings(HELD)


def test_a_transfer_gives_the_next_institution_all_of_its_time() -> None:
    moved = with_step(ANSWERED, wib(6, 12, 9), "transferred", ROUTED, BANTEN)

    assert armed(moved) == {LegalClock.FIRST_FOLLOW_UP, LegalClock.RESOLVE}
    assert {one.armed_by for one in CLOCKS.readings(moved)} == {3}
    assert due(moved, LegalClock.FIRST_FOLLOW_UP) == wib(6, 23)


def test_what_comes_back_to_a_former_holder_goes_on_where_its_clock_stood() -> None:
    away = with_step(HELD, wib(6, 11, 9), "transferred", ROUTED, BANTEN)
    back = with_step(away, wib(6, 18, 9), "transferred", ROUTED, TANGERANG)

    # Tuesday and Wednesday were its own; the 18th counts, and is the third of fourteen.
    assert due(back, LegalClock.RESOLVE) == CLOCKS.calendar.add_working_days(wib(6, 17), 12)
    found = reading(back, LegalClock.RESOLVE)
    assert found is not None
    assert (found.armed_by, found.since) == (1, MONDAY)


def test_ten_exchanges_between_two_institutions_hardly_move_the_deadline() -> None:
    seen = HELD
    for number, day in enumerate(range(9, 29, 2)):
        other = TANGERANG if number % 2 else BANTEN
        seen = with_step(seen, wib(6, day, 9), "transferred", ROUTED, other)

    # Alone it would be 24:00 of the 29th of June; armed anew each time, that of the 16th of July.
    assert due(seen, LegalClock.RESOLVE) == wib(7, 9)


def test_a_follow_up_stays_one_when_the_case_comes_back() -> None:
    away = with_step(ANSWERED, wib(6, 11, 9), "transferred", ROUTED, BANTEN)
    back = with_step(away, wib(6, 18, 9), "transferred", ROUTED, TANGERANG)

    assert armed(back) == {LegalClock.RESOLVE}


def test_a_case_sent_back_to_triage_must_be_routed_anew() -> None:
    back = with_step(HELD, wib(6, 12, 9), "triaged", Status.UNVERIFIED, None)

    assert CLOCKS.readings(back) == [ClockReading(LegalClock.ROUTE, 2, wib(6, 12, 9), wib(6, 19))]


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.ARCHIVED])
@pytest.mark.parametrize("before", [TRIAGED, HELD, ANSWERED])
def test_a_finished_case_has_no_clock(before: TimerView, status: Status) -> None:
    done = with_step(before, wib(6, 10), status, status, before.moments[-1].institution)

    assert CLOCKS.readings(done) == []
    assert CLOCKS.next_due(done) is None


def test_an_entry_stamped_earlier_than_the_one_before_counts_from_that() -> None:
    moved = with_step(HELD, wib(6, 1, 9), "transferred", ROUTED, BANTEN)

    assert {one.since for one in CLOCKS.readings(moved)} == {MONDAY}


def test_a_reopened_case_must_be_resolved_anew() -> None:
    done = with_step(ANSWERED, wib(6, 10), "completed", Status.COMPLETED, TANGERANG)

    reopened = with_step(done, wib(6, 12, 9), "reopened", WORKING, TANGERANG)

    assert CLOCKS.readings(reopened) == [
        ClockReading(
            LegalClock.RESOLVE, 4, wib(6, 12, 9), CLOCKS.calendar.add_working_days(wib(6, 12), 14)
        )
    ]


def test_a_case_taken_from_the_archive_must_be_followed_up_too() -> None:
    archived = with_step(HELD, wib(6, 10), "archived", Status.ARCHIVED, TANGERANG)

    reopened = with_step(archived, wib(6, 12), "reopened", ROUTED, TANGERANG)

    assert armed(reopened) == {LegalClock.FIRST_FOLLOW_UP, LegalClock.RESOLVE}


def test_clocks_stand_still_while_the_reporter_is_asked() -> None:
    waiting = with_step(HELD, wib(6, 11, 9), "returned", WAITING, TANGERANG)

    assert {one.due for one in CLOCKS.readings(waiting)} == {None}
    assert CLOCKS.settle_before(waiting, wib(12, 31)) == []


def test_the_days_that_remained_go_on_after_the_supplement() -> None:
    waiting = with_step(HELD, wib(6, 11, 9), "returned", WAITING, TANGERANG)

    resumed = with_step(waiting, wib(7, 1, 15), "supplemented", ROUTED, TANGERANG)

    # 9 and 10 June counted; 11 June, when it was returned, and 1 July do not.
    assert reading(resumed, LegalClock.FIRST_FOLLOW_UP) == ClockReading(
        LegalClock.FIRST_FOLLOW_UP, 1, MONDAY, wib(7, 7)
    )


def test_what_happens_while_a_case_waits_lets_no_day_count() -> None:
    waiting = with_step(HELD, wib(6, 11, 9), "returned", WAITING, TANGERANG)

    edited = with_edit(waiting, wib(6, 25, 9), "assigned")

    dues = [
        due(with_step(one, wib(7, 1, 15), "supplemented", ROUTED, TANGERANG), LegalClock.RESOLVE)
        for one in (waiting, edited)
    ]
    assert dues[0] == dues[1]


def test_a_return_on_the_last_day_leaves_a_whole_day() -> None:
    waiting = with_step(HELD, wib(6, 15, 23), "returned", WAITING, TANGERANG)

    resumed = with_step(waiting, wib(6, 22, 23), "supplemented", ROUTED, TANGERANG)

    assert due(resumed, LegalClock.FIRST_FOLLOW_UP) == wib(6, 24)


def test_a_report_in_triage_waits_for_its_supplement_too() -> None:
    waiting = with_step(TRIAGED, wib(6, 9, 9), "returned", WAITING, None)

    resumed = with_step(waiting, wib(6, 17, 9), "triaged", Status.UNVERIFIED, None)

    assert CLOCKS.settle_before(waiting, wib(12, 31)) == []
    assert CLOCKS.readings(resumed) == [ClockReading(LegalClock.ROUTE, 1, MONDAY, wib(6, 23))]

"""When the legal clocks ring, for whom, and in which order."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from services.router.domain.case.machine import open_case
from services.router.domain.deadlines.deadline_calculator import DeadlineCalculator
from services.router.domain.deadlines.limits import parse_limits
from services.router.domain.deadlines.timers import HistoryEvent, TimerView
from services.router.domain.deadlines.working_calendar import WorkingCalendar
from shared.contracts.case import Outcome, ReportType, Status
from shared.contracts.deadlines import Deadline, LegalClock, Level, deadline_id
from tests.support.builders import complaint_id, decision, submitted
from tests.support.deadline_cases import (
    ANSWERED,
    CLOCKS,
    HELD,
    ID,
    LIMITS,
    MONDAY,
    ROUTED,
    TANGERANG,
    TRIAGED,
    WIB,
    view,
    wib,
    with_passed,
)


def lines(found: Iterable[Deadline]) -> list[tuple[str, str, str]]:
    return [(one.clock, one.level, f"{one.due.astimezone(WIB):%m-%d %H}") for one in found]


def test_an_unassigned_case_escalates_to_the_supervisor() -> None:
    assert lines(CLOCKS.settle_before(TRIAGED, wib(12, 31))) == [
        ("route", "warning", "06-11 00"),
        ("route", "holder", "06-12 00"),
        ("route", "supervisor", "06-13 00"),
    ]


def test_an_idle_institution_is_warned_and_then_those_above_it_hear() -> None:
    assert lines(CLOCKS.settle_before(HELD, wib(12, 31))) == [
        ("first_follow_up", "warning", "06-13 00"),
        ("first_follow_up", "holder", "06-16 00"),
        ("first_follow_up", "parent", "06-19 00"),
        ("first_follow_up", "supervisor", "06-23 00"),
        ("resolve", "warning", "06-25 00"),
        ("resolve", "holder", "06-30 00"),
        ("resolve", "parent", "07-07 00"),
        ("resolve", "supervisor", "07-14 00"),
    ]


def test_a_silent_reporter_closes_the_case_and_nothing_follows() -> None:
    passed = CLOCKS.settle_before(ANSWERED, wib(12, 31))

    assert lines(passed) == [
        ("auto_close", "warning", "06-20 00"),
        ("resolve", "warning", "06-25 00"),
        ("auto_close", "close", "06-25 00"),
    ]
    assert CLOCKS.pending(with_passed(ANSWERED, passed)) == []


def test_a_deadline_passes_at_its_instant_and_not_before() -> None:
    just_before = wib(6, 11) - timedelta(milliseconds=1)

    assert CLOCKS.settle_before(TRIAGED, just_before) == []
    assert CLOCKS.settle_before(TRIAGED, wib(6, 11)) == CLOCKS.pending(TRIAGED)[:1]
    assert CLOCKS.next_due(TRIAGED) == wib(6, 11)


def test_a_year_with_a_look_every_hour_is_a_year_with_one_look_at_its_end() -> None:
    seen, found = TRIAGED, list[Deadline]()
    for hour in range(365 * 24):
        passed = CLOCKS.settle_before(seen, MONDAY + timedelta(hours=hour))
        found += passed
        seen = with_passed(seen, passed)

    assert found == CLOCKS.settle_before(TRIAGED, MONDAY + timedelta(days=365))
    assert len(found) == 3


def test_a_deadline_that_rests_on_estimated_holidays_is_provisional() -> None:
    autumn = replace(view((wib(11, 20, 9), "routed", ROUTED, TANGERANG)), investigation=True)

    marks = {one.due.year: one.provisional for one in CLOCKS.pending(autumn)}

    assert marks == {2026: False, 2027: True}


def test_a_deadline_is_provisional_where_any_of_its_days_may_still_change() -> None:
    clocks = DeadlineCalculator(WorkingCalendar((), settled=[2027]), CLOCKS.limits)
    late = view((wib(12, 31, 9), "routed", ROUTED, TANGERANG))

    assert {one.due.year for one in clocks.pending(late)} == {2027}
    assert all(one.provisional for one in clocks.pending(late))


def test_a_level_that_has_passed_settles_those_before_it() -> None:
    [_, holder, *_] = CLOCKS.pending(TRIAGED)

    assert lines(CLOCKS.pending(with_passed(TRIAGED, [holder]))) == [
        ("route", "supervisor", "06-13 00")
    ]


def test_a_calendar_that_changed_rings_no_level_twice() -> None:
    passed = CLOCKS.settle_before(TRIAGED, wib(6, 12))
    later = DeadlineCalculator(WorkingCalendar([date(2026, 6, 11)], settled=()), CLOCKS.limits)

    assert lines(later.pending(with_passed(TRIAGED, passed))) == [
        ("route", "supervisor", "06-16 00")
    ]


def test_the_version_changes_with_the_calendar_and_with_the_limits() -> None:
    others = (
        DeadlineCalculator(WorkingCalendar((), settled=()), CLOCKS.limits),
        DeadlineCalculator(
            CLOCKS.calendar, parse_limits(LIMITS.replace("3,1,1", "4,1,1"), frozenset())
        ),
    )

    assert CLOCKS.version not in {other.version for other in others}


def test_the_id_of_a_deadline_tells_all_deadlines_apart() -> None:
    [one, *_] = CLOCKS.pending(TRIAGED)
    others = [
        one.model_copy(update=change)
        for change in (
            {"clock": LegalClock.RESOLVE},
            {"level": Level.HOLDER},
            {"due": one.due + timedelta(milliseconds=1)},
            {"armed_by": 2},
        )
    ]

    assert deadline_id(ID, one) == deadline_id(ID, one.model_copy(update={"provisional": True}))
    assert len({deadline_id(ID, each) for each in (one, *others)}) == 5
    assert deadline_id(complaint_id("two"), one) != deadline_id(ID, one)


def test_a_case_is_seen_as_its_history_tells() -> None:
    case = open_case(submitted(), decision())

    assert TimerView.of(case) == TimerView(
        ID,
        ReportType.COMPLAINT,
        (HistoryEvent(1, case.last.at, Outcome.ROUTED, Status.ROUTED, TANGERANG),),
    )

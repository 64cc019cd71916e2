"""The legal clocks under any history: in order, once, and by business time alone."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.deadlines.timers import TimerView
from services.router.domain.deadlines.working_calendar import day_of
from shared.contracts.case import Status
from shared.contracts.deadlines import Deadline, LegalClock, Level
from tests.support.deadline_cases import (
    BANTEN,
    CLOCKS,
    PUPR,
    ROUTED,
    TANGERANG,
    WAITING,
    WIB,
    WORKING,
    view,
    with_edit,
    with_passed,
    with_step,
)

Move = tuple[timedelta, str, Status, str | None]  # a step, by the time since the one before
outcomes = st.sampled_from(
    ["routed", "followed_up", "replied", "supplemented", "returned", "assigned", "refused"]
)
steps = st.tuples(
    st.integers(0, 40 * 24 * 3_600_000).map(lambda ms: timedelta(milliseconds=ms)),
    outcomes,
    st.sampled_from([*Status, ROUTED, WORKING, WAITING]),
    st.sampled_from([None, TANGERANG, TANGERANG, BANTEN]),
)
starts = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(microsecond=instant.microsecond // 1000 * 1000)
)
histories = st.tuples(starts, st.lists(steps, min_size=1, max_size=12))


def lived(
    history: tuple[datetime, list[Move]], ticks: Iterable[datetime] = ()
) -> tuple[TimerView, list[Deadline]]:
    """Return a view to which these steps happened, each after the deadlines before it.

    At each of the `ticks` someone looks whether a deadline has passed, and writes it down.
    """
    (at, given_steps), seen, found = history, view(), []
    for wait, outcome, status, institution in given_steps:
        for instant in [*sorted(tick for tick in ticks if at <= tick < at + wait), at + wait]:
            passed = CLOCKS.settle_before(seen, instant)
            found += passed
            seen = with_passed(seen, passed)
        at += wait
        if outcome == "refused" and seen.moments:
            seen = with_edit(seen, at, outcome)
        else:
            seen = with_step(seen, at, outcome, status, institution)
    return seen, found


@given(histories, st.integers(0, 400))
def test_deadlines_pass_in_order_once_and_after_they_were_armed(
    history: tuple[datetime, list[Move]], days: int
) -> None:
    seen, found = lived(history)
    found += CLOCKS.settle_before(seen, seen.moments[-1].at + timedelta(days=days))
    instants = {moment.seq: moment.at for moment in seen.moments}

    assert [one.due for one in found] == sorted(one.due for one in found)
    assert len({(one.clock, one.level, one.armed_by) for one in found}) == len(found)
    assert all(one.due > instants[one.armed_by] for one in found)


@given(histories, st.lists(st.integers(0, 400 * 24), max_size=8))
def test_deadlines_depend_on_business_time_and_not_on_when_anybody_looks(
    history: tuple[datetime, list[Move]], hours: list[int]
) -> None:
    ticks = [history[0] + timedelta(hours=hour) for hour in hours]

    assert lived(history, ticks) == lived(history)


@given(histories, st.integers(0, 4_000), st.integers(0, 4_000))
def test_settling_twice_is_settling_once_for_the_later_instant(
    history: tuple[datetime, list[Move]], first: int, more: int
) -> None:
    seen, _ = lived(history)
    early = seen.moments[-1].at + timedelta(hours=first)
    late = early + timedelta(hours=more)

    settled = CLOCKS.settle_before(seen, early)
    then = CLOCKS.settle_before(with_passed(seen, settled), late)

    assert settled + then == CLOCKS.settle_before(seen, late)
    assert CLOCKS.settle_before(with_passed(seen, settled), early) == []


@given(histories)
def test_the_next_deadline_is_the_first_of_those_ahead(
    history: tuple[datetime, list[Move]],
) -> None:
    seen, _ = lived(history)

    ahead = CLOCKS.pending(seen)

    assert CLOCKS.next_due(seen) == (ahead[0].due if ahead else None)
    assert all(one.due > seen.moments[-1].at for one in ahead)


@given(histories)
def test_what_has_stopped_or_stands_still_never_rings(
    history: tuple[datetime, list[Move]],
) -> None:
    seen, _ = lived(history)
    last = seen.moments[-1]
    ahead = {one.clock for one in CLOCKS.pending(seen)}

    if last.status in (WAITING, Status.COMPLETED, Status.ARCHIVED):
        assert ahead == set()
    if last.institution is None:
        assert ahead <= {LegalClock.ROUTE}
    else:
        assert LegalClock.ROUTE not in ahead
    if last.outcome == "followed_up":
        assert LegalClock.FIRST_FOLLOW_UP not in ahead


@given(histories, st.sampled_from(["assigned", "rated", "refused"]), st.integers(0, 100))
def test_edits_anywhere_in_a_history_move_no_deadline(
    history: tuple[datetime, list[Move]], outcome: str, hours: int
) -> None:
    seen, _ = lived(history)

    edited = with_edit(seen, seen.moments[-1].at + timedelta(hours=hours), outcome)

    assert CLOCKS.pending(edited) == CLOCKS.pending(seen)


pauses = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 900)).map(
        lambda hours: (timedelta(hours=hours[0]), timedelta(hours=hours[1]))
    ),
    max_size=5,
)


@given(starts, pauses)
def test_a_pause_adds_the_working_days_that_it_touched(
    start: datetime, times: list[tuple[timedelta, timedelta]]
) -> None:
    seen, at, touched = view((start, "routed", ROUTED, TANGERANG)), start, set()
    for wait, pause in times:
        before, at = at + wait, at + wait + pause
        seen = with_step(seen, before, "returned", WAITING, TANGERANG)
        seen = with_step(seen, at, "supplemented", ROUTED, TANGERANG)
        first, last = before.astimezone(WIB).date(), at.astimezone(WIB).date()
        touched |= {first + timedelta(days=day) for day in range((last - first).days + 1)}

    dues = {one.clock: one.due for one in CLOCKS.readings(seen)}
    assert dues[LegalClock.RESOLVE] == counted(start, 14, touched)
    assert dues[LegalClock.FIRST_FOLLOW_UP] == counted(start, 5, touched)


def counted(start: datetime, days: int, touched: set[date]) -> datetime:
    """Return when a limit ends, by looking at one day after another."""
    day = start.astimezone(WIB).date()
    while days:
        day += timedelta(days=1)
        days -= CLOCKS.calendar.is_working(day) and day not in touched
    return datetime(day.year, day.month, day.day, tzinfo=WIB) + timedelta(days=1)


# Hours until the next one has it. Nobody in particular is triage.
institutions = st.sampled_from([TANGERANG, BANTEN, PUPR])
passings = st.lists(st.tuples(st.integers(0, 5 * 24), institutions), min_size=1, max_size=60)
with_triage = st.lists(
    st.tuples(st.integers(0, 5 * 24), institutions | st.none()), min_size=1, max_size=60
)
DAYS = 14  # working days in which an institution must resolve a complaint


def passed_on(
    start: datetime, passings: Iterable[tuple[int, str | None]]
) -> tuple[TimerView, list[Deadline]]:
    """Return a view of a case that institutions pass on, and the deadlines that passed."""
    seen, at, found = view((start, "routed", ROUTED, TANGERANG)), start, list[Deadline]()
    for hours, institution in passings:
        at += timedelta(hours=hours)
        passed = CLOCKS.settle_before(seen, at)
        found, seen = found + passed, with_passed(seen, passed)
        status = ROUTED if institution else Status.UNVERIFIED
        seen = with_step(seen, at, "transferred", status, institution)
    return seen, found


def holder_after(seen: TimerView, day: int) -> str | None:
    """Return who has a case at the end of a day."""
    until = [moment for moment in seen.moments if day_of(moment.at) <= day]
    return until[-1].institution


@given(starts, with_triage)
def test_an_institution_has_its_days_once_however_often_a_case_comes_back(
    start: datetime, passings: list[tuple[int, str | None]]
) -> None:
    seen, _ = passed_on(start, passings)
    holder, calendar = seen.moments[-1].institution, CLOCKS.calendar

    for one in CLOCKS.readings(seen):
        if one.clock is not LegalClock.RESOLVE or one.due is None:
            continue
        first = min(day_of(moment.at) for moment in seen.moments if moment.institution == holder)
        mine = [
            day
            for day in range(first + 1, day_of(one.due))
            if calendar.number(day) > calendar.number(day - 1) and holder_after(seen, day) == holder
        ]
        assert len(mine) == DAYS


@given(starts, passings)
def test_passing_a_case_on_among_some_puts_no_limit_off_beyond_their_days_together(
    start: datetime, passings: list[tuple[int, str | None]]
) -> None:
    seen, found = passed_on(start, passings)
    number, last = CLOCKS.calendar.number, seen.moments[-1].at
    holders = {moment.institution for moment in seen.moments}
    # Beside the days of each the one on which it first got the case, which counts for nobody.
    together = len(holders) * (DAYS + 1)

    if number(day_of(last) - 1) - number(day_of(start)) >= together:
        missed = [one for one in found if one.clock is LegalClock.RESOLVE]
        assert any(one.level is Level.HOLDER for one in missed)

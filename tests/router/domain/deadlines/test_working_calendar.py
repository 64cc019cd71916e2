"""Working days: which days count, when a limit ends, and an operator's corrections."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.deadlines.calendar_corrections import (
    COLUMNS,
    MOST,
    CalendarCorrections,
    parse_corrections,
)
from services.router.domain.deadlines.working_calendar import WorkingCalendar, day_of, end_of
from shared.errors import Misconfigured

WIB = timezone(timedelta(hours=7))
# Monday 2 March 2026 and the weeks after it, with one holiday on Wednesday of the first.
HOLIDAY = date(2026, 3, 4)
CALENDAR = WorkingCalendar([HOLIDAY], settled=[2026])
days = st.dates(date(2014, 1, 1), date(2036, 12, 31))
instants = st.datetimes(datetime(2014, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))


def wib(day: int, hour: int = 0, *, month: int = 3) -> datetime:
    """Return an instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=WIB)


def stepped(start: datetime, days: int, off: set[date]) -> datetime:
    """Return what the calendar must say, by looking at one day after another."""
    day = start.astimezone(WIB).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in off
    return datetime(day.year, day.month, day.day, tzinfo=WIB) + timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (wib(2, 9), 1, wib(4)),  # the day of the start does not count
        (wib(2, 0), 1, wib(4)),
        (wib(2, 23), 1, wib(4)),
        (wib(2, 9), 2, wib(6)),  # nor does the holiday
        (wib(5, 9), 2, wib(10)),  # nor the weekend
        (wib(7, 9), 1, wib(10)),  # on a Saturday: Monday is day 1
        (wib(8, 9), 1, wib(10)),
        (wib(4, 9), 1, wib(6)),  # on a holiday: the day after it is day 1
    ],
)
def test_a_limit_ends_at_midnight_of_its_last_working_day(
    start: datetime, days: int, due: datetime
) -> None:
    assert CALENDAR.add_working_days(start, days) == due


def test_days_begin_at_midnight_of_western_indonesia() -> None:
    before, after = datetime(2026, 3, 2, 16, 59, tzinfo=UTC), datetime(2026, 3, 2, 17, tzinfo=UTC)

    assert day_of(before) == date(2026, 3, 2).toordinal()
    assert day_of(after) == date(2026, 3, 3).toordinal()
    assert end_of(day_of(before)) == after


def test_any_zone_of_an_instant_gives_the_same_day() -> None:
    instant = datetime(2026, 3, 2, 17, tzinfo=UTC)

    assert day_of(instant.astimezone(WIB)) == day_of(instant)


@given(instants, st.integers(1, 80), st.sets(days, max_size=60))
def test_working_days_are_those_that_one_would_count(
    start: datetime, days: int, off: set[date]
) -> None:
    calendar = WorkingCalendar(off, settled=())

    assert calendar.add_working_days(start, days) == stepped(start, days, off)


@given(st.tuples(instants, instants), st.integers(1, 60), st.sets(days, max_size=60))
def test_a_later_start_or_a_longer_limit_never_ends_earlier(
    starts: tuple[datetime, datetime], days: int, off: set[date]
) -> None:
    calendar, (start, later) = WorkingCalendar(off, settled=()), sorted(starts)

    due = calendar.add_working_days(start, days)

    assert start < due <= calendar.add_working_days(later, days)
    assert due < calendar.add_working_days(start, days + 1)


@given(days, st.sets(days, max_size=60))
def test_a_day_is_found_by_its_number(day: date, off: set[date]) -> None:
    calendar, ordinal = WorkingCalendar(off, settled=()), day.toordinal()

    found = calendar.day(calendar.number(ordinal))

    assert calendar.is_working(date.fromordinal(found))
    assert (found == ordinal) is calendar.is_working(day) is (day.weekday() < 5 and day not in off)


@pytest.mark.parametrize("year", [1, 1969, 2100, 9999])
def test_no_year_is_out_of_range(year: int) -> None:
    start = datetime(year, 12, 31, 23, 59, tzinfo=UTC)

    assert CALENDAR.add_working_days(start, 60).tzinfo is UTC
    assert CALENDAR.is_provisional(day_of(start), day_of(start))


def test_a_span_is_provisional_where_one_of_its_years_is() -> None:
    calendar = WorkingCalendar((), settled=[2026, 2028])
    first, last = date(2026, 1, 1).toordinal(), date(2026, 12, 31).toordinal()

    assert not calendar.is_provisional(first, last)
    assert calendar.is_provisional(first, last + 1)
    assert calendar.is_provisional(last, date(2028, 1, 1).toordinal())


def test_the_version_changes_with_a_day_off_or_a_settled_year() -> None:
    same = WorkingCalendar([date(2026, 3, 7), HOLIDAY, HOLIDAY], settled=[2026])  # a Saturday too
    others = [
        WorkingCalendar([date(2026, 3, 5)], settled=[2026]),
        WorkingCalendar([HOLIDAY], settled=[]),
    ]

    assert same.version == CALENDAR.version
    assert CALENDAR.version not in {other.version for other in others}


def corrections(*lines: str) -> CalendarCorrections:
    return parse_corrections("\n".join((",".join(COLUMNS), *lines)))


def refusal(*lines: str) -> list[str]:
    """Return what is said of each wrong line."""
    with pytest.raises(Misconfigured) as raised:
        corrections(*lines)
    first, *problems = str(raised.value).splitlines()
    assert first == "calendar is refused:"
    return [problem.strip() for problem in problems]


def test_lines_give_days_off_days_of_work_and_settled_years() -> None:
    found = corrections(
        "2026-07-09,off,an election", "2026-12-24,work,a decree", "2027,settled,SKB 3 Menteri"
    )

    assert found == CalendarCorrections(
        off=frozenset({date(2026, 7, 9)}),
        work=frozenset({date(2026, 12, 24)}),
        settled=frozenset({2027}),
    )


def test_a_file_without_a_line_corrects_nothing() -> None:
    assert corrections() == CalendarCorrections()


@pytest.mark.parametrize("day", ["", "2026", "09-07-2026", "2026-7-9", "20260709", "2026-W10-1"])
def test_what_is_no_day_is_refused(day: str) -> None:
    assert refusal(f"{day},off,a decree") == [
        f"line 2, column day: {day!r}; write a day, such as 2026-08-17"
    ]


def test_a_saturday_is_refused() -> None:
    assert refusal("2026-03-07,work,a decree") == [
        "line 2, column day: '2026-03-07';"
        " write a day from Monday to Friday; no other counts in any case"
    ]


@pytest.mark.parametrize("year", ["", "27", "0000", "2027-01-01"])
def test_what_is_no_year_is_refused(year: str) -> None:
    assert refusal(f"{year},settled,a decree") == [
        f"line 2, column day: {year!r}; write a year, such as 2027"
    ]


def test_a_day_twice_is_refused() -> None:
    assert refusal("2026-07-09,off,one", "2026-07-09,work,two") == [
        "line 3, column day: '2026-07-09'; write nothing twice; line 2 has it"
    ]


def test_an_unknown_kind_and_a_missing_reason_are_refused() -> None:
    assert refusal("2026-07-09,holiday,") == [
        "line 2, column kind: 'holiday'; write one of off, work, settled",
        "line 2, column because: ''; write the decree, or the reason, that an official can check",
    ]


def test_there_are_at_most_5000_corrections() -> None:
    first = date(2030, 1, 1)
    working = [first + timedelta(days=day) for day in range(2 * MOST)]
    lines = [f"{day},off,test" for day in working if day.weekday() < 5][: MOST + 1]

    assert len(corrections(*lines[:-1]).off) == MOST
    assert refusal(*lines) == ["line 1: '5001 lines'; write at most 5000"]

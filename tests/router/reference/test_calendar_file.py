"""The real calendar: Indonesian holidays and joint leave, and what an operator adds."""

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from services.router.domain.deadlines.working_calendar import WorkingCalendar
from services.router.reference.calendar_file import YEARS, load_calendar
from shared.errors import Misconfigured

WIB = timezone(timedelta(hours=7))


def wib(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=WIB)


def is_provisional(calendar: WorkingCalendar, year: int) -> bool:
    return calendar.is_provisional(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal())


def written(folder: Path, *lines: str) -> Path:
    path = folder / "calendar.csv"
    path.write_text("\n".join(("day,kind,because", *lines)))
    return path


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        # 18 and 19 March are Nyepi, 20 to 24 March Idul Fitri with its joint leave.
        (wib(3, 16, 10), 1, wib(3, 18)),
        (wib(3, 16, 10), 2, wib(3, 26)),
        (wib(3, 17, 10), 3, wib(3, 28)),
        (wib(8, 14, 10), 1, wib(8, 19)),  # over Independence Day, a Monday
        (wib(12, 23, 10), 1, wib(12, 29)),  # over Christmas and its joint leave
        (wib(12, 30, 10), 2, wib(1, 5, year=2027)),  # over New Year
        (wib(5, 13, 10), 14, wib(6, 10)),  # Ascension, Idul Adha, Waisak on a Sunday, Pancasila
    ],
)
def test_limits_of_2026_end_after_holidays_and_joint_leave(
    start: datetime, days: int, due: datetime
) -> None:
    assert load_calendar().add_working_days(start, days) == due


def test_2026_is_settled_and_years_with_estimates_or_without_joint_leave_are_not() -> None:
    calendar = load_calendar()

    assert [year for year in range(2015, 2027) if is_provisional(calendar, year)] == []
    assert all(is_provisional(calendar, year) for year in range(2028, 2036))


def test_outside_of_the_years_known_monday_to_friday_count_and_are_provisional() -> None:
    calendar, start = load_calendar(), datetime(YEARS.stop + 50, 1, 1, tzinfo=UTC)

    assert calendar.add_working_days(start, 5) - start < timedelta(days=8)
    assert is_provisional(calendar, start.year)


def test_an_operator_adds_and_removes_days(tmp_path: Path) -> None:
    path = written(tmp_path, "2026-12-22,off,an election", "2026-12-24,work,a decree")

    calendar = load_calendar(path)

    assert not calendar.is_working(date(2026, 12, 22))
    assert calendar.is_working(date(2026, 12, 24))
    assert calendar.add_working_days(wib(12, 21, 10), 2) == wib(12, 25)


def test_an_operator_settles_a_year(tmp_path: Path) -> None:
    calendar = load_calendar(written(tmp_path, "2028,settled,SKB 3 Menteri"))

    assert not is_provisional(calendar, 2028)
    assert is_provisional(calendar, 2029)


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"line 3, column day: '24 Dec'"):
        load_calendar(written(tmp_path, "2026-12-22,off,why", "24 Dec,off,why"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="give a file that can be read"):
        load_calendar(tmp_path / "none.csv")

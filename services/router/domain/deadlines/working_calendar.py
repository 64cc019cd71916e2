"""Working days (hari kerja) by the calendar of western Indonesia (WIB, UTC+7, which never shifts).

One rule for all limits: the day on which something starts does not count, day 1 is the first
working day after it, and a limit of n days ends at 24:00 WIB of day n. So 00:00 belongs to the day
that begins: what comes at that instant comes too late for the day before.

A day is its ordinal (1 is Monday, 1 January of year 1); no year is out of range.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

_DAY = timedelta(days=1)
# 00:00 WIB of 1 January 1970, as an instant and as a day.
_MIDNIGHT = datetime(1969, 12, 31, 17, tzinfo=UTC)
_ORDINAL = date(1970, 1, 1).toordinal()
_FIRST, _LAST = date.min.toordinal() + 1, date.max.toordinal() - 2  # instants that can be written


def day_of(instant: datetime) -> int:
    """Return the day in WIB that an instant, aware of its zone, lies in."""
    return (instant - _MIDNIGHT) // _DAY + _ORDINAL


def end_of(day: int) -> datetime:
    """Return 24:00 WIB of a day, as an instant in UTC."""
    return _MIDNIGHT + _DAY * (min(max(day, _FIRST), _LAST) + 1 - _ORDINAL)


class WorkingCalendar:
    """Monday to Friday without `days_off`; never changes.

    `settled` are the years whose days off are known for good; every other year is provisional.
    `version` is the first 12 hexadecimal digits of a SHA-256 over both.
    """

    def __init__(self, days_off: Iterable[date], *, settled: Iterable[int]) -> None:
        self._off = sorted({day.toordinal() for day in days_off if day.weekday() < 5})
        # The n-th working day comes after a day off where n reaches this number: the weekdays up
        # to that day, less the days off before it.
        self._passed = [_weekdays(day) - place for place, day in enumerate(self._off)]
        self._settled = frozenset(settled)
        known = f"{self._off} {sorted(self._settled)}"
        self.version = hashlib.sha256(known.encode()).hexdigest()[:12]

    def is_working(self, day: date) -> bool:
        """Tell whether people work on a day."""
        return self.number(day.toordinal()) > self.number(day.toordinal() - 1)

    def number(self, day: int) -> int:
        """Return how many working days there are up to a day, that day included."""
        return _weekdays(day) - bisect_right(self._off, day)

    def day(self, number: int) -> int:
        """Return the working day that is the `number`-th of all, as `number` counts them."""
        return _weekday(number + bisect_right(self._passed, number))

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """Return 24:00 WIB of the `days`-th (1, 2, 3 …) working day after the day of `start`."""
        return end_of(self.day(self.number(day_of(start)) + days))

    def is_provisional(self, first: int, last: int) -> bool:
        """Tell whether a year from the day `first` to the day `last` may still change."""
        years = range(_year(first), _year(last) + 1)
        return not self._settled.issuperset(years)


def _weekdays(day: int) -> int:
    """Return how many days from Monday to Friday there are up to a day, that day included."""
    weeks, rest = divmod(day - 1, 7)
    return 5 * weeks + min(rest + 1, 5)


def _weekday(number: int) -> int:
    """Return the `number`-th of all days from Monday to Friday."""
    weeks, rest = divmod(number - 1, 5)
    return 7 * weeks + rest + 1


def _year(day: int) -> int:
    return date.fromordinal(min(max(day, _FIRST), _LAST)).year

"""Periods of the league: days by the calendar of western Indonesia (WIB, UTC+7)."""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple

WIB = timezone(timedelta(hours=7), "WIB")  # Waktu Indonesia Barat; cohorts follow its calendar
FORMS = "YYYY, YYYYH1 or YYYYH2, YYYY-MM, YYYY-MM-DD, or two of them as FROM..TO"
_FORM = re.compile(
    r"(?P<year>2[0-9]{3})(?:H(?P<half>[12])|-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?",
    re.ASCII | re.IGNORECASE,
)


class InvalidPeriod(NamedTuple):
    """Why a text is no period: a stable code, and what to write instead."""

    code: str
    detail: str


class Period(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Return the instant at which the period begins."""
        return datetime.combine(self.first, time(), WIB)

    @property
    def ends(self) -> datetime:
        """Return the first instant after the period."""
        return datetime.combine(self.last + timedelta(days=1), time(), WIB)

    @property
    def months(self) -> tuple[str, str]:
        """Return the first and the last month that the period touches, as "YYYY-MM"."""
        return f"{self.first:%Y-%m}", f"{self.last:%Y-%m}"

    def __str__(self) -> str:
        """Return the shortest text that names this period."""
        year, month = f"{self.first:%Y}", f"{self.first:%Y-%m}"
        shorter = (year, f"{year}H1", f"{year}H2", month, f"{self.first}")
        return next((text for text in shorter if _span(text) == self), f"{self.first}..{self.last}")


def year_of(instant: datetime) -> Period:
    """Return the calendar year that an instant falls into."""
    year = instant.astimezone(WIB).year
    return Period(date(year, 1, 1), date(year, 12, 31))


def parse_period(text: str) -> Period | InvalidPeriod:
    """Return the period that `text` names, or why it names none; years 2000 to 2999."""
    first, _, last = text.partition("..")
    begins, ends = _span(first.strip()), _span(last.strip() if ".." in text else first.strip())
    if isinstance(begins, InvalidPeriod):
        return begins
    if isinstance(ends, InvalidPeriod):
        return ends
    if begins.first > ends.last:
        return InvalidPeriod("empty_period", "FROM is later than TO; write the earlier one first")
    return Period(begins.first, ends.last)


def _span(text: str) -> Period | InvalidPeriod:
    found = _FORM.fullmatch(text)
    if found is None:
        return InvalidPeriod("invalid_period", f"write {FORMS}; years from 2000 to 2999")
    year, half, month, day = found.groups()
    first = int(half) * 6 - 5 if half else int(month or 1)
    last = int(half) * 6 if half else int(month or 12)
    try:
        last_day = int(day) if day else monthrange(int(year), last)[1]
        return Period(date(int(year), first, int(day or 1)), date(int(year), last, last_day))
    except ValueError:
        return InvalidPeriod(
            "no_such_date", "the calendar has no such month or day; write " + FORMS
        )

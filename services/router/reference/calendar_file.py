"""The calendar of working days: the package `holidays`, and an operator's corrections to it.

A year is provisional where the package marks a holiday in it as estimated, or knows no joint leave
(cuti bersama) for it, until a line of the corrections says that it is settled.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from holidays import country_holidays
from holidays.constants import GOVERNMENT, PUBLIC

from services.router.domain.deadlines.calendar_corrections import (
    CalendarCorrections,
    parse_corrections,
)
from services.router.domain.deadlines.working_calendar import WorkingCalendar
from services.router.reference.data_file import read_text

# Outside of these years Monday to Friday count, and every year is provisional.
YEARS = range(2010, 2041)
_ESTIMATED = "(perkiraan)"


class _Published(NamedTuple):
    off: frozenset[date]
    settled: frozenset[int]


def load_calendar(path: Path | None = None) -> WorkingCalendar:
    """Return the calendar, corrected by the file if there is one.

    Raises:
        Misconfigured: the file is missing or wrong; the message names line and what to write.
    """
    published = _published()
    corrections = parse_corrections(read_text(path)) if path else CalendarCorrections()
    return WorkingCalendar(
        (published.off | corrections.off) - corrections.work,
        settled=published.settled | corrections.settled,
    )


@cache
def _published() -> _Published:
    """Return all public holidays and days of joint leave, and the years that are complete."""
    categories = (PUBLIC, GOVERNMENT)
    named = country_holidays("ID", categories=categories, language="id", years=YEARS)
    joint = country_holidays("ID", categories=(GOVERNMENT,), language="id", years=YEARS)
    estimated = {day.year for day, name in named.items() if _ESTIMATED in name}
    return _Published(frozenset(named), frozenset(day.year for day in joint) - estimated)

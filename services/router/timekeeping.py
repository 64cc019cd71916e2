"""The timekeeper that files tell: limits, the calendar with its corrections, who is above whom."""

from pathlib import Path

from services.router.calendar_file import load_calendar
from services.router.data_file import read_text
from services.router.domain.clocks import Clocks
from services.router.domain.directory import Directory
from services.router.domain.limits import Limits, parse_limits
from services.router.domain.timekeeper import UNTIMED, Timekeeper


def load_timekeeper(limits: Path | None, calendar: Path | None, directory: Directory) -> Timekeeper:
    """Return the timekeeper; without `limits` no clock ever rings.

    Raises:
        Misconfigured: a file is missing or wrong; the message names file, line and what to write.
    """
    parents = {one.code: one.parent for one in directory.institutions.values() if one.parent}
    return Timekeeper(Clocks(load_calendar(calendar), _limits(limits, directory)), parents)


def _limits(path: Path | None, directory: Directory) -> Limits:
    if path is None:
        return UNTIMED.clocks.limits
    return parse_limits(read_text(path), directory.institutions.keys())

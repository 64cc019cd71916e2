"""The timekeeper that files tell: limits, the calendar with its corrections, who is above whom."""

from collections.abc import Iterator
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
    parents = dict(_parents(directory))
    return Timekeeper(Clocks(load_calendar(calendar), _limits(limits, directory)), parents)


def _parents(directory: Directory) -> Iterator[tuple[str, str]]:
    # A closed one hears nothing more, and nobody is told of itself.
    for one in directory.institutions.values():
        above = directory.current(one.parent) if one.parent else None
        if above is not None and not above.closed and above.code != one.code:
            yield one.code, above.code


def _limits(path: Path | None, directory: Directory) -> Limits:
    if path is None:
        return UNTIMED.clocks.limits
    return parse_limits(read_text(path), directory.institutions.keys())

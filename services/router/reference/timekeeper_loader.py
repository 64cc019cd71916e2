"""The timekeeper that files tell: limits, the calendar with its corrections, who is above whom."""

from collections.abc import Iterator
from pathlib import Path

from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.domain.deadlines.deadline_calculator import DeadlineCalculator
from services.router.domain.deadlines.limits import LegalLimits, parse_limits
from services.router.domain.reference.directory import Directory
from services.router.reference.calendar_file import load_calendar
from services.router.reference.data_file import read_text
from shared.errors import Misconfigured

_REMEDY = "set ROUTER_SUPERVISOR to the code of an open institution, or leave it out"


def load_timekeeper(
    limits: Path | None,
    calendar: Path | None,
    directory: Directory,
    *,
    supervisor: str | None = None,
) -> Timekeeper:
    """Return the timekeeper; without `limits` no clock ever rings.

    Raises:
        Misconfigured: a file is missing or wrong; the message names file, line and what to write.
            Or nobody open in the directory answers for the code `supervisor`.
    """
    clocks = DeadlineCalculator(load_calendar(calendar), _limits(limits, directory))
    return Timekeeper(clocks, dict(_parents(directory)), _supervisor(supervisor, directory))


def _supervisor(code: str | None, directory: Directory) -> str | None:
    if code is None:
        return None
    if code not in directory.institutions:
        raise Misconfigured(f"supervisor {code[:60]!r} is not a code of the directory; {_REMEDY}")
    found = directory.current(code)
    if found.closed:
        raise Misconfigured(f"supervisor {code} is closed and has no successor; {_REMEDY}")
    return found.code


def _parents(directory: Directory) -> Iterator[tuple[str, str]]:
    # A closed one hears nothing more, and nobody is told of itself.
    for one in directory.institutions.values():
        above = directory.current(one.parent) if one.parent else None
        if above is not None and not above.closed and above.code != one.code:
            yield one.code, above.code


def _limits(path: Path | None, directory: Directory) -> LegalLimits:
    if path is None:
        return UNTIMED.clocks.limits
    return parse_limits(read_text(path), directory.institutions.keys())

"""The legal clocks as shipped, and cases for them: what happened to a complaint, step by step."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from services.router.domain.deadlines.deadline_calculator import DeadlineCalculator
from services.router.domain.deadlines.limits import parse_limits
from services.router.domain.deadlines.timers import HistoryEvent, TimerView
from services.router.reference.calendar_file import load_calendar
from services.router.settings import DATA
from shared.contracts.case import ReportType, Status
from shared.contracts.deadlines import Deadline, Level
from tests.support.builders import complaint_id

WIB = timezone(timedelta(hours=7))
TANGERANG, PUPR, BANTEN = "kab-3603", "kem-027", "prov-36"
LIMITS = (DATA / "limits.csv").read_text(encoding="utf-8")
CLOCKS = DeadlineCalculator(load_calendar(), parse_limits(LIMITS, frozenset()))
ROUTED, WORKING, WAITING = Status.ROUTED, Status.IN_PROGRESS, Status.POSTPONED
ID = complaint_id("one")
Step = tuple[datetime, str, Status, str | None]


def wib(month: int, day: int, hour: int = 0) -> datetime:
    """Return an instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=WIB)


MONDAY = wib(6, 8, 10)  # two weeks without a holiday but that of Tuesday, 16 June


def view(*steps: Step) -> TimerView:
    """Return the view of a complaint to which this happened."""
    moments = tuple(HistoryEvent(number, *step) for number, step in enumerate(steps, 1))
    return TimerView(ID, ReportType.COMPLAINT, moments)


def with_step(before: TimerView, *step: *Step) -> TimerView:
    moment = HistoryEvent(len(before.moments) + 1, *step)
    return replace(before, moments=(*before.moments, moment))


def with_edit(before: TimerView, at: datetime, outcome: str) -> TimerView:
    """Return the view after an entry that leaves the case where it was."""
    last = before.moments[-1]
    return with_step(before, at, outcome, last.status, last.institution)


def with_passed(before: TimerView, passed: Iterable[Deadline]) -> TimerView:
    """Return the view with these deadlines in its history, as the machine writes them."""
    for one in passed:
        last, closes = before.moments[-1], one.level is Level.CLOSE
        outcome = "auto_closed" if closes else "escalated"
        status = Status.COMPLETED if closes else last.status
        entry = HistoryEvent(last.seq + 1, one.due, outcome, status, last.institution, one)
        before = replace(before, moments=(*before.moments, entry))
    return before


TRIAGED = view((MONDAY, "triaged", Status.UNVERIFIED, None))
HELD = view((MONDAY, "routed", ROUTED, TANGERANG))
ANSWERED = with_step(HELD, wib(6, 9, 9), "followed_up", WORKING, TANGERANG)

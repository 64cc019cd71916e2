"""The legal clocks: which deadlines a case has ahead, and which have passed by an instant.

All follows from the history, the limits and the calendar; no clock on a wall is looked at. A
deadline has passed at `due` itself, for its day is over then. Each level of an armed clock passes
once and in order: what the history says of one settles it and those before it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from services.router.domain.deadlines.limits import LegalLimit, LegalLimits
from services.router.domain.deadlines.timers import CaseTimer, TimerView, case_timers
from services.router.domain.deadlines.working_calendar import WorkingCalendar, end_of
from shared.contracts.deadlines import Deadline, LegalClock, Level

_CLOCKS = tuple(LegalClock)
_LEVELS = tuple(Level)
_TO_THE_SUPERVISOR = ((Level.HOLDER, 0), (Level.PARENT, 1), (Level.SUPERVISOR, 2))
# The levels at and after a limit, and how many steps after it.
_LADDERS: Mapping[LegalClock, tuple[tuple[Level, int], ...]] = {
    LegalClock.ROUTE: ((Level.HOLDER, 0), (Level.SUPERVISOR, 1)),
    LegalClock.FIRST_FOLLOW_UP: _TO_THE_SUPERVISOR,
    LegalClock.RESOLVE: _TO_THE_SUPERVISOR,
    LegalClock.RESOLVE_INVESTIGATION: _TO_THE_SUPERVISOR,
    LegalClock.AUTO_CLOSE: ((Level.CLOSE, 0),),
}


class ClockReading(NamedTuple):
    """What a clock shows: armed by which entry and since when; not due while it stands still."""

    clock: LegalClock
    armed_by: int
    since: datetime
    due: datetime | None


class _DueStep(NamedTuple):
    """A deadline, in the order in which they pass: at the end of a day, the closing last."""

    day: int
    clock: int
    level: int
    armed: CaseTimer


@dataclass(frozen=True, slots=True)
class DeadlineCalculator:
    """The legal clocks under one calendar and one table of limits."""

    calendar: WorkingCalendar
    limits: LegalLimits

    @property
    def version(self) -> str:
        """Return what changes whenever a deadline may: times kept under another are stale."""
        return f"{self.calendar.version}-{self.limits.version}"

    def readings(self, view: TimerView) -> list[ClockReading]:
        """Return what each armed clock shows."""
        found = []
        for armed, limit in self._armed(view):
            day = self._day(armed, limit.days)
            due = None if day is None else end_of(day)
            found.append(ClockReading(limit.clock, armed.armed_by, armed.since, due))
        return found

    def pending(self, view: TimerView) -> list[Deadline]:
        """Return what will pass if nothing else happens, in order; nothing follows a closing."""
        return [self._deadline(ring) for ring in self._rings(view)]

    def next_due(self, view: TimerView) -> datetime | None:
        """Return when the next deadline passes, or None where none will."""
        rings = self._rings(view)
        return end_of(rings[0].day) if rings else None

    def settle_before(self, view: TimerView, instant: datetime) -> list[Deadline]:
        """Return what has passed by an instant and is not in the history, in order.

        These come before an input of that business time. The history with them gives none of
        them again, and for a later instant just those that would have followed.
        """
        rings = takewhile(lambda ring: end_of(ring.day) <= instant, self._rings(view))
        return [self._deadline(ring) for ring in rings]

    def _rings(self, view: TimerView) -> list[_DueStep]:
        settled = _settled(view)
        rings = sorted(
            ring
            for armed, limit in self._armed(view)
            for ring in self._ladder(armed, limit)
            if ring.level > settled.get((limit.clock, armed.armed_by), -1)
        )
        closing = next((place for place, one in enumerate(rings) if _is_closing(one)), len(rings))
        return rings[: closing + 1]

    def _armed(self, view: TimerView) -> Iterator[tuple[CaseTimer, LegalLimit]]:
        for armed in case_timers(view.moments):
            limit = self._limit(view, armed)
            if limit is not None:
                yield armed, limit

    def _limit(self, view: TimerView, armed: CaseTimer) -> LegalLimit | None:
        limit = None
        if view.investigation and armed.clock is LegalClock.RESOLVE:
            longer = LegalClock.RESOLVE_INVESTIGATION
            limit = self.limits.of(longer, view.type, armed.institution)
        return limit or self.limits.of(armed.clock, view.type, armed.institution)

    def _ladder(self, armed: CaseTimer, limit: LegalLimit) -> Iterator[_DueStep]:
        levels = [
            (level, limit.days + steps * limit.step) for level, steps in _LADDERS[limit.clock]
        ]
        if limit.warn:
            levels.insert(0, (Level.WARNING, limit.days - limit.warn))
        for level, days in levels:
            day = self._day(armed, days)
            if day is not None:
                yield _DueStep(day, _CLOCKS.index(limit.clock), _LEVELS.index(level), armed)

    def _day(self, armed: CaseTimer, days: int) -> int | None:
        """Return the `days`-th working day of a clock; None where it stands still before it."""
        for stretch in armed.stretches:
            start = self.calendar.number(stretch.after)
            if stretch.before is None:
                return self.calendar.day(start + days)
            counted = max(0, self.calendar.number(stretch.before - 1) - start)
            if days <= counted:
                return self.calendar.day(start + days)
            days -= counted
        return None

    def _deadline(self, ring: _DueStep) -> Deadline:
        return Deadline(
            clock=_CLOCKS[ring.clock],
            level=_LEVELS[ring.level],
            due=end_of(ring.day),
            armed_by=ring.armed.armed_by,
            provisional=self.calendar.is_provisional(ring.armed.stretches[0].after, ring.day),
        )


def _settled(view: TimerView) -> dict[tuple[LegalClock, int], int]:
    """Return the last level in the history of each armed clock."""
    passed = (moment.deadline for moment in view.moments if moment.deadline is not None)
    return {(one.clock, one.armed_by): _LEVELS.index(one.level) for one in passed}


def _is_closing(ring: _DueStep) -> bool:
    return _LEVELS[ring.level] is Level.CLOSE

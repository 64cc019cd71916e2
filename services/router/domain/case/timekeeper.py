"""Time passes for a case: what the legal clocks write into its history, and when they ring next."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from services.router.domain.case.history import HELD, answer_due
from services.router.domain.case.machine import deadline_passed
from services.router.domain.deadlines.deadline_calculator import DeadlineCalculator
from services.router.domain.deadlines.limits import LegalLimits
from services.router.domain.deadlines.timers import TimerView
from services.router.domain.deadlines.working_calendar import WorkingCalendar
from shared.contracts.case import Case, Outcome
from shared.contracts.deadlines import Deadline, LegalClock, Level

_ANSWER = frozenset({LegalClock.RESOLVE, LegalClock.RESOLVE_INVESTIGATION})


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """The legal clocks, of each institution the one above it, and the one above all of them."""

    clocks: DeadlineCalculator
    parents: Mapping[str, str]
    supervisor: str | None = None

    @property
    def version(self) -> str:
        """Return what changes whenever a deadline may."""
        return self.clocks.version

    def settled(self, case: Case, instant: datetime, provisioned: Set[str]) -> Case:
        """Return the case with an entry for each deadline that has passed by an instant.

        Of those above, the first that is `provisioned` is told: without a topic nobody hears.
        """
        for deadline in self.clocks.settle_before(TimerView.of(case), instant):
            told = self._told(case.last.institution, deadline.level, provisioned)
            case = case.with_entry(deadline_passed(case, deadline, told))
        return case

    def dated(self, case: Case) -> Case:
        """Return the case whose newest entry says by when to answer, where it set or moved that."""
        last = case.last
        if last.status not in HELD or last.outcome is Outcome.REFUSED:
            return case
        readings = self.clocks.readings(TimerView.of(case))
        due = next((one.due for one in readings if one.clock in _ANSWER), None)
        if due is None or due == answer_due(case):
            return case
        entry = last.model_copy(update={"due": due})
        return case.model_copy(update={"history": (*case.history[:-1], entry)})

    def last_passed(self, case: Case, instant: datetime) -> Deadline | None:
        """Return the last deadline that has passed and is not in the history, or None."""
        ahead = self.clocks.settle_before(TimerView.of(case), instant)
        return ahead[-1] if ahead else None

    def next_due(self, case: Case) -> datetime | None:
        """Return when the next deadline passes, or None where none will."""
        return self.clocks.next_due(TimerView.of(case))

    def _told(self, late: str | None, level: Level, provisioned: Set[str]) -> str | None:
        above = (code for code in self._above(late, level) if code != late and code in provisioned)
        return next(above, None)

    def _above(self, late: str | None, level: Level) -> tuple[str | None, ...]:
        match level:
            case Level.PARENT:
                parent = self.parents.get(late) if late is not None else None
                return parent, self.supervisor
            case Level.SUPERVISOR:
                return (self.supervisor,)
        return ()


# No limit is set: no clock ever rings.
UNTIMED = Timekeeper(
    DeadlineCalculator(WorkingCalendar((), settled=()), LegalLimits("none", ())),
    MappingProxyType({}),
)

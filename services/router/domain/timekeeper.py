"""Time passes for a case: what the legal clocks write into its history, and when they ring next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from services.router.domain.arming import View
from services.router.domain.calendar import WorkingCalendar
from services.router.domain.clocks import Clocks
from services.router.domain.limits import Limits
from services.router.domain.machine import passed
from shared.case import Case
from shared.deadline import Deadline, Level


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """The legal clocks, and of each institution the one above it, by its code."""

    clocks: Clocks
    parents: Mapping[str, str]

    @property
    def version(self) -> str:
        """Return what changes whenever a deadline may."""
        return self.clocks.version

    def settled(self, case: Case, instant: datetime) -> Case:
        """Return the case with an entry for each deadline that has passed by an instant."""
        for deadline in self.clocks.settle_before(View.of(case), instant):
            case = case.with_entry(passed(case, deadline, self._told(case, deadline)))
        return case

    def last_passed(self, case: Case, instant: datetime) -> Deadline | None:
        """Return the last deadline that has passed and is not in the history, or None."""
        ahead = self.clocks.settle_before(View.of(case), instant)
        return ahead[-1] if ahead else None

    def next_due(self, case: Case) -> datetime | None:
        """Return when the next deadline passes, or None where none will."""
        return self.clocks.next_due(View.of(case))

    def _told(self, case: Case, deadline: Deadline) -> str | None:
        if deadline.level is not Level.PARENT or case.last.institution is None:
            return None
        return self.parents.get(case.last.institution)


# No limit is set: no clock ever rings.
UNTIMED = Timekeeper(
    Clocks(WorkingCalendar((), settled=()), Limits("none", ())), MappingProxyType({})
)

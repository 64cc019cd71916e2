"""Which legal clocks a case's history has armed, and when they stand still.

Whoever gets the case gets its clocks: triage `route`, an institution `first_follow_up` and
`resolve`; so a transfer arms both for the next institution, and a reopened case `resolve`. Each
institution has its time once: while another has the case its clocks stand still, and where it comes
back they go on, from that very day. So no passing on, however often, gives anybody more. A
follow-up ends `first_follow_up` and arms `auto_close`; a further one, a reply or a supplement arms
`auto_close` anew, for it counts from the last word that anybody said. Nothing else resets a clock.
While a case is postponed its clocks stand still; once completed or archived it has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from services.router.domain.deadlines.working_calendar import day_of
from shared.contracts.case import Case, Entry, Outcome, ReportType, Status
from shared.contracts.deadlines import Deadline, LegalClock

_CLOSED = frozenset({Status.COMPLETED, Status.ARCHIVED})
_SAID_BY_REPORTER = frozenset({Outcome.REPLIED, Outcome.SUPPLEMENTED})


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """Of a history entry, what the clocks look at; `deadline` is one that passed here."""

    seq: int
    at: datetime
    outcome: str
    status: Status
    institution: str | None = None
    deadline: Deadline | None = None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the moment of a history entry."""
        return cls(
            seq=entry.seq,
            at=entry.at,
            outcome=entry.outcome,
            status=entry.status,
            institution=entry.institution,
            deadline=entry.deadline,
        )


@dataclass(frozen=True, slots=True)
class TimerView:
    """Of a case, what the clocks look at; `investigation`: it needs one (berkadar pengawasan).

    That is as its last entry has it: whoever says so changes how long the clock runs, not when it
    began.
    """

    complaint_id: UUID
    type: ReportType
    moments: tuple[HistoryEvent, ...]
    investigation: bool = False

    @classmethod
    def of(cls, case: Case) -> Self:
        """Return the view of a case."""
        complaint, moments = case.complaint, tuple(map(HistoryEvent.of, case.history))
        needs_one = bool(case.last.investigation)
        return cls(complaint.complaint_id, complaint.type, moments, needs_one)


@dataclass(frozen=True, slots=True)
class RunningInterval:
    """A time in which a clock runs: the working days after one day and before another count.

    So neither the day on which it starts counts nor the one on which it is made to stand still.
    """

    after: int
    before: int | None = None  # None: it still runs


@dataclass(frozen=True, slots=True)
class CaseTimer:
    """A clock, the history entry that armed it and when, whose it is, and when it ran."""

    clock: LegalClock
    armed_by: int
    since: datetime
    institution: str | None
    stretches: tuple[RunningInterval, ...]

    @property
    def is_running(self) -> bool:
        """Tell whether it does not stand still."""
        return self.stretches[-1].before is None

    def stopped(self, day: int) -> Self:
        """Return the clock as it stands still from a day on."""
        if not self.is_running:
            return self
        last = replace(self.stretches[-1], before=day)
        return replace(self, stretches=(*self.stretches[:-1], last))

    def resumed(self, day: int) -> Self:
        """Return the clock as it runs again after a day."""
        return (
            self
            if self.is_running
            else replace(self, stretches=(*self.stretches, RunningInterval(day)))
        )


def case_timers(moments: Iterable[HistoryEvent]) -> tuple[CaseTimer, ...]:
    """Return the clocks that are armed after these moments, in no order that matters."""
    walk = _Walk()
    for moment in moments:
        walk.see(moment)
    return tuple(walk.clocks.values())


class _Walk:
    """Goes through a history; time never runs backward in it."""

    def __init__(self) -> None:
        self.clocks: dict[LegalClock, CaseTimer] = {}
        self._at: datetime | None = None
        self._holder: str | None = None
        self._is_open = False
        self._former: dict[
            str, dict[LegalClock, CaseTimer]
        ] = {}  # as they stand at who had the case

    def see(self, moment: HistoryEvent) -> None:
        """Take in what happened next."""
        self._at = at = max(moment.at, self._at or moment.at)
        if moment.status in _CLOSED:
            self.clocks, self._former, self._is_open = {}, {}, False
            return
        if not self._is_open or moment.institution != self._holder:
            self._hand_over(moment, at)
        self._hear(moment, at)
        self._pause_or_resume(moment.status, day_of(at))

    def _hand_over(self, moment: HistoryEvent, at: datetime) -> None:
        self._lay_down(day_of(at))
        self._is_open, self._holder, self.clocks = True, moment.institution, {}
        if moment.institution is None:
            self._arm(LegalClock.ROUTE, moment, at)
        elif moment.institution in self._former:
            self._take_up(self._former.pop(moment.institution), day_of(at))
        else:
            self._arm(LegalClock.RESOLVE, moment, at)
            if moment.status is not Status.IN_PROGRESS:
                self._arm(LegalClock.FIRST_FOLLOW_UP, moment, at)

    def _lay_down(self, day: int) -> None:
        if self._holder is not None and self._is_open:
            # What was said last was said to another: no closing by silence goes on.
            mine = self.clocks.items()
            kept = {clock: armed for clock, armed in mine if clock is not LegalClock.AUTO_CLOSE}
            self._former[self._holder] = {c: armed.stopped(day) for c, armed in kept.items()}

    def _take_up(self, former: dict[LegalClock, CaseTimer], day: int) -> None:
        # The day itself counts: else a case that changes hands every day would be nobody's.
        self.clocks = {clock: armed.resumed(day - 1) for clock, armed in former.items()}

    def _hear(self, moment: HistoryEvent, at: datetime) -> None:
        if moment.outcome == Outcome.FOLLOWED_UP and moment.institution is not None:
            self.clocks.pop(LegalClock.FIRST_FOLLOW_UP, None)
            self._arm(LegalClock.AUTO_CLOSE, moment, at)
        elif moment.outcome in _SAID_BY_REPORTER and LegalClock.AUTO_CLOSE in self.clocks:
            self._arm(LegalClock.AUTO_CLOSE, moment, at)

    def _pause_or_resume(self, status: Status, day: int) -> None:
        for clock, armed in self.clocks.items():
            is_still = status is Status.POSTPONED
            self.clocks[clock] = armed.stopped(day) if is_still else armed.resumed(day)

    def _arm(self, clock: LegalClock, moment: HistoryEvent, at: datetime) -> None:
        stretches = (RunningInterval(day_of(at)),)
        self.clocks[clock] = CaseTimer(clock, moment.seq, at, moment.institution, stretches)

"""What a scenario is: cohorts of complaints with the same fate, and figures that must come out.

Counts of a cohort are whole numbers, so every figure is known exactly before anything is fed.
"""

from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from shared.contracts.case import InstitutionCode, Status
from shared.contracts.value_objects import Frozen, Instant

WIB = timezone(timedelta(hours=7), "WIB")


class Basis(StrEnum):
    """Where a figure comes from."""

    SEED = "seed"  # published
    ASSUMED = "assumed"  # made up, so that the published ones have surroundings


class Course(StrEnum):
    """What an institution does about a complaint until the scenario's end."""

    UNTOUCHED = "untouched"
    FOLLOWED_UP = "followed_up"
    COMPLETED = "completed"
    RETURNED = "returned"

    @property
    def status(self) -> Status:
        """Return the status that the case then has."""
        return _STATUS[self]


_STATUS = {
    Course.UNTOUCHED: Status.ROUTED,
    Course.FOLLOWED_UP: Status.IN_PROGRESS,
    Course.COMPLETED: Status.COMPLETED,
    Course.RETURNED: Status.POSTPONED,
}


class Measure(StrEnum):
    """What a figure measures, of one holder or of all of them together."""

    RECEIVED = "received"
    UNVERIFIED = "unverified"
    ROUTED = "routed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    POSTPONED = "postponed"
    FOLLOWED_UP = "followed_up"  # in progress or completed
    FOLLOW_UP_RATE = "follow_up_rate"  # per cent, two decimals, half up
    FOLLOW_UP_PERCENT = "follow_up_percent"  # per cent, whole, half up
    COMPLETION_RATE = "completion_rate"
    RANK = "rank"
    TRANSFERRED_IN = "transferred_in"
    TRANSFERRED_OUT = "transferred_out"
    LINES = "lines"  # that agree with the definition in every count


class Cohort(Frozen):
    """Complaints received from `first` to `last` (WIB, both included) that fare alike.

    `institution` answers for them at the end; `origin` had them first, where that is another.
    """

    institution: InstitutionCode
    category: str
    course: Course
    count: int
    first: date
    last: date
    unit: str | None = None
    origin: InstitutionCode | None = None


class Question(Frozen):
    """A table: of complaints received from `first` to `last`, by institution or by its units."""

    first: date
    last: date
    tier: str | None = None
    category: str | None = None
    institution: InstitutionCode | None = None
    by: str = "completion"

    def covers(self, cohort: Cohort) -> bool:
        """Tell whether a cohort was received in these days.

        Raises:
            ValueError: only a part of it was, so nobody knows how many.
        """
        if self.first <= cohort.first and cohort.last <= self.last:
            return True
        if cohort.last < self.first or self.last < cohort.first:
            return False
        raise ValueError(f"{self.first}..{self.last} cuts a cohort of {cohort.institution}")


class Figure(Frozen):
    """One number, as it must be at full size; `holder` None for all lines together."""

    name: str
    question: Question
    measure: Measure
    value: str
    basis: Basis
    holder: str | None = None


class Checkpoint(Frozen):
    """An instant at which the history is stopped and the figures are compared."""

    as_of: Instant
    figures: tuple[Figure, ...]


class Scenario(Frozen):
    """A whole history; `notes` say what is assumed and why. The last checkpoint is its end."""

    name: str
    title: str
    notes: tuple[str, ...]
    cohorts: tuple[Cohort, ...]
    checkpoints: tuple[Checkpoint, ...]

    @property
    def ends(self) -> datetime:
        """Return the instant up to which the history goes."""
        return self.checkpoints[-1].as_of

    @property
    def institutions(self) -> tuple[str, ...]:
        """Return every institution that takes part."""
        codes = {one.institution for one in self.cohorts}
        return tuple(sorted(codes | {one.origin for one in self.cohorts if one.origin}))

    @property
    def units(self) -> dict[str, list[str]]:
        """Return the units that take part, by institution: all of them are known by name."""
        found: dict[str, set[str]] = {}
        for one in self.cohorts:
            if one.unit is not None:
                found.setdefault(one.institution, set()).add(one.unit)
        return {code: sorted(units) for code, units in found.items()}

    @property
    def complaints(self) -> int:
        """Return how many complaints there are."""
        return sum(one.count for one in self.cohorts)

    def until(self, checkpoint: Checkpoint) -> tuple[Cohort, ...]:
        """Return the cohorts that have been received by then."""
        return tuple(one for one in self.cohorts if end_of(one.last) <= checkpoint.as_of)

    @model_validator(mode="after")
    def _uncut(self) -> Self:
        for checkpoint in self.checkpoints:
            for one in self.cohorts:
                if start_of(one.first) <= checkpoint.as_of < end_of(one.last):
                    raise ValueError(f"{checkpoint.as_of} cuts a cohort of {one.institution}")
        if self.cohorts and self.until(self.checkpoints[-1]) != self.cohorts:
            raise ValueError("a cohort is received after the scenario's end")
        return self


def start_of(day: date) -> datetime:
    """Return the first instant of a day (WIB)."""
    return datetime.combine(day, time(), WIB)


def end_of(day: date) -> datetime:
    """Return the last instant of a day (WIB), in whole seconds."""
    return start_of(day + timedelta(days=1)) - timedelta(seconds=1)

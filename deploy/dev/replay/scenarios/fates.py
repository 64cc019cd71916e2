"""Cohorts of one institution from a line of counts, received when their fate makes sense.

What is untouched came in the last ten days, what is in progress in the last thirty, everything
else at any time of the period: so the scenario's end finds few clocks that have run out.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from deploy.dev.replay.scenario import Cohort, Course

NEWEST, RECENT = timedelta(days=9), timedelta(days=29)
Days = tuple[date, date]


class Fate(NamedTuple):
    """How many complaints of an institution fared how."""

    completed: int
    in_progress: int = 0
    untouched: int = 0
    returned: int = 0


class Subject(NamedTuple):
    """Whose complaints, about what, and the unit that has them, if one is named."""

    institution: str
    category: str
    unit: str | None = None


def fared(subject: Subject, days: Days, fate: Fate) -> tuple[Cohort, ...]:
    """Return a cohort for each fate that any complaint had; the period must hold thirty days."""
    first, last = days
    received = {
        Course.COMPLETED: (fate.completed, first),
        Course.FOLLOWED_UP: (fate.in_progress, last - RECENT),
        Course.UNTOUCHED: (fate.untouched, last - NEWEST),
        Course.RETURNED: (fate.returned, first),
    }
    return tuple(
        cohort(subject, course, count, days=(max(since, first), last))
        for course, (count, since) in received.items()
        if count
    )


def cohort(
    subject: Subject, course: Course, count: int, *, days: Days, origin: str | None = None
) -> Cohort:
    """Return one cohort."""
    return Cohort(
        institution=subject.institution,
        category=subject.category,
        unit=subject.unit,
        course=course,
        count=count,
        first=days[0],
        last=days[1],
        origin=origin,
    )


def divided(count: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Return whole parts of a count in about these proportions; they sum to it exactly."""
    whole, ends, so_far = sum(weights), [0], 0
    for weight in weights:
        so_far += weight
        ends.append(count * so_far // whole)
    return tuple(end - start for start, end in pairwise(ends))

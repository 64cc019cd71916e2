"""Counts of the present state, kept by partition and month so that either can be renewed alone."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.case import Status

NONE = "none"  # the label of a missing institution (triage) or category
OTHER = "other"  # the label of all categories beyond the largest, and of what is no category
_SLUG = re.compile(r"[a-z]+(-[a-z]+)*")  # what the router's table of categories allows
_LONGEST = 40
Tally = Counter[tuple[str, Status]]


class Scope(NamedTuple):
    """What may be out of date: one month of a partition, or all of it (None)."""

    partition: int
    month: str | None = None


class Query(NamedTuple):
    """What to count anew in one go: a month over several partitions, or one partition whole."""

    partitions: tuple[int, ...]
    month: str | None = None

    @property
    def scopes(self) -> frozenset[Scope]:
        """Return what is up to date afterwards."""
        return frozenset(Scope(partition, self.month) for partition in self.partitions)


class Cell(NamedTuple):
    """How many facts agree in all these fields."""

    partition: int
    month: str
    institution: str | None
    category: str | None
    status: Status
    cases: int


class Counts:
    """Cases by institution and by category, summed over the partitions held."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int, str], tuple[Tally, Tally]] = {}
        self._totals: tuple[Tally, Tally] = (Counter(), Counter())

    def replace(self, scope: Scope, cells: Iterable[Cell]) -> None:
        """Put these cells, all of the scope's partition, in place of what was counted there."""
        for part in [part for part in self._parts if _covers(scope, part)]:
            self._remove(part)
        for part, tallies in _tallies(cells).items():
            self._parts[part] = tallies
            for total, tally in zip(self._totals, tallies, strict=True):
                total.update(tally)

    def keep(self, partitions: frozenset[int]) -> None:
        """Drop all other partitions: somebody else exports them now."""
        for part in [part for part in self._parts if part[0] not in partitions]:
            self._remove(part)

    def by_agency(self) -> dict[tuple[str, Status], int]:
        """Return cases by institution and status, all statuses of each institution that has any."""
        return _every_status(self._totals[0])

    def by_category(self, most: int) -> dict[tuple[str, Status], int]:
        """Return cases by category and status: the `most` largest, the rest as `other`."""
        sizes: Counter[str] = Counter()
        for (category, _), cases in self._totals[1].items():
            sizes[category] += cases
        ranked = sorted(sizes, key=lambda category: (-sizes[category], category))
        small = frozenset(ranked[most:])
        tally: Tally = Counter()
        for (category, status), cases in self._totals[1].items():
            tally[OTHER if category in small else category, status] += cases
        return _every_status(tally)

    def _remove(self, part: tuple[int, str]) -> None:
        for total, tally in zip(self._totals, self._parts.pop(part), strict=True):
            for key, cases in tally.items():
                total[key] -= cases
                if not total[key]:
                    del total[key]


def plan(stale: Iterable[Scope]) -> list[Query]:
    """Return the queries that renew all stale scopes, each short: whole partitions one by one."""
    scopes = set(stale)
    whole = {scope.partition for scope in scopes if scope.month is None}
    months: defaultdict[str, set[int]] = defaultdict(set)
    for partition, month in scopes:
        if month is not None and partition not in whole:
            months[month].add(partition)
    return [
        *(Query((partition,)) for partition in sorted(whole)),
        *(Query(tuple(sorted(months[month])), month) for month in sorted(months)),
    ]


def _covers(scope: Scope, part: tuple[int, str]) -> bool:
    return part[0] == scope.partition and scope.month in (None, part[1])


def _tallies(cells: Iterable[Cell]) -> Mapping[tuple[int, str], tuple[Tally, Tally]]:
    parts: defaultdict[tuple[int, str], tuple[Tally, Tally]] = defaultdict(
        lambda: (Counter(), Counter())
    )
    for cell in cells:
        agencies, categories = parts[cell.partition, cell.month]
        agencies[cell.institution or NONE, cell.status] += cell.cases
        categories[_label(cell.category), cell.status] += cell.cases
    return parts


def _label(category: str | None) -> str:
    # An officer may name a category in words of his own; those are no label.
    if category is None:
        return NONE
    return category if len(category) <= _LONGEST and _SLUG.fullmatch(category) else OTHER


def _every_status(tally: Tally) -> dict[tuple[str, Status], int]:
    labels = sorted({label for label, _ in tally})
    return {(label, status): tally[label, status] for label in labels for status in Status}

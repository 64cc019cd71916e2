"""Counts of the present state, kept by partition and month so that either can be renewed alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.metrics.domain.labels import NONE, OTHER, largest, name_or_other
from services.metrics.domain.misrouting import (
    DecisionVersions,
    RoutingCourse,
    bounded,
    course_of,
    latest,
    newest,
)
from services.metrics.domain.parts import PartitionedCounts, PartitionMonth, RecountScope
from services.metrics.domain.routing import Routing
from shared.contracts.case import Status
from shared.contracts.identifiers import CATEGORY, main_category

Labelled = tuple[str, Status]
Moved = tuple[str, str]  # an institution, `in` or `out`


class RecountQuery(NamedTuple):
    """What to count anew in one go: a month over several partitions, or one partition whole."""

    partitions: tuple[int, ...]
    month: str | None = None

    @property
    def scopes(self) -> frozenset[RecountScope]:
        """Return what is up to date afterwards."""
        return frozenset(RecountScope(partition, self.month) for partition in self.partitions)


class CountedFacts(NamedTuple):
    """How many facts agree in all these fields, and when the newest of them was received.

    `former` gave the cases up. `routing` is None for facts written before facts had it.
    """

    partition: int
    month: str
    institution: str | None
    category: str | None
    status: Status
    hops: int
    routing: Routing | None
    cases: int
    latest: datetime
    former: tuple[str, ...] = ()
    overdue: bool = False


class CaseCounts:
    """Cases by institution, by category and by course, summed over the partitions held."""

    def __init__(self) -> None:
        self._agencies: PartitionedCounts[Labelled] = PartitionedCounts()
        self._categories: PartitionedCounts[Labelled] = PartitionedCounts()
        self._moves: PartitionedCounts[Moved] = PartitionedCounts()
        self._overdue: PartitionedCounts[str] = PartitionedCounts()
        self._courses: PartitionedCounts[RoutingCourse] = PartitionedCounts()
        self._latest: dict[PartitionMonth, Mapping[DecisionVersions, datetime]] = {}

    def replace(self, scope: RecountScope, cells: Iterable[CountedFacts]) -> None:
        """Put these cells, all of the scope's partition, in place of what was counted there."""
        self._remove([part for part in self._latest if scope.covers(part)])
        parts: defaultdict[PartitionMonth, list[CountedFacts]] = defaultdict(list)
        for cell in cells:
            parts[PartitionMonth(cell.partition, cell.month)].append(cell)
        for part, found in parts.items():
            self._put(part, found)

    def keep(self, partitions: frozenset[int]) -> None:
        """Drop all other partitions: somebody else exports them now."""
        self._remove([part for part in self._latest if part.partition not in partitions])

    def by_agency(self) -> dict[Labelled, int]:
        """Return cases by institution and status, all statuses of each institution that has any."""
        return _every_status(self._agencies.total)

    def transferred(self) -> dict[Moved, int]:
        """Return the cases that each institution has from another, and those that it gave up."""
        agencies = {agency for agency, _ in self._agencies.total}
        agencies |= {agency for agency, _ in self._moves.total}
        ways = ("in", "out")
        return {(one, way): self._moves.total[one, way] for one in sorted(agencies) for way in ways}

    def overdue(self) -> dict[tuple[str], int]:
        """Return the cases that passed a deadline at the institution that holds them."""
        agencies = sorted({agency for agency, _ in self._agencies.total})
        return {(agency,): self._overdue.total[agency] for agency in agencies}

    def by_category(self, most: int) -> dict[Labelled, int]:
        """Return cases by main category and status: the `most` largest, the rest as `other`."""
        sizes: Counter[str] = Counter()
        for (category, _), cases in self._categories.total.items():
            sizes[category] += cases
        named = largest(sizes, most)
        tally: Counter[Labelled] = Counter()
        for (category, status), cases in self._categories.total.items():
            tally[category if category in named else OTHER, status] += cases
        return _every_status(tally)

    def courses(self, rules: int, versions: int) -> Counter[RoutingCourse]:
        """Return cases by course: the largest rules and the newest versions named, no others."""
        seen = latest(pair for one in self._latest.values() for pair in one.items())
        return bounded(self._courses.total, newest(seen, versions), rules)

    def _put(self, part: PartitionMonth, cells: Sequence[CountedFacts]) -> None:
        known = [(course_of(c.routing, c.hops), c) for c in cells if c.routing is not None]
        self._agencies.put(part, (((c.institution or NONE, c.status), c.cases) for c in cells))
        self._categories.put(part, (((_main(c.category), c.status), c.cases) for c in cells))
        self._moves.put(part, (move for c in cells for move in _moves(c)))
        self._overdue.put(part, ((c.institution or NONE, c.cases) for c in cells if c.overdue))
        self._courses.put(part, ((course, cell.cases) for course, cell in known))
        self._latest[part] = latest((course.origin.versions, cell.latest) for course, cell in known)

    def _remove(self, parts: Iterable[PartitionMonth]) -> None:
        for part in parts:
            self._agencies.remove(part)
            self._categories.remove(part)
            self._moves.remove(part)
            self._overdue.remove(part)
            self._courses.remove(part)
            del self._latest[part]


def plan(stale: Iterable[RecountScope]) -> list[RecountQuery]:
    """Return the queries that renew all stale scopes, each short: whole partitions one by one."""
    scopes = set(stale)
    whole = {scope.partition for scope in scopes if scope.month is None}
    months: defaultdict[str, set[int]] = defaultdict(set)
    for partition, month in scopes:
        if month is not None and partition not in whole:
            months[month].add(partition)
    return [
        *(RecountQuery((partition,)) for partition in sorted(whole)),
        *(RecountQuery(tuple(sorted(months[month])), month) for month in sorted(months)),
    ]


def _moves(cell: CountedFacts) -> Iterator[tuple[Moved, int]]:
    if cell.former:
        yield (cell.institution or NONE, "in"), cell.cases
    for code in cell.former:
        yield (code, "out"), cell.cases


def _main(category: str | None) -> str:
    # Facts of an earlier version may hold an officer's own words; those are no label.
    return main_category(name_or_other(category, CATEGORY))


def _every_status(tally: Mapping[Labelled, int]) -> dict[Labelled, int]:
    labels = sorted({label for label, _ in tally})
    return {(label, status): tally.get((label, status), 0) for label in labels for status in Status}

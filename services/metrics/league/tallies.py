"""Tallies of a period: what is counted for whoever holds the cases, an institution or a unit."""

from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from services.metrics.domain.progress import Holding
from services.metrics.league.ratios import Mean, Milliseconds, Share
from shared.contracts.case import Status
from shared.reference.units import OTHER_UNIT

_FOLLOWED_UP = (Status.IN_PROGRESS, Status.COMPLETED)
NOTHING = Mean(0, 0)
_NOT_ASKED = (Status.POSTPONED, Status.ARCHIVED)  # nothing that could be followed up


class FactGroup(NamedTuple):
    """Facts that agree in who has them, who gave them up, month and status; and what they sum to.

    `returned`, `overdue`, `reopened` and `misrouted` count cases, not times. Durations are from
    reception on, of those cases that have them.
    """

    institution: str | None
    unit: str | None
    former: tuple[str, ...]
    former_units: tuple[Holding, ...]
    month: str
    status: Status
    cases: int
    returned: int = 0
    overdue: int = 0
    reopened: int = 0
    misrouted: int = 0
    ratings: Mean = NOTHING
    route: tuple[Milliseconds, ...] = ()
    follow_up: tuple[Milliseconds, ...] = ()
    completion: tuple[Milliseconds, ...] = ()


@dataclass
class Tally:
    """The counts of one line of the league; every case is in the tally of its present holder.

    `transferred_out` counts cases of others: those that this holder had before.
    """

    statuses: Counter[Status] = field(default_factory=Counter)
    months: Counter[tuple[str, Status]] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    ratings: Mean = NOTHING
    route: list[Milliseconds] = field(default_factory=list)
    follow_up: list[Milliseconds] = field(default_factory=list)
    completion: list[Milliseconds] = field(default_factory=list)

    @property
    def received(self) -> int:
        """Return how many cases there are."""
        return self.statuses.total()

    @property
    def follow_up_share(self) -> Share:
        """Return (in progress + completed) / (received - postponed - archived)."""
        return Share(sum(self.statuses[status] for status in _FOLLOWED_UP), self._asked)

    @property
    def completion_share(self) -> Share:
        """Return completed / (received - postponed - archived)."""
        return Share(self.statuses[Status.COMPLETED], self._asked)

    @property
    def _asked(self) -> int:
        return self.received - sum(self.statuses[status] for status in _NOT_ASKED)

    def add(self, group: FactGroup, came_in: bool) -> None:
        """Add cases that this holder has; `came_in` from another."""
        self.statuses[group.status] += group.cases
        self.months[group.month, group.status] += group.cases
        self.numbers["transferred_in"] += group.cases * came_in
        for name in ("returned", "overdue", "reopened", "misrouted"):
            self.numbers[name] += getattr(group, name)
        self.ratings = _plus(self.ratings, group.ratings)
        self.route += group.route
        self.follow_up += group.follow_up
        self.completion += group.completion

    def add_all(self, other: Self) -> None:
        """Add another line."""
        self.statuses.update(other.statuses)
        self.months.update(other.months)
        self.numbers.update(other.numbers)
        self.ratings = _plus(self.ratings, other.ratings)
        self.route += other.route
        self.follow_up += other.follow_up
        self.completion += other.completion


Tallies = dict[str | None, Tally]  # None: whom nobody, or no unit, holds


def by_institution(groups: Iterable[FactGroup]) -> Tallies:
    """Return the tally of every institution, and that of the cases in triage under None."""
    tallies: Tallies = {}
    for group in groups:
        _of(tallies, group.institution).add(group, came_in=bool(group.former))
        for code in group.former:
            _of(tallies, code).numbers["transferred_out"] += group.cases
    return tallies


def by_unit(groups: Iterable[FactGroup], institution: str) -> Tallies:
    """Return the tally of every unit of an institution; what no unit has is under None.

    `groups` are those of cases that the institution has or had. A case counts as transferred out
    for each unit that had it and has it no longer, whoever has it now. What left before a unit was
    named counts as transferred out under None.
    """
    tallies: Tallies = {}
    for group in groups:
        units = {unit for code, unit in group.former_units if code == institution}
        if group.institution == institution:
            _of(tallies, group.unit).add(group, came_in=bool(group.former or units))
            units.discard(group.unit)
        elif not units:
            units = {None}
        for unit in units:
            _of(tallies, unit).numbers["transferred_out"] += group.cases
    return tallies


def shown_units(tallies: Tallies, known: Set[str], least: int) -> Tallies:
    """Return the tallies of units that may be shown; all others are summed under `OTHER_UNIT`.

    Shown is a known unit with at least `least` cases: of fewer, a line would tell whose they are.
    """
    shown: Tallies = {}
    for unit, tally in tallies.items():
        is_shown = unit is None or (unit in known and tally.received >= least)
        _of(shown, unit if is_shown else OTHER_UNIT).add_all(tally)
    return shown


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum."""
    found = Tally()
    for tally in tallies:
        found.add_all(tally)
    return found


def months_between(months: Iterable[str]) -> Iterator[str]:
    """Return every month from the first to the last of these, "YYYY-MM"."""
    known = sorted(months)
    if not known:
        return
    first, last = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (known[0], known[-1]))
    for number in range(first, last + 1):
        yield f"{number // 12:04}-{number % 12 + 1:02}"


def _of(tallies: Tallies, holder: str | None) -> Tally:
    return tallies.setdefault(holder, Tally())


def _plus(one: Mean, other: Mean) -> Mean:
    return Mean(one.total + other.total, one.number + other.number)

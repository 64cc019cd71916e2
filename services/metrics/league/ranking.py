"""The league table: who answers most of what people report, ranked by a rate.

A higher rate goes first, then more cases, then the code; rates are compared exactly, not as they
are printed. A line whose rate has the denominator 0 is unranked and comes last; so does that of
other units.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from services.metrics.domain.facts import Tier, tier_of
from services.metrics.league.ratios import Mean, Share, median_days
from services.metrics.league.tallies import Tallies, Tally, months_between, total
from shared.contracts.case import Status
from shared.reference.units import OTHER_UNIT


class RankingRate(StrEnum):
    """What ranks."""

    COMPLETION = "completion"
    FOLLOW_UP = "follow_up"


class TierChoice(StrEnum):
    """Which institutions are shown; `kabkota` is regencies and cities together."""

    MINISTRY = Tier.MINISTRY.value
    AGENCY = Tier.AGENCY.value
    STATE_COMPANY = Tier.STATE_COMPANY.value
    PROVINCE = Tier.PROVINCE.value
    REGENCY = Tier.REGENCY.value
    CITY = Tier.CITY.value
    LOCAL = "kabkota"

    @property
    def tiers(self) -> frozenset[Tier]:
        """Return the tiers that the choice stands for."""
        both = frozenset({Tier.REGENCY, Tier.CITY})
        return both if self is TierChoice.LOCAL else frozenset({Tier(self.value)})


class MonthlyTrend(NamedTuple):
    """Of the complaints received in a month, how many there are and how many are completed."""

    month: str
    received: int
    completed: int


class LeagueLine(NamedTuple):
    """One line of the table. `holder` is an institution or a unit; None for sums and triage."""

    holder: str | None
    rank: int | None
    received: int
    statuses: Mapping[Status, int]
    transferred_in: int
    transferred_out: int
    returned: int
    overdue: int
    reopened: int
    misrouted: int
    follow_up: Share
    completion: Share
    route_days: Decimal | None  # median from reception to the first institution
    follow_up_days: Decimal | None  # median from reception to the first follow-up
    completion_days: Decimal | None  # median from reception to the answer that stands
    satisfaction: Mean
    trend: tuple[MonthlyTrend, ...]

    def rate(self, by: RankingRate) -> Share:
        """Return the rate that is asked for."""
        return self.completion if by is RankingRate.COMPLETION else self.follow_up


class League(NamedTuple):
    """The ranked lines; what nobody holds, where it belongs to the table; and the sum of these."""

    lines: tuple[LeagueLine, ...]
    unassigned: LeagueLine | None
    totals: LeagueLine


class LeagueOrder(StrEnum):
    """In which order the lines are shown; ranks stay as they are."""

    RANK = "rank"
    NAME = "name"
    RECEIVED = "received"
    FOLLOW_UP = "follow_up"
    COMPLETION = "completion"
    ROUTE_DAYS = "route_days"
    FOLLOW_UP_DAYS = "follow_up_days"
    COMPLETION_DAYS = "completion_days"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    OVERDUE = "overdue"
    MISROUTED = "misrouted"
    SATISFACTION = "satisfaction"


_VALUES: Mapping[LeagueOrder, Callable[[LeagueLine], Fraction | Decimal | int | None]] = {
    LeagueOrder.RECEIVED: lambda line: line.received,
    LeagueOrder.FOLLOW_UP: lambda line: line.follow_up.exact,
    LeagueOrder.COMPLETION: lambda line: line.completion.exact,
    LeagueOrder.ROUTE_DAYS: lambda line: line.route_days,
    LeagueOrder.FOLLOW_UP_DAYS: lambda line: line.follow_up_days,
    LeagueOrder.COMPLETION_DAYS: lambda line: line.completion_days,
    LeagueOrder.TRANSFERRED: lambda line: line.transferred_in + line.transferred_out,
    LeagueOrder.RETURNED: lambda line: line.returned,
    LeagueOrder.OVERDUE: lambda line: line.overdue,
    LeagueOrder.MISROUTED: lambda line: line.misrouted,
    LeagueOrder.SATISFACTION: lambda line: line.satisfaction.value,
}
SHORTEST_FIRST = frozenset(
    {LeagueOrder.ROUTE_DAYS, LeagueOrder.FOLLOW_UP_DAYS, LeagueOrder.COMPLETION_DAYS}
)


def within(tallies: Tallies, tier: TierChoice | None) -> Tallies:
    """Return the institutions of a tier; without one all of them, and triage."""
    if tier is None:
        return tallies
    wanted = tier.tiers
    return {code: tally for code, tally in tallies.items() if tier_of(code) in wanted}


def league(tallies: Tallies, by: RankingRate) -> League:
    """Return the table of these holders, in the order of their ranks."""
    months = tuple(months_between(month for one in tallies.values() for month, _ in one.months))
    lines = [_line(code, one, months) for code, one in tallies.items() if code is not None]
    lines.sort(key=lambda line: _order(line, by))
    return League(
        lines=tuple(
            line._replace(rank=place if _is_ranked(line, by) else None)
            for place, line in enumerate(lines, start=1)
        ),
        unassigned=_line(None, tallies[None], months) if None in tallies else None,
        totals=_line(None, total(tallies.values()), months),
    )


def arranged(
    lines: Sequence[LeagueLine], sort: LeagueOrder, names: Callable[[str], str]
) -> list[LeagueLine]:
    """Return the lines, given by rank, in another order; what has no value comes last."""
    if sort is LeagueOrder.RANK:
        return list(lines)
    if sort is LeagueOrder.NAME:
        return sorted(lines, key=lambda line: names(line.holder or "").casefold())
    valued = [(value, line) for line in lines if (value := _VALUES[sort](line)) is not None]
    valued.sort(key=lambda pair: pair[0], reverse=sort not in SHORTEST_FIRST)
    shown = [line for _, line in valued]
    return shown + [line for line in lines if _VALUES[sort](line) is None]


def _is_ranked(line: LeagueLine, by: RankingRate) -> bool:
    return line.rate(by).denominator > 0 and line.holder != OTHER_UNIT


def _order(line: LeagueLine, by: RankingRate) -> tuple[bool, Fraction, int, str]:
    rate = line.rate(by).exact
    return not _is_ranked(line, by), -(rate or Fraction(0)), -line.received, line.holder or ""


def _line(holder: str | None, tally: Tally, months: Iterable[str]) -> LeagueLine:
    numbers = tally.numbers
    return LeagueLine(
        holder=holder,
        rank=None,
        received=tally.received,
        statuses={status: tally.statuses[status] for status in Status},
        transferred_in=numbers["transferred_in"],
        transferred_out=numbers["transferred_out"],
        returned=numbers["returned"],
        overdue=numbers["overdue"],
        reopened=numbers["reopened"],
        misrouted=numbers["misrouted"],
        follow_up=tally.follow_up_share,
        completion=tally.completion_share,
        route_days=median_days(tally.route),
        follow_up_days=median_days(tally.follow_up),
        completion_days=median_days(tally.completion),
        satisfaction=tally.ratings,
        trend=tuple(_month(month, tally) for month in months),
    )


def _month(month: str, tally: Tally) -> MonthlyTrend:
    received = sum(tally.months[month, status] for status in Status)
    return MonthlyTrend(month, received, tally.months[month, Status.COMPLETED])

"""The league as JSON."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from services.metrics.league.ranking import League, LeagueLine
from services.metrics.league.ratios import Share
from services.metrics.league.request import LeagueRequest


def as_json(
    league: League, request: LeagueRequest, *, as_of: str, name: Callable[[str], str]
) -> bytes:
    """Return the whole table; rates in per cent and days with two decimals, half up."""
    document = {
        "as_of": as_of,
        "period": {
            "name": str(request.period),
            "first": request.period.first,
            "last": request.period.last,
        },
        "institution": _holder(request.institution, name),
        "tier": request.tier,
        "category": request.category,
        "by": request.by,
        "lines": [_ranked(line, request, name) for line in league.lines],
        "unassigned": _counts(league.unassigned) if league.unassigned else None,
        "totals": _counts(league.totals),
    }
    return orjson.dumps(document, default=_number)


def _ranked(line: LeagueLine, request: LeagueRequest, name: Callable[[str], str]) -> dict[str, Any]:
    if request.institution is not None:
        return {"rank": line.rank, "unit": line.holder, **_counts(line)}
    return {"rank": line.rank, **(_holder(line.holder, name) or {}), **_counts(line)}


def _holder(code: str | None, name: Callable[[str], str]) -> dict[str, str] | None:
    return {"code": code, "name": name(code)} if code else None


def _counts(line: LeagueLine) -> dict[str, Any]:
    return {
        "received": line.received,
        "status": {status.value: cases for status, cases in line.statuses.items()},
        "follow_up": _share(line.follow_up),
        "completion": _share(line.completion),
        "transferred": {"in": line.transferred_in, "out": line.transferred_out},
        "returned": line.returned,
        "overdue": line.overdue,
        "reopened": line.reopened,
        "misrouted": line.misrouted,
        "median_days": {
            "route": line.route_days,
            "follow_up": line.follow_up_days,
            "completion": line.completion_days,
        },
        "satisfaction": {"mean": line.satisfaction.value, "ratings": line.satisfaction.number},
        "trend": [month._asdict() for month in line.trend],
    }


def _share(share: Share) -> dict[str, Any]:
    return {**share._asdict(), "percent": share.percent}


def _number(value: object) -> float:
    # The nearest binary number of two decimals is written as these two decimals again.
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)

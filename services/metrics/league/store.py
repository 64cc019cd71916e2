"""The groups of facts that a league table is made of: one aggregation a table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from services.metrics.domain.period import Period
from services.metrics.league.ratios import Mean
from services.metrics.league.tallies import FactGroup
from shared.contracts.case import Status
from shared.database.mongo import Collection

_MISROUTES = {"$add": ["$routing.transfers", "$routing.corrections"]}


def _cases_with(number: object) -> dict[str, Any]:
    # What an older fact lacks is no number, and so not greater than 0.
    return {"$sum": {"$cond": [{"$gt": [number, 0]}, 1, 0]}}


def _since_reception(instant: str) -> dict[str, Any]:
    return {"$push": {"$subtract": [instant, "$received_at"]}}


_KEY = {
    "institution": "$institution",
    "former": "$former",
    "month": "$month",
    "status": "$status",
}
_UNITS = {"unit": "$unit", "former_units": "$former_units"}
_SUMS = {
    "cases": {"$sum": 1},
    "returned": _cases_with("$returned"),
    "overdue": _cases_with("$overdue"),
    "reopened": _cases_with("$reopened"),
    "misrouted": _cases_with(_MISROUTES),
    "stars": {"$sum": "$rating"},
    "rated": _cases_with("$rating"),
    # All of them, since no accumulator that both databases know gives an exact median. One
    # document holds a month of one institution: 500,000 cases fit into its 16 MB.
    "route": _since_reception("$routed_at"),
    "follow_up": _since_reception("$first_follow_up_at"),
    "completion": _since_reception("$completed_at"),
}


class Cohort(NamedTuple):
    """Which facts a table is about; with `institution` those that it has or had, by unit."""

    period: Period
    category: str | None = None
    institution: str | None = None


class GroupStore(Protocol):
    """Groups facts."""

    async def groups(self, cohort: Cohort) -> list[FactGroup]:
        """Return the groups; DatabaseAway where the store is away or takes too long."""
        ...


class MongoGroups:
    """Reads the collection `facts`; whichever replica asks sees the facts of all partitions."""

    def __init__(self, collection: Collection, seconds: float) -> None:
        self._collection = collection
        self._milliseconds = int(seconds * 1000)

    async def groups(self, cohort: Cohort) -> list[FactGroup]:
        """Group the cohort's facts, in one aggregation, so that all lines are of one moment."""
        key = _KEY if cohort.institution is None else _KEY | _UNITS
        pipeline = [{"$match": _match(cohort)}, {"$group": {"_id": key, **_SUMS}}]
        found = await self._collection.aggregate(pipeline, within_ms=self._milliseconds)
        return [_group(document) for document in found]


def _match(cohort: Cohort) -> dict[str, Any]:
    first, last = cohort.period.months
    days: dict[str, datetime] = {"$gte": cohort.period.begins, "$lt": cohort.period.ends}
    # The month is what the indexes know; the instant cuts what does not begin or end with one.
    where: list[Mapping[str, Any]] = [{"month": {"$gte": first, "$lte": last}, "received_at": days}]
    if cohort.category is not None:
        where.append(_in_category(cohort.category))
    if (code := cohort.institution) is not None:
        where.append({"$or": [{"institution": code}, {"former": code}]})
    return {"$and": where}


def _in_category(category: str) -> dict[str, Any]:
    # `/` follows `.`: everything that begins with `roads.`
    below = {"category": {"$gte": f"{category}.", "$lt": f"{category}/"}}
    return {"$or": [{"category": category}, below]}


def _group(document: dict[str, Any]) -> FactGroup:
    key = document["_id"]
    return FactGroup(
        institution=key.get("institution"),
        unit=key.get("unit"),
        former=tuple(key.get("former") or ()),
        former_units=tuple((code, unit) for code, unit in key.get("former_units") or ()),
        month=key["month"],
        status=Status(key["status"]),
        cases=document["cases"],
        returned=document["returned"],
        overdue=document["overdue"],
        reopened=document["reopened"],
        misrouted=document["misrouted"],
        ratings=Mean(document["stars"], document["rated"]),
        route=_known(document["route"]),
        follow_up=_known(document["follow_up"]),
        completion=_known(document["completion"]),
    )


def _known(durations: list[int | None]) -> tuple[int, ...]:
    return tuple(duration for duration in durations if duration is not None)

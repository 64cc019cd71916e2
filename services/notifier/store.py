"""The notifier's rows and ladders in the database, and intake's endpoints, which it only reads.

A row may be changed by whoever holds its lease; every write here is guarded by that.
"""

from collections.abc import Collection as Group
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from pymongo import IndexModel, InsertOne, UpdateMany, UpdateOne

from services.notifier.domain.deliveries import FREE, NOBODY, Delivery, DeliveryState, Lease
from services.notifier.domain.ladder import Ladder, LaneState
from services.notifier.domain.outcomes import Outcome
from shared.endpoints import Endpoint
from shared.mongo import Collection

# Serves both questions: which endpoints have rows from these partitions, and which come first.
INDEXES = (
    IndexModel([("state", 1), ("source", 1), ("endpoint_id", 1), ("due", 1), ("offset", 1)]),
)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of one attempt; the row is nobody's afterwards."""

    delivery_id: str
    state: DeliveryState
    outcome: Outcome
    status: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """An endpoint with pending rows: when one may be taken at the earliest, and the last due."""

    endpoint_id: str
    agency: str
    until: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of one endpoint are asked for, by due time."""

    endpoint_id: str
    sources: Group[str]
    state: DeliveryState
    limit: int


class NotifierStore(Protocol):
    """What the notifier keeps; every method raises DatabaseAway if the outcome is not certain."""

    async def endpoints(self, agencies: Iterable[str]) -> dict[str, Endpoint]:
        """Return the present endpoint of each institution that has one."""
        ...

    async def insert(self, rows: Sequence[Delivery]) -> frozenset[str]:
        """Insert rows; return the ids that were there already and stayed as they were."""
        ...

    async def survey(
        self, sources: Group[str], *, but_not_of: str = NOBODY, skip: Group[str] = ()
    ) -> list[Found]:
        """Return the endpoints with pending rows from these partitions.

        Rows leased by `but_not_of` and the endpoints in `skip` are left out.
        """
        ...

    async def waiting(self, wanted: Wanted) -> list[Delivery]:
        """Return an endpoint's rows, first due first, leased or not."""
        ...

    async def claim(
        self, ids: Sequence[str], lease: Lease, *, state: DeliveryState, now: datetime
    ) -> frozenset[str]:
        """Lease rows that are in this state and free, or the owner's own; return which."""
        ...

    async def renew(self, ids: Sequence[str], lease: Lease) -> bool:
        """Prolong the owner's leases; return False where it has lost one."""
        ...

    async def release(self, sources: Group[str], owner: str, *, keep: Group[str]) -> None:
        """End the owner's leases on rows from these partitions, but for those in `keep`."""
        ...

    async def settle(self, owner: str, done: Sequence[Settlement], at: datetime) -> None:
        """Record attempts on rows that the owner holds."""
        ...

    async def park(self, endpoint_id: str, *, keep: Group[str] = ()) -> None:
        """Park an endpoint's pending rows, but for those in `keep`."""
        ...

    async def unpark(self, endpoint_id: str) -> None:
        """Make an endpoint's parked rows pending again; they keep their place."""
        ...

    async def ladders(self, also: Iterable[str] = ()) -> dict[str, tuple[str, Ladder]]:
        """Return agency and ladder of the endpoints not well, and of those in `also`."""
        ...

    async def save_ladder(self, endpoint_id: str, agency: str, ladder: Ladder) -> bool:
        """Keep a ladder in place of the version before it; False where that is not the newest."""
        ...


class MongoNotifierStore:
    """The collections `deliveries` and `lanes` (written) and `endpoints` (read)."""

    def __init__(self, deliveries: Collection, lanes: Collection, endpoints: Collection) -> None:
        self._deliveries = deliveries
        self._lanes = lanes
        self._endpoints = endpoints

    async def prepare(self) -> None:
        """Create the index that is missing."""
        await self._deliveries.ensure_indexes(INDEXES)

    async def endpoints(self, agencies: Iterable[str]) -> dict[str, Endpoint]:  # noqa: D102
        found = await self._endpoints.find({"_id": {"$in": sorted(agencies)}})
        return {doc["_id"]: Endpoint.model_validate(doc) for doc in found}

    async def insert(self, rows: Sequence[Delivery]) -> frozenset[str]:  # noqa: D102
        refused = await self._deliveries.write([InsertOne(_document(row)) for row in rows])
        return frozenset(rows[place].delivery_id for place in refused)

    async def survey(  # noqa: D102
        self, sources: Group[str], *, but_not_of: str = NOBODY, skip: Group[str] = ()
    ) -> list[Found]:
        where: dict[str, Any] = {"state": "pending", "source": {"$in": sorted(sources)}}
        if but_not_of != NOBODY:
            where["owner"] = {"$ne": but_not_of}
        if skip:
            where["endpoint_id"] = {"$nin": sorted(skip)}
        group = {
            "_id": "$endpoint_id",
            "agency": {"$first": "$agency"},
            "until": {"$min": "$until"},
            "due": {"$max": "$due"},
        }
        found = await self._deliveries.aggregate([{"$match": where}, {"$group": group}])
        return [Found(doc["_id"], doc["agency"], doc["until"], doc["due"]) for doc in found]

    async def waiting(self, wanted: Wanted) -> list[Delivery]:  # noqa: D102
        found = await self._deliveries.find(
            {
                "state": wanted.state.value,
                "source": {"$in": sorted(wanted.sources)},
                "endpoint_id": wanted.endpoint_id,
            },
            sort=[("due", 1), ("offset", 1)],
            limit=wanted.limit,
        )
        return [_delivery(document) for document in found]

    async def claim(  # noqa: D102
        self, ids: Sequence[str], lease: Lease, *, state: DeliveryState, now: datetime
    ) -> frozenset[str]:
        if not ids:
            return frozenset()
        free = [{"until": {"$lte": now}}, {"owner": lease.owner}]
        where = {"_id": {"$in": list(ids)}, "state": state.value, "$or": free}
        claimed = await self._deliveries.update(where, {"$set": asdict(lease)})
        if claimed == len(ids):
            return frozenset(ids)
        mine = {"_id": {"$in": list(ids)}, **asdict(lease)}
        return frozenset(doc["_id"] for doc in await self._deliveries.find(mine, fields=["_id"]))

    async def renew(self, ids: Sequence[str], lease: Lease) -> bool:  # noqa: D102
        where = {"_id": {"$in": list(ids)}, "owner": lease.owner}
        change = {"$set": {"until": lease.until}}
        return await self._deliveries.update(where, change) == len(ids)

    async def release(  # noqa: D102
        self, sources: Group[str], owner: str, *, keep: Group[str]
    ) -> None:
        where = {
            "state": {"$in": ["pending", "parked"]},
            "source": {"$in": sorted(sources)},
            "owner": owner,
            "_id": {"$nin": sorted(keep)},
        }
        await self._deliveries.update(where, {"$set": _NO_LEASE})

    async def settle(  # noqa: D102
        self, owner: str, done: Sequence[Settlement], at: datetime
    ) -> None:
        groups: dict[tuple[DeliveryState, Outcome, int | None], list[str]] = {}
        for one in done:
            groups.setdefault((one.state, one.outcome, one.status), []).append(one.delivery_id)
        await self._deliveries.write(
            [
                UpdateMany(
                    {"_id": {"$in": ids}, "owner": owner},
                    {
                        "$set": {
                            "state": state.value,
                            "last": {"outcome": outcome.value, "status": status, "at": at},
                            **_NO_LEASE,
                        },
                        "$inc": {"attempts": 1},
                    },
                )
                for (state, outcome, status), ids in groups.items()
            ]
        )

    async def park(self, endpoint_id: str, *, keep: Group[str] = ()) -> None:  # noqa: D102
        where = {"state": "pending", "endpoint_id": endpoint_id, "_id": {"$nin": sorted(keep)}}
        await self._deliveries.update(where, {"$set": {"state": "parked", **_NO_LEASE}})

    async def unpark(self, endpoint_id: str) -> None:  # noqa: D102
        where = {"state": "parked", "endpoint_id": endpoint_id}
        # A lease stays: it is the one under which the probe went out.
        await self._deliveries.update(where, {"$set": {"state": "pending"}})

    async def ladders(  # noqa: D102
        self, also: Iterable[str] = ()
    ) -> dict[str, tuple[str, Ladder]]:
        unwell = {"state": {"$ne": LaneState.OK.value}}
        found = await self._lanes.find({"$or": [unwell, {"_id": {"$in": sorted(also)}}]})
        return {doc["_id"]: (doc["agency"], Ladder.model_validate(doc)) for doc in found}

    async def save_ladder(  # noqa: D102
        self, endpoint_id: str, agency: str, ladder: Ladder
    ) -> bool:
        guard = {"_id": endpoint_id, "version": ladder.version - 1}
        document = {**ladder.model_dump(), "state": ladder.state.value, "agency": agency}
        stale = await self._lanes.write([UpdateOne(guard, {"$set": document}, upsert=True)])
        return not stale


_NO_LEASE = {"owner": NOBODY, "until": FREE}


def _document(row: Delivery) -> dict[str, Any]:
    document = asdict(row)
    document["_id"] = document.pop("delivery_id")
    document["state"] = row.state.value
    return document


def _delivery(document: dict[str, Any]) -> Delivery:
    document.pop("last", None)
    document["delivery_id"] = document.pop("_id")
    document["state"] = DeliveryState(document["state"])
    return Delivery(**document)

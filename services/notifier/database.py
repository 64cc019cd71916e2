"""The notifier's rows and ladders in MongoDB, and intake's endpoints, which it only reads.

A row may be changed by whoever holds its lease; every write here is guarded by that. The database
itself deletes a row when its `expires` has come.
"""

import logging
from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError
from pymongo import IndexModel, InsertOne, UpdateMany, UpdateOne

from services.notifier.documents import delivery_document, lane_document, last_attempt, to_delivery
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.deliveries import (
    CLOCKS_APART,
    DEFERRED,
    FREE,
    NOBODY,
    Delivery,
    Lease,
)
from services.notifier.domain.delivery.erasure import blanked_body
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.settings import NotifierSettings
from services.notifier.store import (
    DeferredComplaint,
    Endpoints,
    RowRequest,
    Settlement,
    WaitingEndpoint,
)
from shared.contracts.deliveries import (
    DeliveryState,
    LaneState,
)
from shared.contracts.subscriptions import Subscription
from shared.contracts.value_objects import Frozen
from shared.database.mongo import Collection

log = logging.getLogger(__name__)
Kept = TypeVar("Kept", bound=Frozen)
SETTLED = (DeliveryState.DELIVERED, DeliveryState.REJECTED)
INDEXES = (
    # Serves both questions: which endpoints have rows from these partitions, and which come first.
    IndexModel([("state", 1), ("source", 1), ("endpoint_id", 1), ("due", 1), ("offset", 1)]),
    IndexModel([("agency", 1), ("created", -1), ("_id", -1)]),  # the log that institutions read
    IndexModel([("agency", 1), ("state", 1), ("created", -1), ("_id", -1)]),  # … of one state
    IndexModel([("complaint_id", 1)]),  # to blank the rows of an erased complaint
    IndexModel([("expires", 1)], expireAfterSeconds=0),
)


@dataclass(frozen=True, slots=True)
class DeliveryRetention:
    """How long rows stay: settled ones since then, all others since they came."""

    settled: timedelta = timedelta(days=90)
    waiting: timedelta = timedelta(days=365)


def delivery_retention(settings: NotifierSettings) -> DeliveryRetention:
    """Return how long rows stay by the settings."""
    return DeliveryRetention(
        timedelta(days=settings.settled_days), timedelta(days=settings.waiting_days)
    )


class MongoNotifierStore:
    """The collections `deliveries` and `lanes` (written) and `endpoints` (read)."""

    def __init__(
        self,
        deliveries: Collection,
        lanes: Collection,
        endpoints: Collection,
        *,
        keeping: DeliveryRetention = DeliveryRetention(),
    ) -> None:
        self._keeping = keeping
        self._deliveries = deliveries
        self._lanes = lanes
        self._endpoints = endpoints
        self._odd: set[str] = set()  # ladders that could not be read when last looked at

    async def prepare(self) -> None:
        """Create the indexes that are missing."""
        await self._deliveries.ensure_indexes(INDEXES)

    async def endpoints(self, agencies: Iterable[str]) -> Endpoints:
        found = await self._endpoints.find({"_id": {"$in": sorted(agencies)}})
        read = {doc["_id"]: _read(Subscription, doc) for doc in found}
        return {agency: one.endpoints if one else None for agency, one in read.items()}

    async def insert(self, rows: Sequence[Delivery]) -> frozenset[str]:
        waiting = self._keeping.waiting
        documents = [delivery_document(row, row.created + waiting) for row in rows]
        refused = await self._deliveries.write([InsertOne(dict(one)) for one in documents])
        return frozenset(rows[place].delivery_id for place in refused)

    async def blank(self, complaints: Group[UUID]) -> None:
        # Without the guard of leases: it changes what is said, not who says it.
        # Again until none is left: a row may be moved, words and all, between look and write.
        while writes := await self._blanking(complaints):
            await self._deliveries.write(writes)

    async def _blanking(self, complaints: Group[UUID]) -> list[UpdateOne]:
        where = {"complaint_id": {"$in": list(complaints)}}
        found = await self._deliveries.find(where, fields=("body",))
        bodies = {one["_id"]: (one["body"], blanked_body(one["body"])) for one in found}
        return [
            UpdateOne({"_id": key}, {"$set": {"body": new}})
            for key, (old, new) in bodies.items()
            if new != old
        ]

    async def survey(
        self, sources: Group[str], *, but_not_of: str = NOBODY, skip: Group[str] = ()
    ) -> list[WaitingEndpoint]:
        where: dict[str, Any] = {"state": "pending", "source": {"$in": sorted(sources)}}
        where["owner"] = {"$nin": [DEFERRED, *([but_not_of] if but_not_of != NOBODY else [])]}
        if skip:
            where["endpoint_id"] = {"$nin": sorted(skip)}
        group = {
            "_id": "$endpoint_id",
            "agency": {"$first": "$agency"},
            "until": {"$min": "$until"},
            "due": {"$max": "$due"},
        }
        found = await self._deliveries.aggregate([{"$match": where}, {"$group": group}])
        return [
            WaitingEndpoint(doc["_id"], doc["agency"], doc["until"], doc["due"]) for doc in found
        ]

    async def deferred(self, sources: Group[str]) -> list[DeferredComplaint]:
        where = {"state": "pending", "source": {"$in": sorted(sources)}, "owner": DEFERRED}
        fields = ("endpoint_id", "agency", "complaint_id", "until")
        found = await self._deliveries.find(where, fields=fields)
        return [DeferredComplaint(*(doc[name] for name in fields)) for doc in found]

    async def waiting(self, wanted: RowRequest) -> list[Delivery]:
        where: dict[str, Any] = {
            "state": wanted.state.value,
            "source": {"$in": sorted(wanted.sources)},
            "endpoint_id": wanted.endpoint_id,
        }
        if wanted.skip:
            where["complaint_id"] = {"$nin": list(wanted.skip)}
        found = await self._deliveries.find(
            where,
            sort=[("due", 1), ("offset", 1)],
            limit=wanted.limit,
        )
        return [to_delivery(document) for document in found]

    async def claim(
        self, ids: Sequence[str], lease: Lease, *, state: DeliveryState, now: datetime
    ) -> frozenset[str]:
        if not ids:
            return frozenset()
        disbelieved = {"until": {"$gt": lease.until + CLOCKS_APART}, "owner": {"$ne": DEFERRED}}
        free = [{"until": {"$lte": now}}, {"owner": lease.owner}, disbelieved]
        where = {"_id": {"$in": list(ids)}, "state": state.value, "$or": free}
        claimed = await self._deliveries.update(where, {"$set": asdict(lease)})
        if claimed == len(ids):
            return frozenset(ids)
        mine = {"_id": {"$in": list(ids)}, "state": state.value, **asdict(lease)}
        return frozenset(doc["_id"] for doc in await self._deliveries.find(mine, fields=["_id"]))

    async def renew(self, ids: Sequence[str], lease: Lease) -> bool:
        where = {"_id": {"$in": list(ids)}, "owner": lease.owner}
        change = {"$set": {"until": lease.until}}
        return await self._deliveries.update(where, change) == len(ids)

    async def release(self, sources: Group[str], owner: str, *, keep: Group[str]) -> None:
        where = {
            "state": {"$in": ["pending", "parked"]},
            "source": {"$in": sorted(sources)},
            "owner": owner,
            "_id": {"$nin": sorted(keep)},
        }
        await self._deliveries.update(where, {"$set": _NO_LEASE})

    async def settle(self, owner: str, done: Sequence[Settlement], at: datetime) -> None:
        groups: dict[
            tuple[DeliveryState, DeliveryOutcome, int | None, datetime | None], list[str]
        ] = {}
        for one in done:
            alike = (one.state, one.outcome, one.status, one.until)
            groups.setdefault(alike, []).append(one.delivery_id)
        await self._deliveries.write(
            [
                UpdateMany(
                    {"_id": {"$in": ids}, "owner": owner},
                    {
                        "$set": {
                            "state": state.value,
                            "last": last_attempt(outcome, status, at),
                            **({"expires": at + self._keeping.settled} if state in SETTLED else {}),
                            **({"owner": DEFERRED, "until": until} if until else _NO_LEASE),
                        },
                        "$inc": {"attempts": 1},
                    },
                )
                for (state, outcome, status, until), ids in groups.items()
            ]
        )

    async def park(self, endpoint_id: str, *, keep: Group[str] = ()) -> None:
        where = {"state": "pending", "endpoint_id": endpoint_id, "_id": {"$nin": sorted(keep)}}
        await self._deliveries.update(where, {"$set": {"state": "parked", **_NO_LEASE}})

    async def unpark(self, endpoint_id: str) -> None:
        where = {"state": "parked", "endpoint_id": endpoint_id}
        # A lease stays: it is the one under which the probe went out.
        await self._deliveries.update(where, {"$set": {"state": "pending"}})

    async def ladders(self, also: Iterable[str] = ()) -> dict[str, tuple[str, CircuitState]]:
        unwell = {"state": {"$ne": LaneState.OK.value}}
        found = await self._lanes.find({"$or": [unwell, {"_id": {"$in": sorted(also)}}]})
        return {doc["_id"]: (str(doc.get("agency", "")), self._ladder(doc)) for doc in found}

    def _ladder(self, document: Mapping[str, Any]) -> CircuitState:
        """Return a ladder; of an odd one the version alone, so that it can be replaced."""
        endpoint_id = document["_id"]
        if ladder := _read(CircuitState, document):
            self._odd.discard(endpoint_id)
            return ladder
        if endpoint_id not in self._odd:  # said once, not at every scan
            log.error("ladder %s cannot be read", endpoint_id)
            self._odd.add(endpoint_id)
        version = document.get("version")
        return CircuitState(version=version if isinstance(version, int) else 0)

    async def save_ladder(self, endpoint_id: str, agency: str, ladder: CircuitState) -> bool:
        known = [{"version": ladder.version - 1}, {"version": _NO_VERSION}]
        guard = {"_id": endpoint_id, "$or": known}
        change = {"$set": lane_document(ladder, agency)}
        stale = await self._lanes.write([UpdateOne(guard, change, upsert=True)])
        return not stale


_NO_LEASE = {"owner": NOBODY, "until": FREE}
_NO_VERSION = {"$not": {"$type": ["int", "long"]}}  # nobody can have read one: any write mends it


def _read(kind: type[Kept], document: Mapping[str, Any]) -> Kept | None:
    """Return what a document holds; None where it cannot be read, which holds up no other."""
    try:
        return kind.model_validate(document)
    except ValidationError:
        return None  # the error quotes secrets: nobody may see it

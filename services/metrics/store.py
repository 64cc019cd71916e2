"""Facts in MongoDB, written under a guard on `seq`: an older event never overwrites a newer."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from pymongo import ASCENDING, IndexModel, UpdateOne

from services.metrics.domain.counts import CountedFacts, RecountQuery
from services.metrics.domain.facts import Fact
from services.metrics.domain.routing import Routing
from shared.contracts.case import Status
from shared.database.mongo import Collection

# For counting a whole partition, and a month over all partitions held or over the country; for
# the units of one institution, the cases that it has and those that it had.
_ORDERS = (
    ("partition", "month"),
    ("month", "partition"),
    ("institution", "month"),
    ("former", "month"),
)
INDEXES = tuple(IndexModel([(field, ASCENDING) for field in order]) for order in _ORDERS)
_GROUP = {
    "$group": {
        "_id": {
            "partition": "$partition",
            "month": "$month",
            "institution": "$institution",
            "category": "$category",
            "status": "$status",
            "hops": "$hops",
            "routing": "$routing",
            "former": "$former",
            "overdue": {"$gt": ["$overdue", 0]},
        },
        "cases": {"$sum": 1},
        "latest": {"$max": "$received_at"},
    }
}


class FactStore(Protocol):
    """Keeps facts and counts them."""

    async def prepare(self) -> None:
        """Make ready for use; DatabaseAway if the store is away."""
        ...

    async def save(self, facts: Sequence[Fact]) -> frozenset[UUID]:
        """Write one fact per complaint; return the complaints already known as new or newer."""
        ...

    async def count(self, query: RecountQuery) -> list[CountedFacts]:
        """Return how many facts agree in all that a `CountedFacts` tells."""
        ...


class MongoFacts:
    """The collection `facts`; its only writer is metrics."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.ensure_indexes(INDEXES)

    async def save(self, facts: Sequence[Fact]) -> frozenset[UUID]:
        """Write in one bulk; a stale guard shows as a duplicate key."""
        stale = await self._collection.write([_write(fact) for fact in facts])
        return frozenset(facts[place].complaint_id for place in stale)

    async def count(self, query: RecountQuery) -> list[CountedFacts]:
        """Group the facts of the query's partitions and month."""
        where: dict[str, Any] = {"partition": {"$in": list(query.partitions)}}
        if query.month is not None:
            where["month"] = query.month
        found = await self._collection.aggregate([{"$match": where}, _GROUP])
        return [_cell(document) for document in found]


def document_of(fact: Fact) -> dict[str, Any]:
    """Return the whole of what is stored of a fact, but its `_id`."""
    return fact.model_dump(exclude={"complaint_id"})


def _write(fact: Fact) -> UpdateOne:
    guard = {"_id": fact.complaint_id, "seq": {"$lt": fact.seq}}
    return UpdateOne(guard, {"$set": document_of(fact)}, upsert=True)


def _cell(document: dict[str, Any]) -> CountedFacts:
    group = document["_id"]
    return CountedFacts(
        partition=group["partition"],
        month=group["month"],
        institution=group.get("institution"),
        category=group.get("category"),
        status=Status(group["status"]),
        hops=group["hops"],
        routing=Routing.model_validate(group["routing"]) if group.get("routing") else None,
        cases=document["cases"],
        latest=document["latest"],
        former=tuple(group["former"]),
        overdue=group["overdue"],
    )

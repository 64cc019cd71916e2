"""What senders of dropped actions are told, kept for intake to read."""

from collections.abc import Sequence
from typing import Protocol

from pymongo import IndexModel, ReplaceOne

from shared.contracts.refused_actions import RefusedAction
from shared.database.mongo import Collection
from shared.runtime.clock import Clock

INDEXES = (IndexModel("expires_at", expireAfterSeconds=0),)


class RefusalStore(Protocol):
    """Keeps why actions were dropped."""

    async def keep(self, refused: Sequence[RefusedAction]) -> None:
        """Keep all, each under its action's id; DatabaseAway if that is not certain."""
        ...


class MongoRefusals:
    """The collection `refusals`; its only writer is the router. The database ends each row."""

    def __init__(self, collection: Collection, clock: Clock) -> None:
        self._collection = collection
        self._clock = clock

    async def prepare(self) -> None:
        """Create the index."""
        await self._collection.ensure_indexes(INDEXES)

    async def keep(self, refused: Sequence[RefusedAction]) -> None:
        """Write in one bulk; what comes twice is one row."""
        now = self._clock.now()
        documents = [one.document(now) for one in refused]
        await self._collection.write([ReplaceOne({"_id": d["_id"]}, d, True) for d in documents])

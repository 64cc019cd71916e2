"""Which input a case has grown by last: a field beside every case, under one index.

An input is read again until its offset is committed, and its case said again with it. Only where
Kafka deletes it before that does this field tell which cases nobody may have said.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from pymongo import IndexModel

from shared.database.mongo import Collection

POSITION = "position"  # the router's own: nobody else reads it
_PARTITION, _OFFSET = f"{POSITION}.partition", f"{POSITION}.offset"
POSITION_INDEX = IndexModel([(_PARTITION, 1), (_OFFSET, 1)], sparse=True)


class InputPosition(NamedTuple):
    """Where an input lies in `complaint-input`."""

    partition: int
    offset: int


class WrittenCases(Protocol):
    """Finds cases by their last input; DatabaseAway where the store is away."""

    async def written_since(self, position: InputPosition) -> Sequence[UUID]:
        """Return the cases that grew by this input or a later one of its partition, in order."""
        ...


class MongoWrittenCases:
    """The field `position` of the collection `cases`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def written_since(self, position: InputPosition) -> list[UUID]:
        """Read the index in order."""
        where = {_PARTITION: position.partition, _OFFSET: {"$gte": position.offset}}
        found = await self._collection.find(where, fields=("_id",), sort=[(_OFFSET, 1)])
        return [one["_id"] for one in found]


def positioned(position: InputPosition | None) -> dict[str, Any]:
    """Return the field for a document; nothing for a case that grew by no input."""
    return {POSITION: position._asdict()} if position else {}

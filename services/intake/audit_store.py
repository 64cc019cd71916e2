"""The audit of who read whose identity, in the database.

Rows are added and never changed; the database removes them when their time is over.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from pymongo import IndexModel

from services.intake.domain.cursors import Position
from services.intake.domain.reading import AuditQuery, IdentityRead
from shared.collections import AUDIT
from shared.component import Component
from shared.mongo import Mongo

Document = dict[str, Any]
MOST_SECONDS = 5.0  # for one page
_FILTERS = ("number", "agency", "key_id", "purpose", "outcome")

INDEXES = (
    # Each row has its own end, so that another setting needs no other index.
    IndexModel("expires_at", expireAfterSeconds=0),
    IndexModel([("at", -1), ("_id", -1)]),
    IndexModel([("number", 1), ("at", -1)]),
)


class AuditStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def add_read(self, read: IdentityRead) -> None:
        """Keep the row of a read; when this returns it is safe."""
        ...

    async def reads(self, query: AuditQuery, *, after: Position | None) -> Sequence[IdentityRead]:
        """Return reads, newest first: a page and one row more."""
        ...


class MongoAudit(Component):
    """The collection `audit`."""

    def __init__(self, mongo: Mongo, *, days: int) -> None:
        self._audit = mongo.private(AUDIT)
        self._kept = timedelta(days=days)

    async def start(self) -> None:
        """Create the indexes; DatabaseAway if the database does not answer."""
        await self._audit.ensure_indexes(INDEXES)

    async def add_read(self, read: IdentityRead) -> None:
        """Keep the row of a read, acknowledged by a majority and journaled."""
        row = read.model_dump(exclude={"id"}, exclude_none=True)
        plain = {name: getattr(value, "value", value) for name, value in row.items()}
        await self._audit.insert({"_id": read.id, **plain, "expires_at": read.at + self._kept})

    async def reads(self, query: AuditQuery, *, after: Position | None) -> Sequence[IdentityRead]:
        """Return a page by the index of times."""
        found = await self._audit.find(
            _where(query, after),
            sort=(("at", -1), ("_id", -1)),
            limit=query.limit + 1,
            most_seconds=MOST_SECONDS,
        )
        return [IdentityRead.model_validate({**row, "id": row["_id"]}) for row in found]


def _where(query: AuditQuery, after: Position | None) -> Document:
    given = query.model_dump(mode="json", include=set(_FILTERS), exclude_none=True)
    parts: list[Document] = [{name: value} for name, value in given.items()]
    if query.since is not None:
        parts.append({"at": {"$gte": query.since}})
    if query.until is not None:
        parts.append({"at": {"$lt": query.until}})
    if after is not None:
        same = {"at": after.at, "_id": {"$lt": after.complaint_id}}
        parts += [{"at": {"$lte": after.at}}, {"$or": [{"at": {"$lt": after.at}}, same]}]
    return {"$and": parts} if parts else {}

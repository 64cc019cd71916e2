"""The ledger of erasures in the database, and the identities that must not come back."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import ValidationError
from pymongo import IndexModel, ReplaceOne

from services.intake.erasure.model import OPEN, PRESENT, Erasure, ErasureState, ErasureStats
from services.intake.erasure.views import ErasureQuery
from services.intake.http.cursors import Position
from shared.contracts.case import Outcome
from shared.database.collections import CASES, CONTACTS, ERASURES, VAULT
from shared.database.mongo import Mongo
from shared.errors import Transient
from shared.kafka.envelope import describe
from shared.runtime.component import Component

log = logging.getLogger(__name__)
Document = dict[str, Any]
MOST_SECONDS = 5.0  # for one page
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)  # what has no time has no place in a list of times
INDEXES = (
    IndexModel([("asked_at", 1), ("_id", 1)]),
    IndexModel([("state", 1), ("asked_at", 1), ("_id", 1)]),
)


class UnreadableErasure(Transient):
    """This release cannot read the row of a complaint; mended, or read by its own, it goes on."""


@dataclass(frozen=True, slots=True)
class ErasureRows:
    """The rows of a page that can be read; `end` is the place of its last, if more lie behind it.

    One that cannot be read holds up no other: a page may be empty and yet have an end.
    """

    rows: Sequence[Erasure]
    end: Position | None = None


class ErasureStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def erasure(self, complaint_id: UUID) -> Erasure | None:
        """Return the row of a complaint; UnreadableErasure where this release cannot read it."""
        ...

    async def put_erasure(self, row: Erasure) -> bool:
        """Keep a row in place of the version before it; False where that is another."""
        ...

    async def erasures(self, query: ErasureQuery, *, after: Position | None) -> ErasureRows:
        """Return a page, oldest first."""
        ...

    async def clear_vault(self, complaint_ids: Collection[UUID]) -> None:
        """Delete what vault and contacts have of these complaints, if anything."""
        ...

    async def with_words(self, complaint_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the complaints whose case is there and not erased."""
        ...

    async def stats(self, now: datetime) -> ErasureStats:
        """Return the counts of what is not over, and how many are beyond their deadline."""
        ...


class MongoErasures(Component):
    """The collection `erasures`, the rows of `vault` and `contacts` that are deleted for it."""

    def __init__(self, mongo: Mongo) -> None:
        self._erasures = mongo.private(ERASURES)
        self._vault = mongo.private(VAULT)
        self._contacts = mongo.private(CONTACTS)
        self._cases = mongo.cases(CASES)

    async def start(self) -> None:
        """Create the indexes; DatabaseAway if the database does not answer."""
        await self._erasures.ensure_indexes(INDEXES)

    async def erasure(self, complaint_id: UUID) -> Erasure | None:
        """Return the row of a complaint."""
        found = await self._erasures.find_one({"_id": complaint_id})
        if found is None:
            return None
        if (row := _read(found)) is None:
            raise UnreadableErasure(f"the erasure of complaint {complaint_id} cannot be read")
        return row

    async def put_erasure(self, row: Erasure) -> bool:
        """Keep a row under a guard: of two at once, one wins."""
        guard = {"_id": row.complaint_id, "version": row.version - 1}
        return not await self._erasures.write([ReplaceOne(guard, _to_document(row), upsert=True)])

    async def erasures(self, query: ErasureQuery, *, after: Position | None) -> ErasureRows:
        """Return a page by the index of times; what cannot be read is logged and left out."""
        found = await self._erasures.find(
            _that_match(query, after),
            sort=(("asked_at", 1), ("_id", 1)),
            limit=query.limit + 1,
            most_seconds=MOST_SECONDS,
        )
        shown = found[: query.limit]
        rows = [row for document in shown if (row := _read(document)) is not None]
        more = len(found) > query.limit
        return ErasureRows(rows, _place_of(shown[-1]) if more else None)

    async def clear_vault(self, complaint_ids: Collection[UUID]) -> None:
        """Delete in one write each."""
        if complaint_ids:
            these = {"_id": {"$in": list(complaint_ids)}}
            await self._contacts.delete(these)
            await self._vault.delete(these)

    async def with_words(self, complaint_ids: Collection[UUID]) -> frozenset[UUID]:
        """Ask for ids alone."""
        if not complaint_ids:
            return frozenset()
        blank = {"history.outcome": {"$ne": Outcome.ERASED.value}}
        found = await self._cases.find(
            {"_id": {"$in": list(complaint_ids)}, **blank}, fields=("_id",)
        )
        return frozenset(document["_id"] for document in found)

    async def stats(self, now: datetime) -> ErasureStats:
        """Count by the index of states and times, of which no document is read but those late."""
        states = {"$in": [state.value for state in PRESENT]}
        present = {"state": states, "asked_at": {"$gte": _FIRST}}
        grouped = {"_id": "$state", "count": {"$sum": 1}, "oldest": {"$min": "$asked_at"}}
        found = await self._erasures.aggregate([{"$match": present}, {"$group": grouped}])
        running = {"$in": sorted(state.value for state in OPEN)}
        late = await self._erasures.count({"state": running, "restrict_by": {"$lt": now}})
        oldest = [each["oldest"] for each in found if ErasureState(each["_id"]) in OPEN]
        return ErasureStats(
            counts={ErasureState(each["_id"]): each["count"] for each in found},
            overdue=late,
            oldest=min(oldest, default=None),
        )


def _that_match(query: ErasureQuery, after: Position | None) -> Document:
    # The bound lets the index begin there; the choice within it settles equal instants.
    where: Document = {"asked_at": {"$gte": after.at if after else _FIRST}}
    if query.state:
        where["state"] = {"$in": [state.value for state in query.state]}
    if after is not None:
        same = {"asked_at": after.at, "_id": {"$gt": after.complaint_id}}
        where["$or"] = [{"asked_at": {"$gt": after.at}}, same]
    return where


def _to_document(row: Erasure) -> Document:
    document = row.model_dump(exclude={"complaint_id"}, exclude_none=True)
    actors = {name: getattr(row, name) for name in ("asked_by", "decided_by")}
    plain = {name: each.model_dump(mode="json") for name, each in actors.items() if each}
    values = {"state": row.state.value, "reason": row.reason.value}
    return {**document, **plain, **values, "_id": row.complaint_id}


def _read(document: Document) -> Erasure | None:
    """Return the row in a document; None where it cannot be read, which holds up no other."""
    try:
        return Erasure.model_validate({**document, "complaint_id": document["_id"]})
    except ValidationError as error:
        log.error("erasure %s cannot be read: %s", document["_id"], describe(error))
        return None


def _place_of(document: Document) -> Position:
    return Position(document["asked_at"], document["_id"])

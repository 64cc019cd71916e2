"""The audit in the database: entries are added and never changed.

The database removes an entry when its time is over. Those of one process form a chain; each is
written once the one before it is safe, so a chain has no gap.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from pydantic import ValidationError
from pymongo import IndexModel

from services.intake.audit.model import (
    AuditChain,
    AuditEntry,
    AuditQuery,
    BrokenLink,
    ChainLink,
    ChainVerifier,
    UnchainedEntry,
    has_expired,
    link_of,
)
from services.intake.http.cursors import Position
from shared.database.collections import AUDIT
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from shared.kafka.envelope import describe
from shared.runtime.clock import Clock, WallClock
from shared.runtime.component import Component

log = logging.getLogger(__name__)
Document = dict[str, Any]
MOST_SECONDS = 5.0  # for one page
AT_ONCE = 500
_ATTEMPTS = 3
_FILTERS = ("action", "number", "agency", "key_id", "purpose", "outcome")

INDEXES = (
    # Each entry has its own end, so that another setting needs no other index.
    IndexModel("expires_at", expireAfterSeconds=0),
    IndexModel([("at", -1), ("_id", -1)]),
    IndexModel([("number", 1), ("at", -1)]),
    IndexModel([("chain", 1), ("seq", 1)]),
)


@dataclass(frozen=True, slots=True)
class AuditRows:
    """The entries of a page that can be read; `end` is the place of its last, if more follow."""

    rows: Sequence[AuditEntry]
    end: Position | None = None


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """What a walk along all chains found."""

    entries: int
    unchained: int  # of before there were chains
    heads: Sequence[ChainLink]  # the last entry of each chain
    broken: Sequence[BrokenLink]


class AuditStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def add(self, done: UnchainedEntry) -> None:
        """Keep an entry; when this returns it is safe."""
        ...

    async def entries(self, query: AuditQuery, *, after: Position | None) -> AuditRows:
        """Return a page, newest first."""
        ...


class MongoAudit(Component):
    """The collection `audit`; `instance` names this process's chain."""

    def __init__(
        self, mongo: Mongo, *, days: int, instance: str = "", clock: Clock | None = None
    ) -> None:
        self._audit = mongo.private(AUDIT)
        self._kept = timedelta(days=days)
        began = (clock or WallClock()).now()
        name = f"{instance or 'intake'}/{began:%Y%m%dT%H%M%S}Z/{uuid4().hex[:8]}"
        self._chain = AuditChain(name, began)
        self._is_known = False  # what the last entry is
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Create the indexes; DatabaseAway if the database does not answer."""
        await self._audit.ensure_indexes(INDEXES)

    async def add(self, done: UnchainedEntry) -> None:
        """Append to this process's chain, acknowledged by a majority and journaled."""
        async with self._turn:
            for _ in range(_ATTEMPTS):
                if not self._is_known:
                    self._chain = await self._found()
                document = self._chain.entry(done, kept=self._kept)
                # Not confirmed, it may be there all the same: then the next one follows it.
                self._is_known = False
                if await self._audit.insert(document):
                    self._chain = replace(self._chain, last=link_of(document))
                    self._is_known = True
                    return
        raise DatabaseAway(f"the audit's chain {self._chain.name} is not found as it was left")

    async def _found(self) -> AuditChain:
        last = await self._one({"chain": self._chain.name}, ("seq", -1))
        if last is not None:
            return replace(self._chain, last=link_of(last))
        newest = await self._one({"chain": {"$exists": True}}, ("at", -1), ("_id", -1))
        return replace(self._chain, newest=link_of(newest) if newest else None)

    async def _one(self, where: Document, *sort: tuple[str, int]) -> Document | None:
        found = await self._audit.find(where, sort=sort, limit=1)
        return found[0] if found else None

    async def entries(self, query: AuditQuery, *, after: Position | None) -> AuditRows:
        """Return a page by the index of times; what cannot be read is logged and left out."""
        found = await self._audit.find(
            _where(query, after),
            sort=(("at", -1), ("_id", -1)),
            limit=query.limit + 1,
            most_seconds=MOST_SECONDS,
        )
        shown, more = found[: query.limit], len(found) > query.limit
        rows = [row for document in shown if (row := _read(document)) is not None]
        return AuditRows(rows, Position(shown[-1]["at"], shown[-1]["_id"]) if more else None)

    async def verified(self, now: datetime) -> ChainVerification:
        """Walk along all chains: whether each entry is as it was written, and follows another."""
        walk, count = ChainVerifier(now), 0
        heads: dict[str, ChainLink] = {}
        wrong: list[BrokenLink] = []
        async for document in self._in_order():
            count += 1
            found = walk.step(document) or await self._unlinked(document, now)
            wrong += [found] if found else []
            heads[document["chain"]] = link_of(document)
        unchained = await self._audit.count({"chain": {"$exists": False}})
        return ChainVerification(count, unchained, list(heads.values()), wrong)

    async def _in_order(self) -> AsyncIterator[Document]:
        where: Document = {"chain": {"$exists": True}}
        sort = (("chain", 1), ("seq", 1))
        while found := await self._audit.find(where, sort=sort, limit=AT_ONCE):
            for document in found:
                yield document
            chain, seq = document["chain"], document["seq"]
            same = {"chain": chain, "seq": {"$gt": seq}}
            where = {"$or": [{"chain": {"$gt": chain}}, same]}

    async def _unlinked(self, document: Document, now: datetime) -> BrokenLink | None:
        """Tell whether the entry of another chain that a first one follows is gone or another."""
        if (after := document.get("after")) is None:
            return None
        place = {"chain": after["chain"], "seq": after["seq"]}
        found = await self._audit.find_one(place, fields=("hash",))
        is_gone = found is None and not has_expired(after["at"], document, now)
        if is_gone or (found is not None and found["hash"] != document["prev"]):
            why = f"it followed entry {after['seq']} of {after['chain']}, which is gone or another"
            return BrokenLink(document["chain"], document["seq"], why)
        return None


def _read(document: Document) -> AuditEntry | None:
    """Return the entry in a document; None where it cannot be read, which holds up no other."""
    try:
        return AuditEntry.model_validate({**document, "id": document["_id"]})
    except ValidationError as error:
        log.error("audit entry %s cannot be read: %s", document["_id"], describe(error))
        return None


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

"""Seals what is kept of persons anew, under the newest key: row by row, again and again if need be.

Each row is changed only if it is still what was read, so services go on meanwhile; what they write
is under the newest key already. Cut off, it goes on where rows are not done.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pymongo import ReplaceOne, UpdateOne

from services.intake.identity.vault import Document, VaultCodec
from shared.database.collections import CONTACTS, VAULT
from shared.database.mongo import Collection, Mongo, Write
from shared.key_rings import UnknownKey
from shared.privacy.sealing import Unopenable

MOST = 200  # rows at a time


@dataclass
class ResealingCounts:
    """What became of the rows that were not under the newest key."""

    resealed: int = 0
    sealed: int = 0  # of before there were keys
    plain: int = 0  # likewise, and left as they are
    unopenable: dict[UUID, str] = field(default_factory=dict)  # why, by complaint


class VaultResealer:
    """The collections `vault` and `contacts`; nothing else is read or written."""

    def __init__(self, mongo: Mongo, safe: VaultCodec, *, seals_plain: bool) -> None:
        self._safe = safe
        self._vault = mongo.private(VAULT)
        self._contacts = mongo.private(CONTACTS)
        self._seals_plain = seals_plain
        self.vault, self.contacts = ResealingCounts(), ResealingCounts()

    async def run(self, *, say: Callable[[str], None]) -> None:
        """Go through both collections once; DatabaseAway ends it, to be run again."""
        async for rows in self._batches(self._contacts):
            await self._reseal(self._contacts, rows, self._safe.resealed_contacts, self.contacts)
            say(f"contacts: {self.contacts.resealed} resealed")
        async for rows in self._batches(self._vault):
            plain = [row for row in rows if "key" not in row]
            await self._seal(plain)
            sealed = [row for row in rows if "key" in row]
            await self._reseal(self._vault, sealed, self._safe.resealed, self.vault)
            say(f"vault: {self.vault.resealed} resealed, {self.vault.sealed} sealed")

    async def left(self) -> int:
        """Return how many rows another key is still needed for."""
        other = {"key": {"$ne": self._safe.newest}}
        return await self._vault.count(other) + await self._contacts.count(other)

    async def _batches(self, collection: Collection) -> AsyncIterator[Sequence[Document]]:
        where: dict[str, Any] = {"key": {"$ne": self._safe.newest}}
        while rows := await collection.find(where, sort=(("_id", 1),), limit=MOST):
            yield rows
            where = {**where, "_id": {"$gt": rows[-1]["_id"]}}

    async def _reseal(
        self,
        collection: Collection,
        rows: Sequence[Document],
        resealed: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        counts: ResealingCounts,
    ) -> None:
        writes: list[Write] = []
        for row in rows:
            try:
                change = resealed(row)
            except (UnknownKey, Unopenable) as error:
                counts.unopenable[row["_id"]] = str(error)
                continue
            guard = {"_id": row["_id"], **{name: row[name] for name in change}}
            writes.append(UpdateOne(guard, {"$set": change}))
        await collection.write(writes)
        counts.resealed += len(writes)

    async def _seal(self, rows: Sequence[Document]) -> None:
        if not self._seals_plain:
            self.vault.plain += len(rows)
            return
        found = [self._safe.from_plain(row) for row in rows]
        # Contacts first: cut off in between, the plain row is met again.
        await self._contacts.write(
            [
                ReplaceOne({"_id": row.id}, dict(document), True)
                for row in found
                if (document := self._safe.to_contacts(row)) is not None
            ]
        )
        still = {"key": {"$exists": False}}
        await self._vault.write(
            [ReplaceOne({"_id": row.id, **still}, self._safe.to_vault(row)) for row in found]
        )
        self.vault.sealed += len(found)

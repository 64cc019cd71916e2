"""Submissions that Kafka may not have, as they lie in the database."""

from collections.abc import Collection as Ids
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pymongo import UpdateMany

from services.intake.store import MARKED
from services.intake.submit.documents import to_receipt
from services.intake.submit.records import Receipt
from shared.contracts.case import Status
from shared.database.collections import CASES, CONTACTS, RECEIPTS, VAULT
from shared.database.mongo import Mongo

MOST_SECONDS = 5.0  # for one page


class UnsentStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def unsent(self, *, before: datetime, most: int) -> Sequence[UUID]:
        """Return complaints without a mark whose callers came last before a time."""
        ...

    async def with_case(self, complaint_ids: Ids[UUID]) -> frozenset[UUID]:
        """Return those of the complaints that the router has made cases of."""
        ...

    async def has_case_since(self, since: datetime) -> bool:
        """Tell whether there is a case of a complaint received then or later."""
        ...

    async def mark(self, complaint_ids: Ids[UUID]) -> None:
        """Mark the receipts: Kafka has their records."""
        ...

    async def forget(self, complaint_ids: Ids[UUID], *, before: datetime) -> int:
        """Remove all that is kept, but of none whose caller came again; return how many."""
        ...

    async def awaiting_case(self, *, before: datetime, most: int) -> Sequence[Receipt]:
        """Return receipts that Kafka had, whose case was not seen and is due before a time."""
        ...

    async def settle_case(self, complaint_ids: Ids[UUID]) -> None:
        """Note that nothing is awaited of these any more."""
        ...

    async def claim_case(self, complaint_id: UUID, *, before: datetime, until: datetime) -> bool:
        """Have a case looked for again at `until`; False where another has claimed it."""
        ...


class MongoUnsent:
    """The collections `receipts`, `vault` and `contacts`, cases as read."""

    def __init__(self, mongo: Mongo) -> None:
        self._vault = mongo.private(VAULT)
        self._contacts = mongo.private(CONTACTS)
        self._receipts = mongo.private(RECEIPTS)
        self._cases = mongo.cases(CASES)

    async def unsent(self, *, before: datetime, most: int) -> Sequence[UUID]:
        """Read by the index of what is not marked, oldest first."""
        found = await self._receipts.find(
            {"tried_at": {"$lt": before}},
            fields=("_id",),
            sort=(("tried_at", 1),),
            limit=most,
            most_seconds=MOST_SECONDS,
        )
        return [document["_id"] for document in found]

    async def with_case(self, complaint_ids: Ids[UUID]) -> frozenset[UUID]:
        """Ask for ids alone."""
        found = await self._cases.find({"_id": {"$in": list(complaint_ids)}}, fields=("_id",))
        return frozenset(document["_id"] for document in found)

    async def has_case_since(self, since: datetime) -> bool:
        """Ask by the router's index of statuses and ages."""
        young = {"status": {"$in": [each.value for each in Status]}, "received_at": {"$gte": since}}
        return await self._cases.find_one(young, fields=("_id",)) is not None

    async def mark(self, complaint_ids: Ids[UUID]) -> None:
        """Mark all in one write."""
        await self._receipts.write([UpdateMany({"_id": {"$in": list(complaint_ids)}}, MARKED)])

    async def forget(self, complaint_ids: Ids[UUID], *, before: datetime) -> int:
        """Delete under guards, rows first: a crash then leaves the receipt, to be found again.

        A caller who comes again renews the receipt and then puts the row, so each of the
        deletions either comes before that, and is made good, or meets a time that is too young.
        """
        these = {"_id": {"$in": list(complaint_ids)}}
        old = {**these, "at": {"$lt": before}}
        await self._contacts.delete(old)
        await self._vault.delete(old)
        return await self._receipts.delete(
            {**these, "tried_at": {"$lt": before}, "acknowledged": False}
        )

    async def awaiting_case(self, *, before: datetime, most: int) -> Sequence[Receipt]:
        """Read by the index of what waits, oldest first."""
        found = await self._receipts.find(
            {"awaits_case": {"$lt": before}, "acknowledged": True},
            sort=(("awaits_case", 1),),
            limit=most,
            most_seconds=MOST_SECONDS,
        )
        return [to_receipt(document) for document in found]

    async def settle_case(self, complaint_ids: Ids[UUID]) -> None:
        """Take the field away, in one write: it leaves the index."""
        if complaint_ids:
            these = {"_id": {"$in": list(complaint_ids)}}
            await self._receipts.write([UpdateMany(these, {"$unset": {"awaits_case": ""}})])

    async def claim_case(self, complaint_id: UUID, *, before: datetime, until: datetime) -> bool:
        """Write under a guard on the time."""
        due = {"_id": complaint_id, "awaits_case": {"$lt": before}}
        return await self._receipts.update(due, {"$set": {"awaits_case": until}}) > 0

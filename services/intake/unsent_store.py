"""Submissions that Kafka may not have, as they lie in the database."""

from collections.abc import Collection as Ids
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pymongo import UpdateMany

from services.intake.store import MARKED
from shared.case import Status
from shared.collections import CASES, CONTACTS, RECEIPTS, VAULT
from shared.mongo import Mongo

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

"""What intake keeps and reads: receipts and vault are its own, cases are read.

Written and read for many at a time (`submit/group_commit.py`).
"""

import asyncio
from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

from pymongo import IndexModel, InsertOne, ReplaceOne, UpdateMany

from services.intake.cases.models import AgencyQuery, AgencyRow, TriageQuery, WaitingRow
from services.intake.cases.queries import (
    LISTED,
    agency_cases_filter,
    to_agency_row,
    to_waiting_row,
    waiting_cases_filter,
)
from services.intake.http.cursors import Position
from services.intake.identity.vault import VaultCodec
from services.intake.submit.documents import from_receipt, to_receipt
from services.intake.submit.records import Receipt, VaultRow
from services.intake.submit.submission import Submission
from shared.contracts.case import Case
from shared.contracts.documents import WHOLE_CASE, CaseDocument
from shared.contracts.identifiers import IssuedCode
from shared.contracts.refused_actions import RefusedAction
from shared.database.collections import CASES, CONTACTS, RECEIPTS, REFUSALS, VAULT
from shared.database.mongo import Mongo, Write
from shared.privacy.contact_rows import from_code
from shared.runtime.component import Component

RECEIPT_INDEXES = (
    # Actions have no number: a sparse index leaves them out.
    IndexModel("number", unique=True, sparse=True),
    # Only what Kafka may not have is in it.
    IndexModel("tried_at", sparse=True),
    # Only whose case was not seen yet is in it.
    IndexModel("awaits_case", sparse=True),
)
MARKED = {"$set": {"acknowledged": True}, "$unset": {"tried_at": ""}}
MOST_SECONDS = 5.0  # for one page of a list


class IntakeStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def put_vault_rows(self, rows: Sequence[VaultRow]) -> None:
        """Keep rows and where their reporters are written to, in place of what their ids have."""
        ...

    async def submission(self, complaint_id: UUID) -> Submission | None:
        """Return the form of a complaint as it was filled in; None where none is kept.

        Raises:
            Transient: it cannot be opened with the keys that are here.
        """
        ...

    async def add_receipts(self, receipts: Sequence[Receipt]) -> Ids[UUID]:
        """Keep receipts; return the ids of those kept: not whose id or number was taken."""
        ...

    async def renew_receipt(self, receipt_id: UUID, now: datetime) -> bool:
        """Note that its caller came again, unless Kafka has it; False where it is gone."""
        ...

    async def receipt(self, receipt_id: UUID) -> Receipt | None:
        """Return the receipt of this id."""
        ...

    async def receipt_of(self, number: str) -> Receipt | None:
        """Return the receipt of the complaint with this number."""
        ...

    async def reissue(self, receipt: Receipt, code: IssuedCode, tracking_hash: bytes) -> bool:
        """Let another tracking code open a complaint, and no longer the one of this receipt.

        False, and nothing is changed, where that is not the present one.
        """
        ...

    async def known(self, complaint_ids: Ids[UUID]) -> Mapping[UUID, datetime]:
        """Return those of the ids that are accepted complaints, each received when; one query."""
        ...

    async def acknowledge(self, receipt_ids: Ids[UUID]) -> None:
        """Mark receipts: Kafka has their records."""
        ...

    async def case(self, complaint_id: UUID) -> Case | None:
        """Return the case of a complaint, once the router has made one."""
        ...

    async def case_of_entry(self, input_id: UUID) -> Case | None:
        """Return the case in whose history this input of an institution is."""
        ...

    async def refused(self, action: UUID) -> RefusedAction | None:
        """Return the action of this id that was dropped, if it was."""
        ...

    async def agency_cases(
        self, agency: str, query: AgencyQuery, *, after: Position | None
    ) -> Sequence[AgencyRow]:
        """Return an institution's cases, newest change first: a page and one row more."""
        ...

    async def waiting(self, query: TriageQuery, *, after: Position | None) -> Sequence[WaitingRow]:
        """Return the cases that wait for an officer, oldest first: a page and one row more."""
        ...


class MongoIntakeStore(Component):
    """The store in MongoDB; what is kept of persons goes through the safe."""

    def __init__(self, mongo: Mongo, safe: VaultCodec) -> None:
        self._safe = safe
        self._vault = mongo.private(VAULT)
        self._contacts = mongo.private(CONTACTS)
        self._receipts = mongo.private(RECEIPTS)
        self._cases = mongo.cases(CASES)
        self._refusals = mongo.cases(REFUSALS)

    async def start(self) -> None:
        """Create the indexes; DatabaseAway if the database does not answer."""
        await self._receipts.ensure_indexes(RECEIPT_INDEXES)

    async def put_vault_rows(self, rows: Sequence[VaultRow]) -> None:
        """Keep rows and contacts, each sealed, in one bulk each."""
        found = [self._safe.to_contacts(row) for row in rows]
        contacts = [dict(one) for one in found if one is not None]
        await asyncio.gather(
            self._vault.write(_replacing([self._safe.to_vault(row) for row in rows])),
            self._contacts.write(_replacing(contacts)),
        )

    async def submission(self, complaint_id: UUID) -> Submission | None:
        """Open the row of the vault."""
        found = await self._vault.find_one({"_id": complaint_id})
        return self._safe.submission(found) if found else None

    async def add_receipts(self, receipts: Sequence[Receipt]) -> Ids[UUID]:
        """Insert in one bulk; what is taken shows as a duplicate key."""
        writes: list[Write] = [InsertOne(from_receipt(receipt)) for receipt in receipts]
        taken = set(await self._receipts.write(writes))
        return [one.id for place, one in enumerate(receipts) if place not in taken]

    async def renew_receipt(self, receipt_id: UUID, now: datetime) -> bool:
        """Write under a guard; what is marked stays as it is."""
        unmarked = {"_id": receipt_id, "acknowledged": False}
        if await self._receipts.update(unmarked, {"$set": {"tried_at": now}}):
            return True
        return await self.receipt(receipt_id) is not None

    async def receipt(self, receipt_id: UUID) -> Receipt | None:
        """Return the receipt of this id."""
        found = await self._receipts.find_one({"_id": receipt_id})
        return to_receipt(found) if found else None

    async def receipt_of(self, number: str) -> Receipt | None:
        """Return the receipt of the complaint with this number."""
        found = await self._receipts.find_one({"number": number})
        return to_receipt(found) if found else None

    async def reissue(self, receipt: Receipt, code: IssuedCode, tracking_hash: bytes) -> bool:
        """Write under a guard; contacts too, so that a letter that is still to come names it."""
        present = {"_id": receipt.id, "tracking_hash": receipt.tracking_hash}
        issued = {"code": from_code(code)}
        change = {"$set": {**issued, "tracking_hash": tracking_hash}}
        if not await self._receipts.update(present, change):
            return False
        await self._contacts.update({"_id": receipt.id}, {"$set": issued})
        return True

    async def known(self, complaint_ids: Ids[UUID]) -> Mapping[UUID, datetime]:
        """Return those of the ids that are complaints; only they have a number."""
        wanted = {"_id": {"$in": list(complaint_ids)}}
        found = await self._receipts.find(wanted, fields=("number", "at"))
        return {document["_id"]: document["at"] for document in found if "number" in document}

    async def acknowledge(self, receipt_ids: Ids[UUID]) -> None:
        """Mark all in one write."""
        where = {"_id": {"$in": list(receipt_ids)}}
        await self._receipts.write([UpdateMany(where, MARKED)])

    async def case(self, complaint_id: UUID) -> Case | None:
        """Return the case as the router wrote it."""
        found = await self._cases.find_one({"_id": complaint_id}, fields=WHOLE_CASE)
        return Case.model_validate(found) if found else None

    async def case_of_entry(self, input_id: UUID) -> Case | None:
        """Return the case by the router's index of institutions' inputs."""
        found = await self._cases.find_one({"agency_inputs": input_id}, fields=WHOLE_CASE)
        return Case.model_validate(found) if found else None

    async def refused(self, action: UUID) -> RefusedAction | None:
        """Return what the router keeps of an action that is in no history."""
        found = await self._refusals.find_one({"_id": action})
        return RefusedAction.of_document(found) if found else None

    async def agency_cases(
        self, agency: str, query: AgencyQuery, *, after: Position | None
    ) -> Sequence[AgencyRow]:
        """Return a page by the router's index of institutions and changes."""
        found = await self._cases.find(
            agency_cases_filter(agency, query, after),
            fields=LISTED,
            sort=(("updated_at", -1), ("_id", -1)),
            limit=query.limit + 1,
            most_seconds=MOST_SECONDS,
        )
        return [to_agency_row(document) for document in cast("list[CaseDocument]", found)]

    async def waiting(self, query: TriageQuery, *, after: Position | None) -> Sequence[WaitingRow]:
        """Return a page by the router's index of statuses and ages."""
        found = await self._cases.find(
            waiting_cases_filter(query, after),
            fields=(*WHOLE_CASE, "triage_reason", "overdue"),
            sort=(("received_at", 1), ("_id", 1)),
            limit=query.limit + 1,
            most_seconds=MOST_SECONDS,
        )
        return [to_waiting_row(document) for document in cast("list[CaseDocument]", found)]


def _replacing(documents: Sequence[dict[str, Any]]) -> list[Write]:
    return [ReplaceOne({"_id": each["_id"]}, each, True) for each in documents]

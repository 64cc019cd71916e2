"""Submissions that Kafka may not have, in the store's own dictionaries, under the same guards."""

from collections.abc import Collection, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.intake.submit.records import Receipt, VaultRow
from shared.contracts.case import Case


class Kept(Protocol):
    """What the store in memory holds."""

    vault: dict[UUID, VaultRow]
    receipts: dict[UUID, Receipt]
    cases: dict[UUID, Case]


class MemoryUnsent:
    """`store` is read anew at each call."""

    def __init__(self, store: Kept) -> None:
        self._store = store
        self.pages = 0
        self.settled: set[UUID] = set()
        self.claimed: dict[UUID, datetime] = {}

    async def unsent(self, *, before: datetime, most: int) -> Sequence[UUID]:
        self.pages += 1
        found = [each.id for each in self._store.receipts.values() if _is_before(each, before)]
        return found[:most]

    async def with_case(self, complaint_ids: Collection[UUID]) -> frozenset[UUID]:
        return frozenset(each for each in complaint_ids if each in self._store.cases)

    async def has_case_since(self, since: datetime) -> bool:
        cases = self._store.cases.values()
        return any(case.complaint.received_at >= since for case in cases)

    async def mark(self, complaint_ids: Collection[UUID]) -> None:
        for each in complaint_ids:
            kept = self._store.receipts[each]
            self._store.receipts[each] = replace(kept, acknowledged=True, tried_at=None)

    async def forget(self, complaint_ids: Collection[UUID], *, before: datetime) -> int:
        vault, receipts = self._store.vault, self._store.receipts
        _drop(vault, {each for each in complaint_ids if each in vault and vault[each].at < before})
        return _drop(receipts, {e for e in complaint_ids if _is_before(receipts[e], before)})

    async def awaiting_case(self, *, before: datetime, most: int) -> Sequence[Receipt]:
        self.pages += 1
        found = [
            each
            for each in self._store.receipts.values()
            if each.acknowledged and each.number and self._is_due(each.id, before)
        ]
        return found[:most]

    async def settle_case(self, complaint_ids: Collection[UUID]) -> None:
        self.settled |= set(complaint_ids)

    async def claim_case(self, complaint_id: UUID, *, before: datetime, until: datetime) -> bool:
        if not self._is_due(complaint_id, before):
            return False
        self.claimed[complaint_id] = until
        return True

    def _is_due(self, complaint_id: UUID, before: datetime) -> bool:
        since = self.claimed.get(complaint_id, self._store.receipts[complaint_id].at)
        return complaint_id not in self.settled and since < before


def _is_before(receipt: Receipt, before: datetime) -> bool:
    return receipt.tried_at is not None and receipt.tried_at < before


def _drop(rows: MutableMapping[UUID, Any], gone: Collection[UUID]) -> int:
    for each in gone:
        del rows[each]
    return len(gone)

"""Submissions that Kafka may not have, in the store's own dictionaries, under the same guards."""

from collections.abc import Collection, Iterable, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.intake.submit.records import Receipt, VaultRow
from shared.contracts.case import Case
from shared.errors import DatabaseAway


class Kept(Protocol):
    """What the store in memory holds."""

    vault: dict[UUID, VaultRow]
    receipts: dict[UUID, Receipt]
    awaits: dict[UUID, datetime]
    cases: dict[UUID, Case]


class MemoryUnsent:
    """`store` is read anew at each call."""

    def __init__(self, store: Kept) -> None:
        self._store = store
        self.pages = 0
        self.settled: set[UUID] = set()
        self.is_away = False

    async def unsent(self, *, before: datetime, most: int) -> Sequence[UUID]:
        self._ask()
        self.pages += 1
        found = {e.id: e.tried_at for e in self._store.receipts.values() if _is_before(e, before)}
        return sorted(found, key=lambda one: found[one] or before)[:most]

    async def with_case(self, complaint_ids: Collection[UUID]) -> frozenset[UUID]:
        self._ask()
        return frozenset(each for each in complaint_ids if each in self._store.cases)

    async def has_case_since(self, since: datetime) -> bool:
        self._ask()
        cases = self._store.cases.values()
        return any(case.complaint.received_at >= since for case in cases)

    async def mark(self, complaint_ids: Collection[UUID]) -> None:
        self._ask()
        for kept in self._known(complaint_ids):
            self._store.receipts[kept.id] = replace(kept, acknowledged=True, tried_at=None)

    async def forget(self, complaint_ids: Collection[UUID], *, before: datetime) -> int:
        self._ask()
        vault, receipts = self._store.vault, self._store.receipts
        _drop(vault, {each for each in complaint_ids if each in vault and vault[each].at < before})
        gone = {each.id for each in self._known(complaint_ids) if _is_before(each, before)}
        return _drop(receipts, gone)

    async def awaiting_case(self, *, before: datetime, most: int) -> Sequence[Receipt]:
        self._ask()
        self.pages += 1
        awaits = self._store.awaits
        due = sorted((one for one, at in awaits.items() if at < before), key=awaits.__getitem__)
        return [each for each in self._known(due) if each.acknowledged][:most]

    async def settle_case(self, complaint_ids: Collection[UUID]) -> None:
        self._ask()
        self.settled |= set(complaint_ids)
        for each in complaint_ids:
            self._store.awaits.pop(each, None)

    async def claim_case(self, complaint_id: UUID, *, before: datetime, until: datetime) -> bool:
        self._ask()
        at = self._store.awaits.get(complaint_id)
        if at is None or at >= before:
            return False
        self._store.awaits[complaint_id] = until
        return True

    def _known(self, ids: Iterable[UUID]) -> list[Receipt]:
        return [self._store.receipts[each] for each in ids if each in self._store.receipts]

    def _ask(self) -> None:
        if self.is_away:
            raise DatabaseAway("switched off by the test")


def _is_before(receipt: Receipt, before: datetime) -> bool:
    return receipt.tried_at is not None and receipt.tried_at < before


def _drop(rows: MutableMapping[UUID, Any], gone: Collection[UUID]) -> int:
    for each in gone:
        del rows[each]
    return len(gone)

"""What intake keeps and reads in dictionaries, under the same rules as the database's."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.intake.cases.models import (
    AgencyQuery,
    AgencyRow,
    PageQuery,
    TriageQuery,
    WaitingRow,
)
from services.intake.cases.queries import to_agency_row, to_waiting_row
from services.intake.http.cursors import Position
from services.intake.submit.records import Receipt, VaultRow
from services.intake.submit.submission import Submission
from services.router.domain.case.history import is_overdue, triage_reason
from services.router.store import document_of
from shared.contracts.case import ActorKind, Case, Status
from shared.contracts.identifiers import IssuedCode
from shared.contracts.refused_actions import RefusedAction
from tests.intake.fakes.memory_stores import Asked, kept_reporter


class MemoryStore(Asked):
    """Receipts, vault and cases by id."""

    def __init__(self) -> None:
        super().__init__()
        self.vault: dict[UUID, VaultRow] = {}
        self.receipts: dict[UUID, Receipt] = {}
        self.awaits: dict[UUID, datetime] = {}  # when the case of a receipt is looked for
        self.cases: dict[UUID, Case] = {}
        self.dropped: dict[UUID, RefusedAction] = {}
        self.queries: list[tuple[str, PageQuery, Position | None]] = []
        self.forgets_marks = False

    @property
    def is_empty(self) -> bool:
        return not (self.vault or self.receipts)

    async def put_vault_rows(self, rows: Sequence[VaultRow]) -> None:
        self._ask("put_vault_rows")
        self.vault |= {row.id: row for row in rows}

    async def submission(self, complaint_id: UUID) -> Submission | None:
        self._ask("submission")
        row = self.vault.get(complaint_id)
        return row.submission.model_copy(update={"reporter": kept_reporter(row)}) if row else None

    async def add_receipts(self, receipts: Sequence[Receipt]) -> list[UUID]:
        self._ask("add_receipts")
        return [receipt.id for receipt in receipts if self._add(receipt)]

    def _add(self, receipt: Receipt) -> bool:
        numbers = {kept.number for kept in self.receipts.values() if kept.number}
        if receipt.id in self.receipts or receipt.number in numbers:
            return False
        self.receipts[receipt.id] = receipt
        if receipt.number is not None:
            self.awaits[receipt.id] = receipt.tried_at or receipt.at
        return True

    async def renew_receipt(self, receipt_id: UUID, now: datetime) -> bool:
        self._ask("renew_receipt")
        if (kept := self.receipts.get(receipt_id)) is None:
            return False
        self.receipts[receipt_id] = replace(kept, tried_at=None if kept.acknowledged else now)
        return True

    async def receipt(self, receipt_id: UUID) -> Receipt | None:
        self._ask("receipt")
        return self.receipts.get(receipt_id)

    async def receipt_of(self, number: str) -> Receipt | None:
        self._ask("receipt_of")
        found = (kept for kept in self.receipts.values() if kept.number == number)
        return next(found, None)

    async def reissue(self, receipt: Receipt, code: IssuedCode, tracking_hash: bytes) -> bool:
        self._ask("reissue")
        kept = self.receipts.get(receipt.id)
        if kept is None or kept.tracking_hash != receipt.tracking_hash:
            return False
        self.receipts[receipt.id] = replace(kept, code=code, tracking_hash=tracking_hash)
        return True

    async def known(self, complaint_ids: Collection[UUID]) -> dict[UUID, datetime]:
        self._ask("known")
        found = (self.receipts[each] for each in complaint_ids if each in self.receipts)
        return {receipt.id: receipt.at for receipt in found if receipt.number}

    async def acknowledge(self, receipt_ids: Collection[UUID]) -> None:
        self._ask("acknowledge")
        for receipt_id in receipt_ids:
            kept = self.receipts.get(receipt_id)
            if kept is not None and not self.forgets_marks:
                self.receipts[receipt_id] = replace(kept, acknowledged=True, tried_at=None)

    def unmark(self, receipt_id: UUID) -> None:
        """Forget that Kafka has the record, as a crash before the mark would."""
        kept = self.receipts[receipt_id]
        self.receipts[receipt_id] = replace(kept, acknowledged=False, tried_at=kept.at)

    async def case(self, complaint_id: UUID) -> Case | None:
        self._ask("case")
        return self.cases.get(complaint_id)

    async def case_of_entry(self, input_id: UUID) -> Case | None:
        self._ask("case_of_entry")
        cases = self.cases.values()
        return next((case for case in cases if input_id in agency_inputs(case)), None)

    async def refused(self, action: UUID) -> RefusedAction | None:
        self._ask("refused")
        return self.dropped.get(action)

    async def agency_cases(
        self, agency: str, query: AgencyQuery, *, after: Position | None
    ) -> list[AgencyRow]:
        self._ask("agency_cases")
        self.queries.append((agency, query, after))
        found = [case for case in self.cases.values() if _is_listed(case, agency, query)]
        found.sort(key=_changed, reverse=True)
        if after is not None:
            found = [case for case in found if _changed(case) < (after.at, after.complaint_id)]
        return [to_agency_row(document_of(case)) for case in found[: query.limit + 1]]

    async def waiting(self, query: TriageQuery, *, after: Position | None) -> list[WaitingRow]:
        self._ask("waiting")
        self.queries.append(("triage", query, after))
        found = [case for case in self.cases.values() if _waits(case, query)]
        found.sort(key=_received)
        if after is not None:
            found = [case for case in found if _received(case) > (after.at, after.complaint_id)]
        return [to_waiting_row(document_of(case)) for case in found[: query.limit + 1]]


def agency_inputs(case: Case) -> set[UUID]:
    """Return what institutions have put into the history."""
    return {each.input_id for each in case.history if each.actor.kind is ActorKind.AGENCY}


def _is_listed(case: Case, agency: str, query: AgencyQuery) -> bool:
    last, slug = case.last, query.category
    return (
        last.institution == agency
        and (not query.status or last.status in query.status)
        and query.unit in (None, last.unit)
        and query.overdue in (None, is_overdue(case))
        and (slug is None or f"{last.category}.".startswith(f"{slug}."))
        and (query.since is None or last.at >= query.since)
        and (query.until is None or last.at < query.until)
    )


def _waits(case: Case, query: TriageQuery) -> bool:
    return (
        case.last.status is Status.UNVERIFIED
        and query.reason in (None, triage_reason(case))
        and query.overdue in (None, is_overdue(case))
    )


def _changed(case: Case) -> tuple[datetime, UUID]:
    return case.last.at, case.complaint.complaint_id


def _received(case: Case) -> tuple[datetime, UUID]:
    return case.complaint.received_at, case.complaint.complaint_id

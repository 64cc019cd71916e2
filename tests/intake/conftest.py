"""Intake without Kafka and database: a store in memory, a publisher that is told how to fail."""

import asyncio
import itertools
from collections.abc import (
    AsyncIterator,
    Collection,
    Sequence,
)
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from services.intake.app import create_app
from services.intake.cases.models import (
    AgencyQuery,
    AgencyRow,
    PageQuery,
    TriageQuery,
    WaitingRow,
)
from services.intake.http.cursors import Position
from services.intake.keys.issuing import create_key
from services.intake.ports import IntakePorts
from services.intake.settings import IntakeSettings
from services.intake.submit.records import Receipt, VaultRow
from services.intake.submit.submission import Submission
from shared.contracts.case import (
    ActorKind,
    Case,
    Complaint,
    Decision,
    Entry,
    InputKind,
    Outcome,
    Status,
)
from shared.contracts.identifiers import IssuedCode
from shared.contracts.refused_actions import RefusedAction
from shared.errors import BrokerAway, DatabaseAway
from shared.kafka.envelope import Outgoing
from shared.runtime.clock import SetClock
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import OFF, Tracing
from tests.intake.fakes.erasure_store import MemoryErasures
from tests.intake.fakes.memory_stores import MemoryAudit, MemoryIdentities, MemoryKeys
from tests.intake.fakes.preference_store import MemoryOptOuts
from tests.intake.fakes.subscription_store import MemoryResolver, MemorySubscriptions
from tests.intake.fakes.unsent_store import MemoryUnsent
from tests.support.builders import START, VAULT_KEYS

SECRET = "a-secret-for-tests-of-at-least-32-characters"
KEY = "3f9c1c52-93d5-4a0e-9d7e-0a1b2c3d4e5f"
TEXT = "Jalan di depan pasar berlubang sejak hujan kemarin."


class MemoryStore:
    """What intake keeps, in dictionaries, under the same rules as the database's."""

    def __init__(self) -> None:
        self.vault: dict[UUID, VaultRow] = {}
        self.receipts: dict[UUID, Receipt] = {}
        self.cases: dict[UUID, Case] = {}
        self.dropped: dict[UUID, RefusedAction] = {}
        self.rows: list[AgencyRow] = []  # what every list has: filters are the database's
        self.waits: list[WaitingRow] = []
        self.queries: list[tuple[str, PageQuery, Position | None]] = []
        self.away: set[str] = set()  # names of methods that fail
        self.asked: list[str] = []
        self.forgets_marks = False

    @property
    def is_empty(self) -> bool:
        return not (self.vault or self.receipts)

    async def put_vault_row(self, row: VaultRow) -> None:
        self._ask("put_vault_row")
        self.vault[row.id] = row

    async def submission(self, complaint_id: UUID) -> Submission | None:
        self._ask("submission")
        row = self.vault.get(complaint_id)
        return row.submission.model_copy(update={"reporter": row.reporter}) if row else None

    async def add_receipt(self, receipt: Receipt) -> bool:
        self._ask("add_receipt")
        return self.receipts.setdefault(receipt.id, receipt) is receipt

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
        if self.receipts[receipt.id].tracking_hash != receipt.tracking_hash:
            return False
        self.receipts[receipt.id] = replace(receipt, code=code, tracking_hash=tracking_hash)
        return True

    async def known(self, complaint_ids: Collection[UUID]) -> dict[UUID, datetime]:
        self._ask("known")
        found = (self.receipts[each] for each in complaint_ids if each in self.receipts)
        return {receipt.id: receipt.at for receipt in found if receipt.number}

    async def acknowledge(self, receipt_id: UUID) -> None:
        self._ask("acknowledge")
        if not self.forgets_marks:
            kept = self.receipts[receipt_id]
            self.receipts[receipt_id] = replace(kept, acknowledged=True, tried_at=None)

    def acknowledge_soon(self, receipt_id: UUID) -> None:
        self.asked.append("acknowledge_soon")
        if not self.forgets_marks and "acknowledge" not in self.away:
            kept = self.receipts[receipt_id]
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
        return next((case for case in cases if case.seq_of(input_id) is not None), None)

    async def refused(self, action: UUID) -> RefusedAction | None:
        self._ask("refused")
        return self.dropped.get(action)

    async def agency_cases(
        self, agency: str, query: AgencyQuery, *, after: Position | None
    ) -> list[AgencyRow]:
        self._ask("agency_cases")
        self.queries.append((agency, query, after))
        return self.rows[: query.limit + 1]

    async def waiting(self, query: TriageQuery, *, after: Position | None) -> list[WaitingRow]:
        self._ask("waiting")
        self.queries.append(("triage", query, after))
        return self.waits[: query.limit + 1]

    def _ask(self, method: str) -> None:
        self.asked.append(method)
        if method in self.away:
            raise DatabaseAway(f"{method} is switched off by the test")


class MemoryPublisher:
    """What was published; it can be away, without its topic, or hold every record back."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.is_away = False
        self.has_topic = True
        self.open = asyncio.Event()
        self.open.set()

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        await self.open.wait()
        if self.is_away:
            raise BrokerAway("switched off by the test")
        if not self.has_topic:
            return messages
        self.sent += messages
        return []


class IntakeBench:
    """The service over HTTP, and everything it touches."""

    def __init__(self, **settings: Any) -> None:
        self.store = MemoryStore()
        self.subscriptions = MemorySubscriptions()
        self.resolver = MemoryResolver()
        self.keys = MemoryKeys()
        self.identities = MemoryIdentities(lambda: self.store.vault)
        self.audit = MemoryAudit()
        self.erasures = MemoryErasures(lambda: self.store.vault, lambda: self.store.cases)
        self.opt_outs = MemoryOptOuts(lambda: self.store.vault)
        self.unsent = MemoryUnsent(self.store)
        self.publisher = MemoryPublisher()
        self.clock = SetClock(START)
        self._settings: dict[str, Any] = {
            "secret": SecretStr(SECRET),
            "vault_keys": SecretStr(VAULT_KEYS),
        }
        self.restart(**settings)

    def restart(self, **settings: Any) -> None:
        """Begin with a new process: only what is stored and published is still known."""
        self._settings |= settings
        self.telemetry = Telemetry()
        self.tracing: Tracing = OFF
        self._build()

    def restart_traced(self, tracing: Tracing) -> None:
        """Begin with a new process that traces."""
        self.telemetry, self.tracing = Telemetry(), tracing
        self._build()

    def _build(self) -> None:
        self.ports = IntakePorts(
            store=self.store,
            publisher=self.publisher,
            unsent=self.unsent,
            subscriptions=self.subscriptions,
            resolver=self.resolver,
            keys=self.keys,
            identities=self.identities,
            audit=self.audit,
            erasures=self.erasures,
            opt_outs=self.opt_outs,
            clock=self.clock,
            telemetry=self.telemetry,
            tracing=self.tracing,
        )
        self.app = create_app(IntakeSettings(**self._settings), ports=self.ports)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://intake")

    async def key(
        self, role: str, name: str = "loket", agency: str | None = None, scopes: Sequence[str] = ()
    ) -> dict[str, str]:
        """Return the header of a new key."""
        key = await create_key(
            self.keys, role, name, agency=agency, scopes=scopes, clock=self.clock
        )
        return {"Authorization": f"Bearer {key}"}

    async def submit(self, key: str | None = KEY, **form: Any) -> httpx.Response:
        """Submit a complaint, as the public does."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post("/v1/complaints", json={"text": TEXT} | form, headers=headers)

    async def accepted(self, **form: Any) -> dict[str, str]:
        """Submit a complaint; return what its caller is told."""
        answer = await self.submit(**form)
        assert answer.status_code == 202, answer.text
        told: dict[str, str] = answer.json()
        return told

    def nothing_happened(self) -> bool:
        """Tell whether nothing was stored and nothing published."""
        is_empty = self.store.is_empty and not self.subscriptions.kept
        return is_empty and not self.publisher.sent


@pytest.fixture
async def intake() -> AsyncIterator[IntakeBench]:
    bench = IntakeBench()
    yield bench
    await bench.http.aclose()


def problem_of(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Return the problem in an answer, after checking that it is one, as RFC 9457 asks."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:salur:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    if code is not None:
        assert problem["code"] == code
    return problem


_ids = itertools.count(1)


def case_of(complaint: Complaint, *entries: Entry) -> Case:
    """Return a case with these entries."""
    return Case(complaint=complaint, history=entries)


def entry(seq: int = 1, **changes: Any) -> Entry:
    """Return a history entry: routed by the router to Kabupaten Tangerang."""
    values: dict[str, Any] = {
        "seq": seq,
        "input_id": UUID(int=next(_ids)),
        "input": InputKind.SUBMITTED,
        "outcome": Outcome.ROUTED,
        "at": START,
        "actor": {"kind": ActorKind.ROUTER},
        "status": Status.ROUTED,
        "institution": "kab-3603",
        "decision": Decision.model_validate(
            {
                "institution": "kab-3603",
                "confidence": 0.75,
                "rule": "region_code",
                "version": "test",
                "candidates": [{"institution": "prov-36", "confidence": 0.2, "reason": "region"}],
            }
        ),
    }
    return Entry.model_validate(values | changes)

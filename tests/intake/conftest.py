"""Intake without Kafka and database: a store in memory, a publisher that is told how to fail."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from services.intake.app import create_app
from services.intake.keys.issuing import create_key
from services.intake.ports import IntakePorts
from services.intake.settings import IntakeSettings
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
from shared.errors import BrokerAway
from shared.kafka.envelope import Outgoing
from shared.runtime.clock import SetClock
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import OFF, Tracing
from tests.intake.fakes.erasure_store import MemoryErasures
from tests.intake.fakes.intake_store import MemoryStore
from tests.intake.fakes.memory_stores import MemoryAudit, MemoryIdentities, MemoryKeys
from tests.intake.fakes.preference_store import MemoryOptOuts
from tests.intake.fakes.subscription_store import MemoryResolver, MemorySubscriptions
from tests.intake.fakes.unsent_store import MemoryUnsent
from tests.support.builders import START, VAULT_KEYS

SECRET = "a-secret-for-tests-of-at-least-32-characters"
KEY = "3f9c1c52-93d5-4a0e-9d7e-0a1b2c3d4e5f"
TEXT = "Jalan di depan pasar berlubang sejak hujan kemarin."


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
        if self.is_away and messages:
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

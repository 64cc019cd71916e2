"""The league's doors over a small country in memory."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.routes import LeaguePorts, build, install
from services.metrics.settings import MetricsSettings
from shared.contracts.case import Outcome, Status
from shared.reference.names import DisplayNames
from shared.runtime.clock import SetClock
from tests.metrics.conftest import (
    COMPLETED,
    FOLLOWED_UP,
    ROUTED,
    TRIAGED,
    MemoryFacts,
    Step,
    case_events,
    outline,
    tables,
)
from tests.support.builders import START

POSTPONED = (Outcome.RETURNED, Status.POSTPONED)


def fact(name: str, *steps: Step, at: datetime = START, category: str | None = None) -> Fact:
    events = case_events(name, steps, received_at=at, category=category)
    return newest_facts([(outline(events[-1]), 0)])[0]


@pytest.fixture
def store() -> MemoryFacts:
    store = MemoryFacts()
    facts = [
        fact("a", (ROUTED, "kab-3603"), (COMPLETED, "kab-3603"), category="roads.damage"),
        fact("b", (ROUTED, "kab-3603"), (FOLLOWED_UP, "kab-3603"), category="roads"),
        fact("c", (ROUTED, "kab-3603"), (COMPLETED, "prov-36"), category="water"),
        fact("d", (ROUTED, "kota-3671"), (POSTPONED, "kota-3671")),
        fact("e", (TRIAGED, None)),
        fact("f", (COMPLETED, "kem-014"), at=START - timedelta(days=365)),
    ]
    store.facts = {one.complaint_id: one for one in facts}
    return store


@pytest.fixture
async def client(store: MemoryFacts) -> AsyncIterator[httpx.AsyncClient]:
    settings, clock, http = MetricsSettings(), SetClock(START), FastAPI()
    naming = InstitutionNaming(
        DisplayNames(settings.directory, settings.taxonomy), settings.directory
    )
    http.include_router(build(LeaguePorts(tables(store, clock), naming, clock, max_age=2)))
    install(http)
    transport = httpx.ASGITransport(app=http)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as client:
        yield client


async def table(client: httpx.AsyncClient, query: str = "") -> list[tuple[object, ...]]:
    answer = await client.get(f"/league.json{query}")
    lines = answer.json()["lines"]
    return [(one["rank"], one["code"], one["received"]) for one in lines]

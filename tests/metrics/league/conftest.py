"""The league's doors over a small country in memory, and groups of facts to be counted."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import strategies as st

from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.ranking import League, RankingRate, league
from services.metrics.league.ratios import DAY_MS, Mean
from services.metrics.league.routes import LeaguePorts, build, install
from services.metrics.league.tallies import FactGroup, by_institution
from services.metrics.settings import MetricsSettings
from shared.contracts.case import Outcome, Status
from shared.reference.names import DisplayNames
from shared.runtime.clock import SetClock
from tests.metrics.events import COMPLETED, FOLLOWED_UP, ROUTED, TRIAGED, Step, case_events, outline
from tests.metrics.memory import MemoryFacts, tables
from tests.support.builders import START

CODES = ("kem-014", "prov-21", "prov-36", "kab-3603", "kota-3671")
UNITS = ("PUPR", "Dinkes")
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


def group(
    institution: str | None = "prov-21",
    status: Status = Status.COMPLETED,
    cases: int = 1,
    **changes: object,
) -> FactGroup:
    """Return a group of facts, of completed cases where nothing else is said."""
    values = {
        "institution": institution,
        "unit": None,
        "former": (),
        "former_units": (),
        "month": "2022-01",
        "status": status,
        "cases": cases,
    }
    return FactGroup(**(values | changes))  # type: ignore[arg-type]  # a table of fields


def league_of(*groups: FactGroup, by: RankingRate = RankingRate.COMPLETION) -> League:
    """Return the league of these groups."""
    return league(by_institution(groups), by)


@st.composite
def groups(draw: st.DrawFn) -> FactGroup:
    """Draw a group whose cases may have passed through any of `CODES`."""
    institution = draw(st.sampled_from((None, *CODES)))
    former = set(draw(st.lists(st.sampled_from(CODES), max_size=2))) - {institution}
    unit = draw(st.sampled_from((None, *UNITS))) if institution else None
    held = draw(
        st.lists(st.tuples(st.sampled_from(sorted(former) or CODES), st.sampled_from(UNITS)))
    )
    units = {one for one in held if one[0] in (*former, institution)} - {(institution, unit)}
    cases = draw(st.integers(1, 40))
    return group(
        institution,
        draw(st.sampled_from(Status)),
        cases,
        unit=unit,
        former=tuple(sorted(former)),
        former_units=tuple(sorted(units)),
        month=draw(st.sampled_from(["2021-11", "2022-01", "2022-02"])),
        returned=draw(st.integers(0, cases)),
        overdue=draw(st.integers(0, cases)),
        misrouted=draw(st.integers(0, cases)),
        ratings=Mean(draw(st.integers(0, 9)), draw(st.integers(0, 3))),
        follow_up=tuple(draw(st.lists(st.integers(0, 9 * DAY_MS), max_size=3))),
    )


databases = st.lists(groups(), max_size=14)
rates = st.sampled_from(RankingRate)

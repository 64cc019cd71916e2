"""`/league` over HTTP: formats, languages, refusals, headers that protect and that save work."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.request import Lang, preferred_lang
from services.metrics.league.routes import LeaguePorts, build, install, wanted_format
from services.metrics.league.table_cache import ShownUnits
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
    MemoryUnits,
    Step,
    case_events,
    outline,
    tables,
)
from tests.support.builders import START

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
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


async def test_the_whole_table_as_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/league.json?period=2026")

    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert document["as_of"] == "2026-03-02T08:00:00.000Z"
    assert document["period"] == {"name": "2026", "first": "2026-01-01", "last": "2026-12-31"}
    assert [document[name] for name in ("institution", "tier", "category", "by")] == [
        None,
        None,
        None,
        "completion",
    ]
    first, second, last = document["lines"]
    assert first | {"trend": 0} == {
        "rank": 1,
        "code": "prov-36",
        "name": "Pemerintah Provinsi Banten",
        "received": 1,
        "status": {status.value: int(status is Status.COMPLETED) for status in Status},
        "follow_up": {"numerator": 1, "denominator": 1, "percent": 100.0},
        "completion": {"numerator": 1, "denominator": 1, "percent": 100.0},
        "transferred": {"in": 1, "out": 0},
        "returned": 0,
        "overdue": 0,
        "reopened": 0,
        "misrouted": 0,
        "median_days": {"route": 0.04, "follow_up": 0.08, "completion": 0.08},
        "satisfaction": {"mean": None, "ratings": 0},
        "trend": 0,
    }
    assert first["trend"] == [{"month": "2026-03", "received": 1, "completed": 1}]
    assert second["completion"] == {"numerator": 1, "denominator": 2, "percent": 50.0}
    assert second["transferred"] == {"in": 0, "out": 1}
    assert last["rank"] is None
    assert last["completion"] == {"numerator": 0, "denominator": 0, "percent": None}
    assert document["unassigned"]["received"] == 1
    assert (document["totals"]["received"], document["totals"]["returned"]) == (5, 1)
    assert document["totals"]["completion"] == {"numerator": 2, "denominator": 4, "percent": 50.0}


async def test_the_period_is_this_year_unless_asked_otherwise(client: httpx.AsyncClient) -> None:
    assert await table(client) == await table(client, "?period=2026")
    assert await table(client, "?period=2025") == [(1, "kem-014", 1)]
    assert len(await table(client, "?period=2025..2026H1")) == 4


async def test_a_main_category_covers_its_own(client: httpx.AsyncClient) -> None:
    assert await table(client, "?category=roads") == [(1, "kab-3603", 2)]
    assert await table(client, "?category=roads.damage") == [(1, "kab-3603", 1)]
    assert await table(client, "?category=road") == []


async def test_a_tier_leaves_out_the_others_and_triage(client: httpx.AsyncClient) -> None:
    document = (await client.get("/league.json?tier=kabkota")).json()

    assert [one["code"] for one in document["lines"]] == ["kab-3603", "kota-3671"]
    assert document["unassigned"] is None
    assert document["totals"]["received"] == 3


async def test_the_other_rate_ranks_when_asked_for(client: httpx.AsyncClient) -> None:
    assert await table(client, "?by=follow_up") == [
        (1, "kab-3603", 2),
        (2, "prov-36", 1),
        (None, "kota-3671", 1),
    ]


async def test_unknown_and_empty_parameters_are_ignored(client: httpx.AsyncClient) -> None:
    assert await table(client, "?tier=&category=&utm=1&page=x") == await table(client)


async def test_csv_is_for_spreadsheets(client: httpx.AsyncClient) -> None:
    answer = await client.get("/league.csv?period=2026")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert [(one["line"], one["rank"], one["received"]) for one in rows] == [
        ("institution", "1", "1"),
        ("institution", "2", "2"),
        ("institution", "", "1"),
        ("unassigned", "", "1"),
        ("total", "", "5"),
    ]
    assert rows[1]["completion_percent"] == "50.00"
    assert rows[2]["completion_percent"] == ""


@pytest.mark.parametrize("kind", ["", ".json", ".csv"])
async def test_an_institution_has_a_table_of_its_units(
    client: httpx.AsyncClient, store: MemoryFacts, kind: str
) -> None:
    for name, one in zip("xy", ("PUPR", "Dinkes"), strict=True):
        new = fact(name, (ROUTED, "kab-3603"), (COMPLETED, "kab-3603"))
        store.facts[new.complaint_id] = new.model_copy(update={"unit": one})

    answer = await client.get(f"/league/kab-3603{kind}?tier=kota")

    assert answer.status_code == 200
    if kind != ".csv":
        document = answer.json()
        assert [one["unit"] for one in document["lines"]] == ["Dinkes", "PUPR"]
        assert document["institution"]["code"] == "kab-3603"
        assert (document["unassigned"]["received"], document["totals"]["received"]) == (2, 4)
        assert document["tier"] is None


@pytest.mark.parametrize("kind", [".json", ".csv", ""])
async def test_what_nobody_accepted_is_shown_to_nobody(kind: str) -> None:
    store, http = MemoryFacts(), FastAPI()
    units = ("Dinkes",) * 3 + ("PUPR",) * 2 + ("Bu Siti, 0812",) * 4 + ("Dinas Rules",) * 3
    for name, unit in enumerate(units):
        new = fact(f"{name}", (ROUTED, "kab-3603")).model_copy(update={"unit": unit})
        store.facts[new.complaint_id] = new
    register = MemoryUnits(kab_3603={"Dinkes", "PUPR"}, kab_3604={"Bu Siti, 0812"})
    shown = ShownUnits(register, {"Dinas Rules"}, 3)
    counting = tables(store, SetClock(START), units=shown)
    naming = InstitutionNaming(DisplayNames(None, None))
    http.include_router(build(LeaguePorts(counting, naming, SetClock(START), max_age=2)))
    transport = httpx.ASGITransport(app=http)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as client:
        answer = await client.get(f"/league/kab-3603{kind}")

    assert answer.status_code == 200
    assert "Siti" not in answer.text
    assert "PUPR" not in answer.text
    if kind != ".csv":
        lines = {one["unit"]: (one["rank"], one["received"]) for one in answer.json()["lines"]}
        assert lines["unit lain"] == (None, 6)
        assert {lines["Dinkes"][1], lines["Dinas Rules"][1]} == {3}


async def test_an_institution_without_cases_has_an_empty_table(client: httpx.AsyncClient) -> None:
    document = (await client.get("/league/kem-001.json")).json()

    assert (document["lines"], document["totals"]["received"]) == ([], 0)
    page = await client.get("/league/kem-001?lang=en", headers=BROWSER)
    assert "No report was received" in page.text


async def test_a_browser_gets_a_page_and_a_program_json(client: httpx.AsyncClient) -> None:
    kinds = {
        accept: (await client.get("/league", headers={"Accept": accept})).headers["content-type"]
        for accept in (BROWSER["Accept"], "*/*", "application/json", "text/csv", "image/png")
    }

    assert list(kinds.values()) == [
        "text/html; charset=utf-8",
        "application/json",
        "application/json",
        "text/csv; charset=utf-8",
        "application/json",
    ]


def test_of_several_formats_the_preferred_one_is_taken() -> None:
    assert wanted_format("text/html;q=0.5, application/json;q=0.9") == "json"
    assert wanted_format("text/html;q=0.9, application/json;q=x") == "html"
    assert wanted_format("text/csv, text/html;q=0.1") == "csv"
    assert wanted_format("," * 5000) == "json"


async def test_the_page_speaks_the_language_asked_for(client: httpx.AsyncClient) -> None:
    async def page(query: str = "", lang: str = "") -> str:
        headers = {**BROWSER, "Accept-Language": lang}
        return (await client.get(f"/league{query}", headers=headers)).text

    assert '<html lang="id">' in await page()
    assert '<html lang="en">' in await page(lang="en-GB,en;q=0.9,id;q=0.8")
    assert '<html lang="id">' in await page("?lang=id", "en")
    assert "100,00 %" in await page("?lang=id")


def test_indonesian_is_the_language_of_whoever_names_neither() -> None:
    assert preferred_lang("nl, fr;q=0.5") is Lang.INDONESIAN
    assert preferred_lang("id;q=0.2, en;q=0.3") is Lang.ENGLISH
    assert preferred_lang("en;q=0") is Lang.INDONESIAN


async def test_the_page_allows_no_script_and_no_other_host(client: httpx.AsyncClient) -> None:
    answer = await client.get("/league", headers=BROWSER)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_all_bad_parameters_are_named_at_once(client: httpx.AsyncClient) -> None:
    query = "period=2021H3&tier=desa&by=luck&sort=x&lang=nl&category=Pak%20Budi"

    answer = await client.get(f"/league.json?{query}")

    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "invalid_query")
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["pointer"] for one in document["errors"]] == [
        "/period",
        "/tier",
        "/category",
        "/by",
        "/sort",
        "/lang",
    ]
    assert "Budi" not in answer.text
    assert "kabkota" in answer.text


async def test_a_person_sees_what_is_wrong_on_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/league?period=kemarin&lang=id", headers=BROWSER)

    assert answer.status_code == 422
    assert "Periksa isian berikut" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "kemarin" not in answer.text


@pytest.mark.parametrize("path", ["/league/desa-1", "/league/kab-36x.json", "/leagues"])
async def test_what_is_no_institution_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_league_is_for_reading_only(client: httpx.AsyncClient) -> None:
    answer = await client.post("/league")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("headers", [{}, BROWSER])
async def test_without_the_database_one_is_asked_to_return(
    client: httpx.AsyncClient, store: MemoryFacts, headers: dict[str, str]
) -> None:
    store.away = True

    answer = await client.get("/league", headers=headers)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    store.away = False
    assert (await client.get("/league", headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/league", "/league.csv", "/league/kab-3603"])
async def test_what_has_not_changed_is_not_sent_again(
    client: httpx.AsyncClient, store: MemoryFacts, path: str
) -> None:
    first = await client.get(path, headers=BROWSER)
    known = BROWSER | {"If-None-Match": first.headers["etag"]}

    again = await client.get(path, headers=known)

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "public, max-age=2"
    new = fact("new", (ROUTED, "kab-3603"))
    store.facts[new.complaint_id] = new
    assert (await client.get(path, headers=known)).status_code == 200


async def test_the_time_alone_is_no_change(client: httpx.AsyncClient, store: MemoryFacts) -> None:
    tags = set()
    for hours in (0, 1):
        clock = SetClock(START + timedelta(hours=hours))
        http = FastAPI()
        ports = LeaguePorts(
            tables(store, clock), InstitutionNaming(DisplayNames(None, None)), clock, max_age=2
        )
        http.include_router(build(ports))
        transport = httpx.ASGITransport(app=http)
        async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as one:
            tags.add((await one.get("/league.json")).headers["etag"])

    assert len(tags) == 1


async def test_answers_are_packed_for_who_can_unpack(client: httpx.AsyncClient) -> None:
    packed = await client.get("/league", headers=BROWSER | {"Accept-Encoding": "gzip"})
    plain = await client.get("/league", headers=BROWSER | {"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text

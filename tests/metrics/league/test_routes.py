"""`/league` over HTTP: formats, languages, refusals, headers that protect and that save work."""

import httpx
import pytest
from fastapi import FastAPI

from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.routes import LeaguePorts, build
from services.metrics.league.table_cache import ShownUnits
from shared.contracts.case import Status
from shared.reference.names import DisplayNames
from shared.runtime.clock import SetClock
from tests.metrics.events import COMPLETED, ROUTED
from tests.metrics.league.conftest import fact, table
from tests.metrics.memory import MemoryFacts, MemoryUnits, tables
from tests.support.builders import START

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


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

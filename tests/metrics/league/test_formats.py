"""Who gets the league as a page, as JSON or as CSV, in which language, and when not again."""

import csv
import io
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.request import Lang, preferred_lang
from services.metrics.league.routes import LeaguePorts, build, wanted_format
from shared.reference.names import DisplayNames
from shared.runtime.clock import SetClock
from tests.metrics.events import ROUTED
from tests.metrics.league.conftest import fact
from tests.metrics.league.test_routes import BROWSER
from tests.metrics.memory import MemoryFacts, tables
from tests.support.builders import START


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

"""Names of closed periods: a table shows what institutions were called in its time."""

import csv
import io
import logging
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.league.former_names import FormerName, FormerNames, parse_former_names
from services.metrics.league.naming import InstitutionNaming
from services.metrics.league.routes import LeaguePorts, build, install
from shared.errors import Misconfigured
from shared.reference.names import DisplayNames
from shared.runtime.clock import SetClock
from tests.metrics.events import COMPLETED
from tests.metrics.league.conftest import fact
from tests.metrics.memory import MemoryFacts, tables
from tests.support.builders import START

DIRECTORY = "code,name\nkem-041,Kementerian Kehutanan\nkem-034,Kementerian Lingkungan Hidup\n"
HEADER = "code,name,short,until\n"
FORMER = HEADER + "kem-041,Kementerian Hutan Lama,Kemhut,2026-02-01\n"
OLDER = "kem-041,Departemen Kehutanan,Dephut,2025-06-01\n"
OLD, NEW = "Kementerian Hutan Lama", "Kementerian Kehutanan"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "institutions.csv"
    path.write_text(DIRECTORY, encoding="utf-8")
    (tmp_path / "names.csv").write_text(FORMER, encoding="utf-8")
    return path


def naming(directory: Path) -> InstitutionNaming:
    return InstitutionNaming(DisplayNames(directory, None), directory)


@pytest.fixture
async def client(directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    store, http = MemoryFacts(), FastAPI()
    for months in (0, 2):
        at = START - timedelta(days=30 * months)
        one = fact(f"{months}", (COMPLETED, "kem-041"), at=at)
        store.facts[one.complaint_id] = one
    clock = SetClock(START)
    ports = LeaguePorts(tables(store, clock), naming(directory), clock, max_age=2)
    http.include_router(build(ports))
    install(http)
    transport = httpx.ASGITransport(app=http)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as client:
        yield client


@pytest.mark.parametrize(("period", "name"), [("2026-01", OLD), ("2026-03", NEW), ("2026", NEW)])
async def test_a_period_shows_the_name_of_its_time_in_every_form(
    client: httpx.AsyncClient, period: str, name: str
) -> None:
    query = f"period={period}"
    document = (await client.get(f"/league.json?{query}")).json()
    text = (await client.get(f"/league.csv?{query}")).content.decode("utf-8-sig")
    page = (await client.get(f"/league?{query}", headers={"Accept": "text/html"})).text
    units = (await client.get(f"/league/kem-041?{query}", headers={"Accept": "text/html"})).text

    assert [line["name"] for line in document["lines"]] == [name]
    assert next(csv.DictReader(io.StringIO(text)))["name"] == name
    other = OLD if name == NEW else NEW
    for written in (page, units):
        assert name in written
        assert other not in written


def test_of_several_former_names_the_one_in_use_at_the_end_of_the_day_is_shown() -> None:
    names = FormerNames(parse_former_names(FORMER + OLDER))

    assert names.on("kem-041", date(2025, 5, 31)) == "Departemen Kehutanan"
    assert names.on("kem-041", date(2025, 6, 1)) == OLD
    assert names.on("kem-041", date(2026, 1, 31)) == OLD
    assert names.on("kem-041", date(2026, 2, 1)) is None
    assert names.on("kem-034", date(2020, 1, 1)) is None


async def test_a_rename_while_it_runs_is_followed(directory: Path) -> None:
    names = naming(directory)
    directory.write_text(DIRECTORY.replace(NEW, "Kementerian Rimba"), encoding="utf-8")
    line = f"kem-041,{NEW},Kemenhut,2026-11-22\n"
    directory.with_name("names.csv").write_text(FORMER + line, encoding="utf-8")

    await names.reload()

    assert names.of(date(2026, 11, 21)).institution("kem-041") == NEW
    assert names.of(date(2026, 11, 22)).institution("kem-041") == "Kementerian Rimba"


async def test_a_wrong_file_while_it_runs_changes_nothing_and_is_said_once(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = naming(directory)
    directory.with_name("names.csv").write_text(HEADER + "kem-041,X,X,soon\n", encoding="utf-8")

    with caplog.at_level(logging.WARNING):
        await names.reload()
        await names.reload()

    assert names.of(date(2026, 1, 1)).institution("kem-041") == OLD
    assert len(caplog.records) == 1
    assert "line 2, column until: 'soon'" in caplog.text


def test_without_the_file_all_have_their_present_names(directory: Path) -> None:
    directory.with_name("names.csv").unlink()

    assert naming(directory).of(date(2020, 1, 1)).institution("kem-041") == NEW


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,name,until\n", "line 1 has no short"),
        (HEADER + "kem-041,X,X,2026-02-30\n", "column until: '2026-02-30'; write a day"),
        (HEADER + ",X,X,2026-02-01\n", "line 2 has no code or no name"),
        (HEADER + "kem-041,,X,2026-02-01\n", "line 2 has no code or no name"),
        (HEADER + '"open', "write plain CSV"),
    ],
)
def test_a_wrong_line_is_refused_with_the_way_out(directory: Path, text: str, said: str) -> None:
    directory.with_name("names.csv").write_text(text, encoding="utf-8")

    with pytest.raises(Misconfigured, match=said):
        naming(directory)


def test_a_file_that_is_no_text_is_refused(directory: Path) -> None:
    directory.with_name("names.csv").write_bytes(b"\xff")

    with pytest.raises(Misconfigured, match=r"names\.csv: UnicodeDecodeError; give a file"):
        naming(directory)


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(st.lists(days, unique=True, max_size=6), days)
def test_every_day_has_the_name_that_ended_next(ends: list[date], day: date) -> None:
    names = FormerNames(FormerName("kem-041", f"until {end}", end) for end in ends)

    later = [end for end in ends if end > day]
    assert names.on("kem-041", day) == (f"until {min(later)}" if later else None)

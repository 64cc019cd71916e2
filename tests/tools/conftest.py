"""A country's reports in a database, the service that shows them, and a browser to look with."""

import asyncio
import csv
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.dev.local.parts import running
from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.units import accept_units
from services.metrics.domain.facts import Fact, month_of, tier_of
from services.metrics.settings import MetricsSettings
from services.metrics.store import MongoFacts
from shared.contracts.case import Status
from shared.database.collections import FACTS
from shared.database.mongo import Mongo
from shared.settings import MongoSettings
from tests.support.builders import complaint_id
from tests.support.programs.chromium import Chromium
from tests.tools.devtools import Tab, new_tab

FIRST, MOST = "prov-21", "kab-3603"  # who ranks first, and who has received the most
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'</table>"
UNITS = (None, "Dinas Pekerjaan Umum dan Penataan Ruang", "RSUD", "W" * 60, HOSTILE)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ENDED = (Status.COMPLETED, Status.COMPLETED, Status.COMPLETED, *Status)


def reports(institution: str | None, count: int, chance: random.Random) -> list[Fact]:
    """Return facts of reports of ten months, in every status and unit; the first is not done."""
    return [
        _fact(
            f"{institution}-{number}",
            institution,
            Status.IN_PROGRESS if number == 0 else chance.choice(ENDED),
            chance=chance,
        )
        for number in range(count)
    ]


def _fact(name: str, institution: str | None, status: Status, *, chance: random.Random) -> Fact:
    received_at = BEGIN + timedelta(minutes=chance.randrange(300 * 24 * 60))
    routed_at = received_at + timedelta(minutes=chance.randrange(600))
    followed_up_at = routed_at + timedelta(hours=chance.randrange(1, 90))
    done = status is Status.COMPLETED
    return Fact(
        complaint_id=complaint_id(name),
        partition=0,
        seq=3,
        received_at=received_at,
        month=month_of(received_at),
        institution=institution,
        unit=chance.choice(UNITS) if institution else None,
        tier=tier_of(institution),
        status=status if institution else Status.UNVERIFIED,
        category=chance.choice(("roads", "roads.damage", "water", None)),
        hops=0,
        former=(),
        routed_at=routed_at if institution else None,
        first_follow_up_at=followed_up_at if done else None,
        completed_at=followed_up_at + timedelta(days=chance.randrange(20)) if done else None,
        overdue=chance.randrange(2),
        rating=chance.randrange(1, 6) if done else None,
    )


def country() -> list[Fact]:
    """Return the facts of fifty institutions, those with the longest names among them."""
    chance = random.Random(20)
    directory = MetricsSettings().directory
    assert directory is not None
    with directory.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: -len(row["name"]))
    codes = {row["code"] for row in (*rows[:8], *chance.sample(rows, 40))} - {FIRST, MOST}
    facts = [
        fact for code in sorted(codes) for fact in reports(code, chance.randrange(1, 20), chance)
    ]
    facts += [*reports(MOST, 80, chance), *reports(None, 7, chance)]
    facts += [
        _fact(f"first-{number}", FIRST, Status.COMPLETED, chance=chance) for number in range(40)
    ]
    return facts


async def _save(facts: Sequence[Fact], settings: MongoSettings) -> None:
    async with Mongo(settings) as mongo:
        await MongoFacts(mongo.cases(FACTS)).save(facts)


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the league of 2026, of a metrics service that is ready."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(StackOptions(folder, agencies=(), services=("metrics",))) as stack:
        asyncio.run(_save(country(), stack.mongo))
        asyncio.run(accept_units(stack.mongo, {MOST: [unit for unit in UNITS if unit]}))
        yield f"{stack.url('metrics')}/league?period=2026&lang=id"


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    part = Chromium(tmp_path_factory.mktemp("chromium"))
    with running(part):
        yield part


@pytest.fixture
async def tab(chromium: Chromium) -> AsyncIterator[Tab]:
    async with new_tab(chromium.url) as tab:
        yield tab


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return the folder to which a test writes what it saw."""
    return tmp_path

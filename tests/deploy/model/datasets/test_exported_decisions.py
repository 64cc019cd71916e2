"""Decisions of officers as `salur export-decisions` writes them from a database."""

import asyncio
import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.parts import Part
from deploy.model.datasets.csv_table import read_table
from deploy.model.datasets.officer_decisions import (
    PAGE,
    DecisionRow,
    decided_by_people,
    row_of,
)
from services.router.store import MongoCases
from shared.contracts.actions import Transfer
from shared.contracts.case import Case
from shared.database.collections import CASES
from shared.database.mongo import Mongo
from shared.settings import MongoSettings
from tests.deploy.model.datasets.test_officer_decisions import OPERATOR, assign, folded, routed
from tests.support.builders import (
    OFFICER,
    agency,
    complaint_id,
    decision,
    request,
    submitted,
)


@pytest.fixture
def settings(database: Part) -> MongoSettings:
    name = f"test_{uuid4().hex[:12]}"
    return MongoSettings(
        url=SecretStr(database.url), cases_database=name, private_database=f"{name}_private"
    )


def salur(settings: MongoSettings, *words: object) -> Result:
    env = {
        "SALUR_MONGO__URL": settings.url.get_secret_value(),
        "SALUR_MONGO__CASES_DATABASE": settings.cases_database,
        "SALUR_MONGO__PRIVATE_DATABASE": settings.private_database,
    }
    return CliRunner().invoke(app, [str(word) for word in words], env=env)


def last_line(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found


async def keep(settings: MongoSettings, rows: Sequence[tuple[str, str]]) -> None:
    """Write one case per row, routed by an officer; every tenth was transferred away since."""
    async with Mongo(settings) as mongo:
        store = MongoCases(mongo.cases(CASES))
        folds = []
        for number, (text, label) in enumerate(rows):
            name = str(number)
            actions = routed(number, text, label)
            if number % 10 == 0:
                away = Transfer(text="x")
                actions.append(
                    request(
                        away,
                        number + 10_000,
                        complaint_id=complaint_id(name),
                        actor=agency("prov-36"),
                    )
                )
            folds.append(folded(submitted(name, title=f"={label[:3]}", text=text), *actions))
        await store.save([*folds, folded(submitted("alone"))])


@pytest.mark.connected
def test_exported_decisions_can_be_trained_on(
    settings: MongoSettings, labelled: Callable[..., list[tuple[str, str]]], tmp_path: Path
) -> None:
    rows = labelled(2 * PAGE + 30, 4)
    asyncio.run(keep(settings, rows))
    out = tmp_path / "decisions.csv"

    told = last_line(salur(settings, "export-decisions", "--out", out))
    trained = salur(
        settings,
        *("train", "--input", out, "--text", "text", "--title", "title", "--label", "category"),
        *("--time", "decided_at", "--out", tmp_path / "a.model"),
    )

    assert (told["rows"], told["transferred_away"], told["empty"]) == (207, 23, 0)
    with out.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert {row["text"] for row in written} == {
        text for number, (text, _) in enumerate(rows) if number % 10
    }
    assert {row["title"] for row in written} == {"'=bid"}
    said = last_line(trained)
    assert (said["rows"], said["split"], said["duplicates"]) == (207, "newest", 0)


@pytest.mark.connected
def test_since_a_day_only_what_was_decided_from_then_on(
    settings: MongoSettings, tmp_path: Path
) -> None:
    asyncio.run(keep(settings, [("jalan", "bidang-01")] * 60))
    out = tmp_path / "decisions.csv"
    day = datetime(2026, 3, 4, tzinfo=UTC)  # begins at 17:00 UTC of the day before in WIB

    told = last_line(
        salur(settings, "export-decisions", "--out", out, "--since", f"{day:%Y-%m-%d}")
    )

    table = read_table(out)
    decided = [datetime.fromisoformat(cell) for cell in table.column("decided_at")]
    assert min(decided) == datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert told["rows"] == len(decided) > 0


@pytest.mark.connected
def test_what_institutions_assign_themselves_is_not_read(settings: MongoSettings) -> None:
    actors = {"officer": OFFICER, "operator": OPERATOR, "institution": agency()}

    async def read() -> list[Case]:
        async with Mongo(settings) as mongo:
            store = MongoCases(mongo.cases(CASES))
            for name, actor in actors.items():
                assigned = assign(1, actor, name, category="roads.x")
                first = decision(category="water")
                await store.save([folded(submitted(name), assigned, first=first)])
            return [one async for one in decided_by_people(mongo.cases(CASES), None)]

    found = asyncio.run(read())

    numbers = {one.complaint.complaint_id for one in found}
    assert numbers == {complaint_id("officer"), complaint_id("operator")}
    assert all(isinstance(row_of(one), DecisionRow) for one in found)


def test_a_day_that_is_none_is_bad_usage(tmp_path: Path) -> None:
    words = ["export-decisions", "--out", str(tmp_path / "a.csv"), "--since", "kemarin"]

    assert CliRunner().invoke(app, words).exit_code == 2

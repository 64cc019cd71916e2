"""`salur deliveries`: what an operator is shown, and what the command changes."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo import InsertOne
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.parts import Part
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo, Write
from shared.settings import MongoSettings

KAB = "kab-3603"
NOW = datetime(2026, 1, 5, tzinfo=UTC)
Salur = Callable[..., Result]


def row(endpoint_id: str, state: str, number: int) -> dict[str, Any]:
    """Return a delivery as the notifier keeps it."""
    return {
        "_id": f"event-{number}:{endpoint_id}",
        "ce_id": f"event-{number}",
        "endpoint_id": endpoint_id,
        "agency": KAB,
        "complaint_id": UUID(int=number),
        "seq": 1,
        "source": f"agency-{KAB}/0",
        "offset": number,
        "created": NOW,
        "due": NOW,
        "body": '{"data":{"title":"Jalan rusak"}}',
        "state": state,
        "attempts": 3,
        "owner": "",
        "until": NOW,
        "expires": NOW + timedelta(days=365),
    }


async def seed(settings: MongoSettings) -> None:
    endpoint = {"endpoint_id": "e1", "agency": KAB, "name": "main", "url": "https://x.example/"}
    subscription = {"_id": KAB, "agency": KAB, "version": 1, "endpoints": [endpoint]}
    ladder = {"_id": "e1", "agency": KAB, "state": "disabled", "failures": 1, "version": 4}
    rows = [("e1", "parked"), ("e1", "parked"), ("e1", "rejected"), ("gone", "parked")]
    writes: list[Write] = [InsertOne(row(*one, number)) for number, one in enumerate(rows)]
    async with Mongo(settings) as mongo:
        await mongo.private(ENDPOINTS).write([InsertOne(subscription)])
        await mongo.private(LANES).write([InsertOne(ladder)])
        await mongo.private(DELIVERIES).write(writes)


@pytest.fixture
def salur(database: Part) -> Salur:
    """Return a command line on a database with parked deliveries."""
    names = [f"test_{uuid4().hex[:12]}" for _ in range(2)]
    settings = MongoSettings(url=database.url, cases_database=names[0], private_database=names[1])
    asyncio.run(seed(settings))
    env = {
        "SALUR_MONGO__URL": database.url,
        "SALUR_MONGO__CASES_DATABASE": names[0],
        "SALUR_MONGO__PRIVATE_DATABASE": names[1],
    }
    return lambda *arguments: CliRunner().invoke(app, ("deliveries", *arguments), env=env)


def shown(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


@pytest.mark.connected
def test_deliveries_are_counted_by_endpoint_and_state_without_a_word_of_them(salur: Salur) -> None:
    result = salur("list", "--agency", KAB)

    assert result.exit_code == 0
    assert shown(result)["deliveries"] == {"parked": 3, "rejected": 1}
    first, second = shown(result)["endpoints"]
    assert (first["endpoint_id"], first["name"]) == ("gone", "")
    assert (second["name"], second["state"]) == ("main", "disabled")
    assert f"{KAB} main: disabled; 2 parked, 1 rejected" in result.stderr
    assert "Jalan" not in result.output
    assert "x.example" not in result.output


@pytest.mark.connected
def test_a_replay_says_what_it_did_and_what_it_left(salur: Salur) -> None:
    result = salur("replay", "--agency", KAB, "--rejected")

    assert shown(result) == {"endpoints": 1, "deliveries": 3, "left": 1}
    assert "see `move`" in result.stderr
    endpoints = shown(salur("list"))["endpoints"]
    assert [(one["state"], one["deliveries"]) for one in endpoints] == [
        ("ok", {"parked": 1}),
        ("failing", {"pending": 3}),
    ]


@pytest.mark.connected
def test_what_a_former_endpoint_left_is_moved_to_one_that_is_there(salur: Salur) -> None:
    assert shown(salur("move", KAB, "gone", "main")) == {"moved": 1}

    (only,) = shown(salur("list", "--state", "pending"))["endpoints"]
    assert (only["name"], only["deliveries"]) == ("main", {"pending": 1})


@pytest.mark.connected
def test_a_move_to_an_endpoint_that_is_not_there_is_refused_by_name(salur: Salur) -> None:
    result = salur("move", KAB, "gone", "nowhere")

    assert result.exit_code == 2
    assert "no endpoint 'nowhere'" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay",),
        ("replay", "--agency", "3603"),
        ("list", "--agency", "kab-3603,kab-3604"),
        ("list", "--state", "lost"),
        ("move", "3603", "old", "main"),
    ],
)
def test_bad_usage_ends_with_code_2(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, ("deliveries", *arguments)).exit_code == 2

"""`salur keys` and `salur audit` on a real database."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.parts import Part
from services.intake.http.problems import Problem
from services.intake.keys.keyring import Keyring
from services.intake.keys.store import MongoKeys
from shared.database.collections import AUDIT
from shared.database.mongo import Mongo
from shared.runtime.clock import SetClock, WallClock
from shared.settings import MongoSettings

pytestmark = pytest.mark.connected
Salur = Callable[..., Result]


@pytest.fixture
def settings(database: Part) -> MongoSettings:
    name = f"test_{uuid4().hex[:12]}"
    return MongoSettings(
        url=SecretStr(database.url), cases_database=name, private_database=f"{name}_private"
    )


@pytest.fixture
def salur(settings: MongoSettings) -> Salur:
    env = {
        "SALUR_MONGO__URL": settings.url.get_secret_value(),
        "SALUR_MONGO__PRIVATE_DATABASE": settings.private_database,
    }

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, arguments, env=env)
        assert result.exit_code == code, result.output
        return result

    return run


def last(result: Result) -> dict[str, object]:
    told: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return told


def refusal(settings: MongoSettings, key: object, *, later: timedelta = timedelta(0)) -> str | None:
    """Return why a key opens nothing at some later time, or None where it does."""

    async def ask() -> None:
        async with Mongo(settings) as mongo:
            clock = SetClock(WallClock().now() + later)
            keyring = Keyring(MongoKeys(mongo), clock, cache_seconds=0)
            await keyring.caller(f"Bearer {key}")
            await keyring.finish()

    try:
        asyncio.run(ask())
    except Problem as problem:
        return problem.detail
    return None


def test_a_key_lives_is_rotated_and_revoked_and_its_secret_is_never_listed(
    salur: Salur, settings: MongoSettings
) -> None:
    made = ("--role", "agency", "--name", "pemkab", "--agency", "kab-3603", "--expires", "90d")
    former = str(last(salur("keys", "create", *made))["key"])
    former_id = former.split("_")[1]
    assert refusal(settings, former) is None
    assert "expired" in str(refusal(settings, former, later=timedelta(days=90)))

    rotated = last(salur("keys", "rotate", former_id, "--grace", "7d"))
    new = str(rotated["key"])
    assert [refusal(settings, key, later=timedelta(days=6)) for key in (former, new)] == [None] * 2
    assert "expired" in str(refusal(settings, former, later=timedelta(days=7)))
    assert refusal(settings, new, later=timedelta(days=89)) is None

    salur("keys", "revoke", former_id)
    assert "revoked" in str(refusal(settings, former))

    shown = salur("keys", "list")
    rows = last(shown)["keys"]
    assert isinstance(rows, list)
    assert [(row["id"], row["state"]) for row in rows] == [
        (former_id, "revoked"),
        (new.split("_")[1], "live"),
    ]
    assert {row["agency"] for row in rows} == {"kab-3603"}
    assert rows[0]["used_at"]
    for key in (former, new):
        assert key.split("_")[2] not in shown.output


def test_a_key_that_is_not_there_is_named(salur: Salur) -> None:
    for command in ("rotate", "revoke"):
        assert "beefbeefbeef" in salur("keys", command, "beefbeefbeef", code=2).stderr


def test_what_is_done_to_keys_is_shown_newest_first(salur: Salur) -> None:
    former = str(last(salur("keys", "create", "--role", "officer", "--name", "triase"))["key"])
    former_id = former.split("_")[1]
    salur("keys", "rotate", former_id)
    salur("keys", "revoke", former_id)

    *entries, counted = map(json.loads, salur("audit").stdout.splitlines())

    assert counted == {"entries": 3}
    assert [entry["action"] for entry in entries] == ["key_revoked", "key_rotated", "key_created"]
    assert {entry["role"] for entry in entries} == {"command"}
    assert [entry["about"][:12] for entry in entries] == [former_id] * 3
    assert former.split("_")[2] not in str(entries)
    assert last(salur("audit", "--action", "key_revoked")) == {"entries": 1}
    assert last(salur("audit", "--agency", "prov-36")) == {"entries": 0}


def test_the_audit_is_verified_and_its_first_broken_entry_is_named(
    salur: Salur, settings: MongoSettings
) -> None:
    async def change(where: dict[str, object], change: dict[str, object]) -> None:
        async with Mongo(settings) as mongo:
            await mongo.private(AUDIT).update(where, {"$set": change})

    for name in ("one", "two", "three"):
        salur("keys", "create", "--role", "officer", "--name", name)
    whole = salur("audit", "verify")
    assert last(whole) == {"entries": 3, "chains": 3, "unchained": 0}
    heads = [json.loads(line) for line in whole.stdout.splitlines()[:-1]]

    asyncio.run(change({"chain": heads[0]["chain"]}, {"name": "somebody else"}))
    broken = salur("audit", "verify", code=1)

    assert f"{heads[0]['chain']} entry 1: it was changed" in str(last(broken)["broken"])
    assert "1 entries of the audit are broken, the first" in broken.stderr

"""`salur keys` and `salur audit` on a real database."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.local.parts import Part
from services.intake.audit_store import MongoAudit
from services.intake.domain.reading import IdentityRead, Purpose, ReadOutcome
from services.intake.key_store import MongoKeys
from services.intake.keys import Keyring
from services.intake.problems import Problem
from shared.clock import SetClock, WallClock
from shared.mongo import Mongo
from shared.settings import MongoSettings
from tests.builders import START

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


def test_reads_of_identities_are_shown_newest_first(salur: Salur, settings: MongoSettings) -> None:
    async def add() -> None:
        async with Mongo(settings) as mongo:
            for number, outcome in enumerate((ReadOutcome.GRANTED, ReadOutcome.NOT_HOLDER)):
                await MongoAudit(mongo, days=1).add_read(
                    IdentityRead(
                        id=UUID(int=number),
                        at=START + timedelta(minutes=number),
                        role="agency",
                        key_id="0123456789ab",
                        name="pemkab",
                        agency="kab-3603",
                        number="0123456789ABCDEF",
                        purpose=Purpose.CONTACT,
                        outcome=outcome,
                    )
                )

    asyncio.run(add())

    lines = salur("audit").stdout.splitlines()
    assert [json.loads(line).get("outcome") for line in lines] == ["not_holder", "granted", None]
    assert last(salur("audit", "--outcome", "granted", "--agency", "kab-3603")) == {"reads": 1}
    assert last(salur("audit", "--agency", "prov-36")) == {"reads": 0}

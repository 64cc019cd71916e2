"""`salur backup` on a real database: the same bytes again, and nothing overwritten."""

import io
import json
import os
import stat
from pathlib import Path

import pytest
from pymongo import InsertOne, MongoClient
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.dev.local.parts import Part
from deploy.operate.backup.archive import ArchiveReader, ArchiveWriter
from deploy.operate.backup.database import load, save
from shared.database.collections import AUDIT, ERASURES, KEYS, RECEIPTS, VAULT
from shared.database.mongo import Mongo, StoredDatabase
from shared.errors import Misconfigured
from tests.support.builders import START

pytestmark = pytest.mark.connected
ROWS = 1_200  # more than two batches


def silent(_: str) -> None:
    return


async def filled(mongo: Mongo) -> StoredDatabase:
    """Put rows of several collections into the private database."""
    for number in range(3):
        row = {"_id": f"key-{number}", "roles": ["operator"], "made": START, "uses": number}
        await mongo.private(KEYS).insert(row)
    await mongo.private(ERASURES).insert({"_id": 1, "state": "fading"})
    await mongo.private(VAULT).insert({"_id": 1, "text": "Jalan é 🚧", "none": None, "ratio": 0.1})
    stored = mongo.stored_private()
    rows = [{"_id": number, "number": f"{number:016}"} for number in range(ROWS)]
    await mongo.private(RECEIPTS).write([InsertOne(row) for row in rows])
    return stored


async def everything(stored: StoredDatabase) -> dict[str, set[bytes]]:
    """Return every document of every collection, as bytes."""
    found: dict[str, set[bytes]] = {}
    for name in await stored.names():
        found[name] = {one async for some in stored.documents(name) for one in some}
    return found


async def copied(stored: StoredDatabase) -> bytes:
    file = io.BytesIO()
    await save(stored, ArchiveWriter(file, database=stored.name, at=START), say=silent)
    return file.getvalue()


async def lose(mongo: Mongo) -> None:
    for name in (KEYS, ERASURES, VAULT, RECEIPTS):
        await mongo.private(name).delete({})


async def test_what_was_lost_comes_back_to_the_last_byte(mongo: Mongo) -> None:
    stored = await filled(mongo)
    before = await everything(stored)
    data = await copied(stored)
    await lose(mongo)

    with ArchiveReader(io.BytesIO(data)) as archive:
        counts = await load(stored, archive, say=silent)

    assert counts == {KEYS: 3, ERASURES: 1, VAULT: 1, RECEIPTS: ROWS}
    assert await everything(stored) == before


async def test_receipts_are_read_before_the_vault_and_erasures_after_it(mongo: Mongo) -> None:
    data = await copied(await filled(mongo))

    with ArchiveReader(io.BytesIO(data)) as archive:
        names = list(dict.fromkeys(name for name, _ in archive))

    assert names == [RECEIPTS, KEYS, VAULT, ERASURES]


async def test_a_database_that_holds_anything_is_left_as_it_is(mongo: Mongo) -> None:
    stored = await filled(mongo)
    data = await copied(stored)
    await lose(mongo)
    await mongo.private(KEYS).insert({"_id": "newer"})

    with (
        ArchiveReader(io.BytesIO(data)) as archive,
        pytest.raises(Misconfigured, match=r"keys holds documents.*drop that database"),
    ):
        await load(stored, archive, say=silent)

    assert sum(map(len, (await everything(stored)).values())) == 1


@pytest.fixture
def command(mongo: Mongo, database: Part, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Return what runs commands against the test's own databases."""
    monkeypatch.setenv("SALUR_MONGO__URL", database.url)
    monkeypatch.setenv("SALUR_MONGO__PRIVATE_DATABASE", mongo.stored_private().name)
    return CliRunner()


def test_the_file_is_its_owners_alone_and_never_replaced(
    command: CliRunner, tmp_path: Path
) -> None:
    file = tmp_path / "private.bak"

    first = command.invoke(app, ["backup", str(file), "--plain"])
    again = command.invoke(app, ["backup", str(file), "--plain"])

    assert (first.exit_code, again.exit_code) == (0, 2), first.output
    assert "never replaces" in again.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["private.bak"]


def test_a_folder_that_is_missing_is_named(command: CliRunner, tmp_path: Path) -> None:
    answers = [
        command.invoke(app, ["backup", str(tmp_path / "none" / "file"), "--plain"]),
        command.invoke(app, ["backup", str(tmp_path / "none"), "--restore"]),
    ]

    assert [answer.exit_code for answer in answers] == [2, 2]
    assert "cannot write" in answers[0].output
    assert "cannot read" in answers[1].output


def test_a_database_that_is_away_is_said(
    command: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALUR_MONGO__URL", "mongodb://127.0.0.1:1/")
    monkeypatch.setenv("SALUR_MONGO__TIMEOUT_MS", "200")

    answer = command.invoke(app, ["backup", str(tmp_path / "file"), "--plain"])

    assert answer.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_it_goes_through_a_pipe_and_back(
    command: CliRunner, database: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MongoClient[dict[str, object]](database.url) as client:
        name = os.environ["SALUR_MONGO__PRIVATE_DATABASE"]
        client[name][KEYS].insert_one({"_id": "key-1", "roles": ["officer"]})

        saved = command.invoke(app, ["backup", "-", "--plain"])
        monkeypatch.setenv("SALUR_MONGO__PRIVATE_DATABASE", f"{name}_again")
        restored = command.invoke(app, ["backup", "-", "--restore"], input=saved.stdout_bytes)

        assert (saved.exit_code, restored.exit_code) == (0, 0), restored.output
        assert '"documents": 2' in saved.stderr  # the back-up is an entry of the audit in it
        assert client[f"{name}_again"][KEYS].find_one() == {"_id": "key-1", "roles": ["officer"]}


def test_a_backup_is_read_by_its_recipient_alone(
    command: CliRunner, database: Part, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = [command.invoke(app, ["keys", "backup", str(tmp_path / name)]) for name in ("own", "o")]
    recipient = json.loads(made[0].stdout)["recipient"]
    file = tmp_path / "private.age"
    with MongoClient[dict[str, object]](database.url) as client:
        name = os.environ["SALUR_MONGO__PRIVATE_DATABASE"]
        client[name][KEYS].insert_many({"_id": n, "name": "Siti" * 50} for n in range(2_000))

        saved = command.invoke(app, ["backup", str(file), "--recipient", recipient])
        assert saved.exit_code == 0, saved.output
        monkeypatch.setenv("SALUR_MONGO__PRIVATE_DATABASE", f"{name}_again")
        restore = ["backup", str(file), "--restore"]
        without = command.invoke(app, restore)
        other = command.invoke(app, [*restore, "--identity", str(tmp_path / "o")])
        assert client[f"{name}_again"].list_collection_names() == []
        made_entry = client[name][AUDIT].find_one()
        assert made_entry
        assert made_entry["about"] == f"private.age for {recipient[:16]}"
        own = command.invoke(app, [*restore, "--identity", str(tmp_path / "own")])

        assert (without.exit_code, other.exit_code, own.exit_code) == (2, 2, 0), own.output
        assert "the back-up is encrypted: --identity FILE" in without.output
        assert "it is for another recipient" in other.output
        assert client[f"{name}_again"][KEYS].count_documents({}) == 2_000
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600
    assert "AGE-SECRET-KEY" not in made[0].output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say who may read the back-up"),
        (["--plain", "--recipient", "age1"], "say who may read the back-up"),
        (["--recipient", "age1x"], "'age1x' is no public key of age"),
        (["--plain", "--identity", "key"], "--identity is for --restore"),
        (["--restore", "--plain"], "--restore takes --identity alone"),
    ],
)
def test_a_backup_says_who_may_read_it(
    command: CliRunner, tmp_path: Path, words: list[str], said: str
) -> None:
    answer = command.invoke(app, ["backup", str(tmp_path / "file"), *words])

    assert answer.exit_code == 2
    assert said in answer.output
    assert not (tmp_path / "file").exists()

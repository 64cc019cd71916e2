"""`salur dead-letters`: what may be asked together, and what is refused before anything is sent."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.operate.dead_letters.reader import StoredDeadLetter
from deploy.operate.dead_letters.repair import write_letter
from deploy.operate.provisioning.topic_creation import create_topics
from shared.contracts.topics import EVENT, INPUT
from shared.errors import Permanent
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings
from tests.support.builders import FakeRecord, complaint_id

LETTER = StoredDeadLetter(4, {"topic": INPUT}, b"key", b"{}", ())
REPLAY = ("replay", "router")


def salur(*arguments: str, **env: str) -> Result:
    return CliRunner().invoke(app, ("dead-letters", *arguments), env=env)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "letter.json"
    write_letter(LETTER, path, service="router")
    return str(path)


@pytest.mark.parametrize(
    ("options", "because"),
    [
        (("--only", "4", "--skip", "5"), "exclude each other"),
        (("--value", "FILE"), "name it with --only"),
        (("--value", "FILE", "--only", "4", "--only", "5"), "name it with --only"),
        (("--value", "FILE", "--skip", "4"), "name it with --only"),
        (("--value", "FILE", "--only", "5"), "is letter 4 of router, not letter 5"),
        (("--value", "no-such-file", "--only", "4"), "cannot be read"),
        (("--only", "-1"), "Invalid value for '--only'"),
        (("--skip", "first"), "Invalid value for '--skip'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused_before_kafka_is_asked(
    file: str, options: tuple[str, ...], because: str
) -> None:
    result = salur(*REPLAY, *(file if one == "FILE" else one for one in options))

    assert result.exit_code == 2
    assert because in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_letter_is_shown_in_a_file_alone() -> None:
    result = salur("show", "router", "4")

    assert result.exit_code == 2
    assert "--out" in result.stderr


@pytest.mark.connected
async def test_the_command_says_what_it_did_and_what_it_left(
    kafka: KafkaSettings, tmp_path: Path
) -> None:
    await create_topics(kafka, ())
    env = {
        "SALUR_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "SALUR_KAFKA__IDEMPOTENCE": str(kafka.idempotence),
    }
    event = str(complaint_id("command")).encode()
    records = (
        FakeRecord(EVENT, key=event, value=b"Gang Pandan"),
        FakeRecord("somewhere-else", key=event, value=b"Gang Pandan"),
    )
    publisher = Publisher(kafka)
    reason = Permanent("invalid_value", "text: missing")
    await publisher.publish([DeadLetter("metrics", one, reason) for one in records])
    await publisher.stop()

    def run(*arguments: str) -> tuple[dict[str, object], str]:
        done = salur(*arguments, **env)
        assert done.exit_code == 0, done.stderr
        assert "Gang Pandan" not in done.output
        return json.loads(done.stdout), done.stderr

    listed, _ = await asyncio.to_thread(run, "list", "metrics", "--limit", "2")
    first, strange = (letter["at"] for letter in listed["letters"])  # type: ignore[attr-defined]
    out = tmp_path / "shown.json"
    shown, _ = await asyncio.to_thread(run, "show", "metrics", str(first), "--out", str(out))
    done, words = await asyncio.to_thread(run, "replay", "metrics")

    assert json.loads(out.read_text())["value"] == "Gang Pandan"
    assert shown == {"service": "metrics", "at": first, "file": str(out)}
    assert done == {
        "service": "metrics",
        "replayed": 0,
        "said_again": 1,
        "passed_over": 1,
        "left": [{"at": strange, "because": "it names no topic of ours as its origin"}],
        "again": [],
    }
    assert f"{strange} stays where it is: it names no topic" in words
    assert "SALUR_MONGO__URL is not set" in words

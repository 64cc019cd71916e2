"""What the kit's page on Kafka says, done as it stands, by an institution's own user."""

import asyncio
import json
import subprocess
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.dev.local.stack import Stack, StackOptions, kafka_env
from deploy.operate.intake_client.client import IntakeClient
from shared.kafka.clients import client_options, create_producer
from shared.settings import KafkaSettings
from tests.support.code_blocks import KIT, follow_page, run

pytestmark = [pytest.mark.apache, pytest.mark.timeout(300)]
CODE, OTHER = "kab-3603", "kota-3671"
USER = f"agency-{CODE}"
COMPLAINT: dict[str, object] = {
    "text": "Lampu jalan di depan pasar sudah seminggu padam.",
    "place": {"region_code": "36.03"},
}


@dataclass
class Walk:
    """A running system, one complaint in it, and what following the page gave."""

    stack: Stack
    folder: Path
    env: Mapping[str, str]
    number: str
    code: str
    done: subprocess.CompletedProcess[str]

    def case(self) -> dict[str, Any]:
        """Return how the complaint stands, as its reporter sees it."""
        request = urllib.request.Request(
            f"{self.stack.url('intake')}/v1/complaints/{self.number}",
            headers={"Tracking-Code": self.code},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


def env_of(kafka: KafkaSettings) -> dict[str, str]:
    """Return what the operator hands over, under the names that the page tells."""
    told = kafka_env(kafka)
    names = ("BOOTSTRAP_SERVERS", "SECURITY_PROTOCOL", "USERNAME", "PASSWORD", "CA_FILE")
    handed = {f"SALUR_KAFKA__{name}": told[f"SALUR_KAFKA__{name}"] for name in names}
    return {"SALUR_AGENCY": CODE, **handed}


async def submitted(stack: Stack) -> tuple[str, str]:
    """Submit the complaint; return its number and its tracking code."""
    async with IntakeClient(stack.url("intake"), None) as client:
        reply = await client.ask("POST", "/v1/complaints", dict(COMPLAINT), key=str(uuid4()))
    assert reply.status == 202, reply
    return reply.body["number"], reply.body["tracking_code"]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    options = StackOptions(tmp_path_factory.mktemp("stack"), (CODE, OTHER), broker="secured")
    with Stack(options) as stack:
        number, code = asyncio.run(submitted(stack))
        env = env_of(stack.user(USER))
        yield Walk(stack, folder, env, number, code, follow_page(KIT / "kafka.md", folder, env))


async def told(walk: Walk) -> list[dict[str, Any]]:
    """Return what is on the institution's topic, one event per id."""
    found: dict[bytes, dict[str, Any]] = {}
    partition = TopicPartition(USER, 0)
    options = client_options(walk.stack.user(USER)) | {"auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer(**options) as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        while await consumer.position(partition) < end:
            record = await consumer.getone()
            found[dict(record.headers)["ce_id"]] = json.loads(record.value)
    return list(found.values())


def test_one_complaint_is_received_and_answered(walk: Walk) -> None:
    assert walk.done.returncode == 0, walk.done.stdout + walk.done.stderr
    said = walk.done.stdout

    assert f"routed {walk.number}" in said
    assert f"followed_up {walk.number}" in said
    outcomes = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [(one["kind"], one["status"]) for one in outcomes] == [
        ("complete", "applied"),
        ("follow_up", "refused"),
    ]
    assert outcomes[1]["code"] == "wrong_status"
    view = walk.case()
    assert view["status"] == "completed"
    assert [line["outcome"] for line in view["timeline"]] == ["routed", "followed_up", "completed"]


def test_tail_shows_a_refusal_with_its_reason(walk: Walk) -> None:
    command = ["salur", "tail", CODE, "--from-beginning", "--count", "4"]

    last = run(command, walk.folder, walk.env).stdout.splitlines()[-1]

    assert f"refused           {walk.number}" in last
    assert "REFUSED wrong_status: follow_up is not possible while completed (action " in last


async def test_a_consumer_that_forgot_everything_asks_for_nothing_twice(
    walk: Walk, tmp_path: Path
) -> None:
    (tmp_path / "consumer.py").write_text((walk.folder / "consumer.py").read_text())
    before = await told(walk)
    options = client_options(walk.stack.user(USER)) | {"group_id": f"{USER}.desk"}
    async with AIOKafkaConsumer(**options, enable_auto_commit=False) as consumer:
        consumer.assign([TopicPartition(USER, 0)])
        await consumer.commit({TopicPartition(USER, 0): 0})

    done = run(["python", "consumer.py", "--once"], tmp_path, walk.env)
    act = ["salur", "act", CODE, walk.number, "follow_up", "--text", "x", "--kafka"]
    again = run(act, tmp_path, walk.env)

    assert (done.returncode, again.returncode) == (0, 1), done.stderr + again.stderr
    # The one more is the refusal just heard, behind the repeat in the same partition.
    assert len(await told(walk)) == len(before) + 1


@pytest.mark.parametrize(
    "command", [["tail", OTHER], ["act", OTHER, str(uuid4()), "complete", "--text", "x", "--kafka"]]
)
def test_another_institutions_topic_is_not_there(walk: Walk, command: list[str]) -> None:
    done = run(["salur", *command], walk.folder, walk.env)

    assert done.returncode == 2
    assert f"no topic agency-{OTHER}, or the user {USER} may not read it" in done.stderr


def test_a_wrong_password_is_said_to_be_one(walk: Walk) -> None:
    env = {**walk.env, "SALUR_KAFKA__PASSWORD": "wrong"}

    done = run(["salur", "tail", CODE], walk.folder, env)

    assert done.returncode == 3
    assert f"refused the user {USER} and its password" in done.stderr


def test_a_number_that_never_came_is_named(walk: Walk) -> None:
    act = ["salur", "act", CODE, "0" * 16, "complete", "--text", "x", "--kafka"]

    done = run(act, walk.folder, walk.env)

    assert done.returncode == 2
    assert f"no event about {'0' * 16} is on {USER}" in done.stderr


async def test_an_action_that_cannot_be_read_is_refused_on_the_topic(
    walk: Walk, eventually: Callable[..., Awaitable[None]]
) -> None:
    (routed, *_) = await told(walk)
    typo = {"complaint_id": routed["complaint_id"], "action": {"kind": "followup", "text": "x"}}
    async with create_producer(walk.stack.user(USER)) as producer:
        await producer.send_and_wait(f"{USER}-action", json.dumps(typo).encode())

    async def is_refused() -> bool:
        last = (await told(walk))[-1]
        return bool(last.get("refusal", {}).get("code") == "invalid_value")

    await eventually(is_refused, "the refusal of what cannot be read")

"""`salur doctor` against a running system: silent when it is well, and exact when it is not."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.dev.local.stack import Stack, StackOptions, kafka_env
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.keys.keys_and_audit import new_key
from deploy.operate.provisioning.connection import connected
from deploy.operate.provisioning.service_rights import service_user
from deploy.operate.provisioning.state import Acl
from deploy.processes import free_port
from shared.kafka.clients import create_admin, create_producer
from shared.settings import KafkaSettings, MongoSettings
from tests.conftest import BROKER

pytestmark = [pytest.mark.connected, pytest.mark.timeout(400)]
KAB, KOTA = "kab-3603", "kota-3671"
PATIENCE = 60.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Return a running system; on Apache Kafka one whose broker asks who comes."""
    broker = "secured" if BROKER == "apache" else BROKER
    with Stack(StackOptions(folder=tmp_path, agencies=(KAB, KOTA), broker=broker)) as stack:
        yield stack


def test_a_well_system_passes_and_each_of_its_faults_is_named(stack: Stack) -> None:
    well = examined(stack)
    assert wrong(well) == {}
    assert well["exit"] == 0

    if stack.is_secured:
        operator = sees_part(stack, "salur-operator")
        assert "users and grants were not looked at" in operator
        router = sees_part(stack, "salur-router")
        assert [one for one in router if f"may not see agency-{KAB}-action" in one]
        assert [one for one in router if "may not ask about intake, notifier" in one]

    faults = {"topics", "indexes", "groups", "endpoints"}
    break_topic(stack.kafka, "metrics-dlq")
    break_index(stack, "cases", "number_1")
    endpoint = f"http://127.0.0.1:{free_port()}/hook"  # nobody listens there
    break_endpoint(stack, endpoint)
    if stack.is_secured:
        faults.add("rights")
        break_grant(stack)
    stack.of("metrics")[0].stop()
    asyncio.run(submit(stack))

    # These, and nothing else.
    found = wait_for(lambda: examined(stack), lambda one: wrong(one).keys() == faults)

    said = wrong(found)
    assert found["exit"] == 1
    assert said["topics"] == [("missing: metrics-dlq", "1 topic", said["topics"][0][2])]
    assert "salur topics create" in said["topics"][0][2]
    assert said["indexes"][0][0] == "collection cases has no index number_1"
    assert "restart one router" in said["indexes"][0][2]
    # The embedded broker goes on believing in a member that has left; the age tells all the same.
    late = "group metrics is late on complaint-event"
    no_member = "group metrics has no member"
    assert said["groups"][0][0] == (late if stack.options.broker == "embedded" else no_member)
    assert said["groups"][0][1].startswith("1 record behind")
    assert "metrics" in said["groups"][0][2]
    assert said["endpoints"][0][0] == f"endpoint main of {KAB} is failing"
    assert f"salur deliveries replay --agency {KAB}" in said["endpoints"][0][2]
    assert endpoint not in json.dumps(found)
    if stack.is_secured:
        lacking, beyond = said["rights"]
        assert lacking[0] == f"salur-router may not write topic agency-{KOTA}"
        assert "salur agencies apply" in lacking[2]
        assert f"salur-router allow read topic agency-{KOTA}" in beyond[0]

    asyncio.run(write(stack.kafka, "notifier-dlq", seconds_ahead=600))
    said = wrong(examined(stack))
    assert said["dead letters"][0][:2] == (
        "notifier-dlq has records that notifier could not handle",
        "1",
    )
    if stack.options.broker != "embedded":  # which does not find records by their time
        assert "records of a time to come in notifier-dlq" in said["clocks"][0][0]


def sees_part(stack: Stack, user: str) -> list[str]:
    """Return what a user is told that it could not look at; nothing may be called wrong for it."""
    found = examined(stack, kafka=stack.user(user))
    assert wrong(found) == {}
    assert found["exit"] == 0
    return [one["what"] for one in found["findings"] if one["state"] == "note"]


def examined(stack: Stack, *, kafka: KafkaSettings | None = None) -> dict[str, Any]:
    """Run the command in this process; return its object, and its exit code as `exit`."""
    env = {
        **stack.env,
        **kafka_env(kafka or stack.kafka),
        "SALUR_INTAKE_URL": stack.url("intake"),
    }
    words = ["doctor", "--json", "--agencies", f"{KAB},{KOTA}", "--most-age", "5"]
    result = CliRunner().invoke(app, words, env=env)
    assert result.exit_code in (0, 1), result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found | {"exit": result.exit_code}


def wrong(found: dict[str, Any]) -> dict[str, list[tuple[str, str, str]]]:
    """Return what is wrong, by check."""
    said: dict[str, list[tuple[str, str, str]]] = {}
    for one in found["findings"]:
        if one["state"] not in ("fine", "note"):
            said.setdefault(one["check"], []).append((one["what"], one["value"], one["do"]))
    return said


def wait_for(
    look: Callable[[], dict[str, Any]], holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while not holds(found := look()):
        assert time.monotonic() < deadline, wrong(found)
    return found


def break_topic(kafka: KafkaSettings, topic: str) -> None:
    async def delete() -> None:
        admin = create_admin(kafka)
        await admin.start()
        try:
            await admin.delete_topics([topic])
        finally:
            await admin.close()

    asyncio.run(delete())


def break_index(stack: Stack, collection: str, index: str) -> None:
    with MongoClient[dict[str, Any]](stack.database.url) as client:
        client[MongoSettings().cases_database][collection].drop_index(index)


def break_grant(stack: Stack) -> None:
    """Let the router read where it must write."""
    user, topic = service_user("router"), f"agency-{KOTA}"
    with connected(stack.kafka) as cluster:
        cluster.delete_acls([Acl(user, "topic", topic, "write")])
        cluster.create_acls([Acl(user, "topic", topic, "read")])


def break_endpoint(stack: Stack, url: str) -> None:
    async def register() -> None:
        key = await new_key(MongoSettings(url=stack.database.url), "operator", "tests")
        async with IntakeClient(stack.url("intake"), key) as client:
            await client.set_endpoint(KAB, url)

    asyncio.run(register())


async def write(kafka: KafkaSettings, topic: str, *, seconds_ahead: int) -> None:
    """Write a record as a machine whose clock is ahead would."""
    at = int((time.time() + seconds_ahead) * 1000)
    async with create_producer(kafka) as producer:
        await producer.send_and_wait(topic, b"{}", key=b"key", timestamp_ms=at)


async def submit(stack: Stack) -> None:
    """Send one complaint that goes to the institution with the endpoint."""
    body: dict[str, object] = {
        "text": "Jalan di depan pasar berlubang.",
        "place": {"region_code": "36.03"},
    }
    async with IntakeClient(stack.url("intake"), None) as client:
        answer = await client.submit(body, "8a9b2c52-0000-4000-8000-000000000001")
        assert answer.accepted, answer

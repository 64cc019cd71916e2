"""The four services, each as a user of its own, on a broker that grants nothing unasked."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.dead_letters.reader import read_letters
from deploy.operate.dead_letters.replay import replay_letters
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.provisioning.service_rights import OPERATOR, service_user
from deploy.operate.restore.event_reader import open_events
from deploy.operate.restore.stopped_services import members
from deploy.operate.tail import follow
from deploy.processes import PartFailed
from shared.contracts.topics import GROUPS, SERVICES
from shared.kafka.clients import client_options, create_producer

pytestmark = [pytest.mark.apache, pytest.mark.timeout(400)]
AGENCIES = ("kab-3603", "kota-3671")
AGENCY = "agency-kab-3603"
COMPLAINT: dict[str, object] = {
    "text": "Jalan di depan pasar berlubang dan tergenang.",
    "place": {"region_code": "36.03"},
}
Eventually = Callable[..., Awaitable[None]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    # With a way to reporters, the notifier's second stage reads too; nobody is written to here.
    env = {"NOTIFIER_SMTP__HOST": "127.0.0.1", "NOTIFIER_SMTP__SENDER": "no-reply@example.go.id"}
    with Stack(StackOptions(folder, AGENCIES, broker="secured", env=env)) as running:
        yield running


async def events(stack: Stack, *outcomes: str) -> list[dict[str, Any]]:
    """Return what the institution hears, as its own user, until it has heard these outcomes."""
    heard: list[dict[str, Any]] = []
    consumer = AIOKafkaConsumer(
        AGENCY,
        **client_options(stack.user(AGENCY)),
        group_id=f"{AGENCY}.{uuid4()}",
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        async with asyncio.timeout(60):
            while not set(outcomes) <= {event["outcome"] for event in heard}:
                heard.append(json.loads((await consumer.getone()).value))
    finally:
        await consumer.stop()
    return heard


async def act(stack: Stack, value: bytes, key: bytes) -> None:
    """Write to the institution's action topic as its own user."""
    async with create_producer(stack.user(AGENCY)) as producer:
        await producer.send_and_wait(f"{AGENCY}-action", value, key=key)


def lags(stack: Stack) -> dict[str, float]:
    """Return the groups that metrics measures, with the sum of their lags."""
    (metrics,) = stack.of("metrics")
    found: dict[str, float] = {}
    for line in metrics.get("/metrics")[1].splitlines():
        if line.startswith("kafka_consumergroup_lag{"):
            group = line.split('consumergroup="')[1].split('"')[0]
            found[group] = found.get(group, 0.0) + float(line.split()[-1])
    return found


def test_every_service_runs_as_a_user_of_its_own(stack: Stack) -> None:
    users = {one.service: one.child.env["SALUR_KAFKA__USERNAME"] for one in stack.instances}

    assert users == {service: service_user(service) for service in SERVICES}
    assert len({one.child.env["SALUR_KAFKA__PASSWORD"] for one in stack.instances}) == 4


async def test_a_complaint_goes_through_and_its_agency_answers(
    stack: Stack, eventually: Eventually
) -> None:
    async with IntakeClient(stack.url("intake"), None) as client:
        answer = await client.submit(COMPLAINT, str(uuid4()))
    assert answer.accepted

    (routed, *_) = await events(stack, "routed")
    follow_up = {
        "complaint_id": routed["complaint_id"],
        "action": {"kind": "follow_up", "text": "Petugas sudah berangkat."},
    }
    await act(stack, json.dumps(follow_up).encode(), routed["complaint_id"].encode())
    heard = await events(stack, "followed_up")

    assert routed["number"] == answer.number
    assert heard[-1]["number"] == answer.number
    # All of it is worked through, as the watcher sees who may look and not join.
    await eventually(lambda: lags(stack).keys() == set(GROUPS), "lag of every group")
    await eventually(lambda: not any(lags(stack).values()), "no lag in any group")
    stack.check()


async def test_the_operators_commands_have_the_rights_that_they_need(
    stack: Stack, eventually: Eventually
) -> None:
    operator = stack.user(OPERATOR)
    await act(stack, b"no json", b"key")

    async def is_there() -> bool:
        return len(await read_letters(operator, "intake")) == 1

    await eventually(is_there, "the bad record among the dead letters")
    replay = await replay_letters(operator, "intake")

    assert (replay.replayed, replay.left) == (1, {})
    assert all(count == 1 for count in (await members(operator)).values())
    async with open_events(operator) as found:
        assert len(await found.ends()) == 24
    async with aclosing(follow(operator, "kab-3603", from_beginning=True)) as lines:
        assert await asyncio.wait_for(anext(lines), 30)


def test_a_stack_names_the_user_that_it_does_not_have(stack: Stack) -> None:
    with pytest.raises(PartFailed, match="no user agency-kab-1101"):
        stack.user("agency-kab-1101")

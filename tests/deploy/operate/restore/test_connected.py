"""Restoring from a real topic into a real database, beside what the services themselves write."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.parts import Part, running
from deploy.dev.local.tansu import Tansu
from deploy.operate.provisioning.topic_creation import create_topics
from deploy.operate.restore.event_reader import open_events
from deploy.operate.restore.runner import restore
from deploy.operate.restore.stopped_services import members
from deploy.operate.restore.targets import targets_of
from services.metrics.domain.event import CaseEvent
from services.metrics.domain.facts import newest_facts
from services.metrics.store import MongoFacts
from services.router.domain.case.fold import Fold
from services.router.store import MongoCases
from shared.contracts.case import Case
from shared.contracts.topics import EVENT
from shared.database.collections import CASES, FACTS
from shared.database.mongo import Mongo
from shared.kafka.clients import client_options, create_producer
from shared.kafka.envelope import decode
from shared.settings import KafkaSettings
from tests.conftest import BROKER
from tests.support.builders import FakeRecord, complaint_id
from tests.support.restore_cases import COMPLETED, FOLLOWED_UP, ROUTED, case_of, events_of

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
NAMES = tuple(f"case {number}" for number in range(40))
STEPS = (ROUTED, FOLLOWED_UP, COMPLETED)


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    """Return a broker whose `complaint-event` holds what these tests write and nothing else."""
    folder: Path = tmp_path_factory.mktemp("restore")
    part: Part = ApacheKafka(folder) if BROKER == "apache" else Tansu(folder)
    with running(part):
        yield part


@pytest.fixture
async def kafka(own_broker: Part) -> KafkaSettings:
    settings = KafkaSettings(
        bootstrap_servers=own_broker.url, idempotence=BROKER == "apache", session_timeout_ms=6_000
    )
    await create_topics(settings, ())
    return settings


def partition_of(name: str) -> int:
    """Return one of the first five: the others stay empty."""
    return complaint_id(name).int % 5


class NotUtf8(str):
    """A header's name as a hostile client writes it."""

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


async def send(settings: KafkaSettings, records: Iterable[FakeRecord]) -> None:
    """Write records in batches of several."""
    async with create_producer(settings) as sender:
        for record in records:
            where = {"partition": record.partition, "headers": list(record.headers)}
            await sender.send(EVENT, record.value, key=record.key, **where)
        await sender.flush()


@pytest.fixture
async def topic(kafka: KafkaSettings) -> KafkaSettings:
    """Return a broker with all events of all cases, said once more by every test."""
    for seq in range(len(STEPS)):
        events = [events_of(name, STEPS, partition=partition_of(name))[seq] for name in NAMES]
        await send(kafka, events)
    return kafka


async def as_services_write(mongo: Mongo) -> None:
    """Write all cases and facts step by step, as router and metrics do."""
    cases, facts = MongoCases(mongo.cases(CASES)), MongoFacts(mongo.cases(FACTS))
    for seq in range(1, len(STEPS) + 1):
        await cases.save([_step(case_of(name, *STEPS), seq) for name in NAMES])
        events = [events_of(name, STEPS, partition=partition_of(name))[seq - 1] for name in NAMES]
        told = [(decode(event, CaseEvent), event.partition) for event in events]
        await facts.save(newest_facts(told))


def _step(case: Case, seq: int) -> Fold:
    return Fold(before=case.as_of(seq - 1) if seq > 1 else None, after=case.as_of(seq))


async def dump(mongo: Mongo) -> dict[str, list[dict[str, Any]]]:
    return {
        name: sorted(await mongo.cases(name).find({}), key=lambda document: str(document["_id"]))
        for name in (CASES, FACTS)
    }


async def restored(topic: KafkaSettings, mongo: Mongo, **how: bool) -> dict[str, Any]:
    async with open_events(topic) as events:
        return (await restore(events, targets_of(mongo), say=str, **how)).plain()


async def test_the_whole_topic_is_read_and_nothing_beyond_its_end(topic: KafkaSettings) -> None:
    async with open_events(topic) as events:
        ends = await events.ends()
        await send(topic, events_of("later", STEPS, partition=partition_of(NAMES[0])))
        read = {
            partition: [r.offset async for batch in events.batches(partition, end) for r in batch]
            for partition, end in ends.items()
        }

    assert {partition: list(range(end)) for partition, end in ends.items()} == read
    assert len(ends) == 24
    assert sum(ends.values()) >= len(NAMES) * len(STEPS)
    assert [ends[empty] for empty in range(8, 24)] == [0] * 16


async def test_what_is_restored_is_what_the_services_wrote(
    topic: KafkaSettings, mongo: Mongo
) -> None:
    await as_services_write(mongo)
    written = await dump(mongo)
    for name in (CASES, FACTS):
        await mongo.cases(name).delete({})

    report = await restored(topic, mongo)
    found = await dump(mongo)

    mine = {complaint_id(name) for name in NAMES}
    assert len(written[CASES]) == len(written[FACTS]) == len(NAMES)
    for name in (CASES, FACTS):
        assert [one for one in found[name] if one["_id"] in mine] == written[name]
        assert report[name] == {"restored": len(found[name]), "already_there": 0}


async def test_a_dry_run_sees_every_kind_of_difference(topic: KafkaSettings, mongo: Mongo) -> None:
    await restored(topic, mongo)
    cases, facts = mongo.cases(CASES), mongo.cases(FACTS)
    ids = [complaint_id(name) for name in NAMES]
    await cases.update({"_id": ids[0]}, {"$set": {"seq": 2}})
    await cases.update({"_id": ids[1]}, {"$set": {"history.0.decision.confidence": 0.3}})
    await cases.update({"_id": ids[2]}, {"$set": {"seq": 9}})
    await cases.delete({"_id": {"$in": ids[3:5]}})
    # No event tells by which limits a router reckons: that is no difference.
    await cases.update({"_id": ids[5]}, {"$set": {"clocks.version": "another"}})
    await cases.insert({"_id": complaint_id("strange"), "seq": 1})
    await facts.update({"_id": ids[0]}, {"$set": {"hops": 7}})
    before = await dump(mongo)

    report = await restored(topic, mongo, dry_run=True)

    equal = len(before[FACTS]) - 1
    none = {"missing": 0, "older": 0, "different": 0, "newer": 0, "only_stored": 0}
    assert report[CASES] == {
        "equal": equal - 4,
        "missing": 2,
        "older": 1,
        "different": 1,
        "newer": 1,
        "only_stored": 1,
    }
    assert report[FACTS] == none | {"equal": equal, "different": 1}
    assert await dump(mongo) == before


async def test_a_header_that_no_client_can_read_is_passed_over(
    topic: KafkaSettings, mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await restored(topic, mongo)
    bad, *good = events_of("after the bad one", STEPS, partition=7)
    with monkeypatch.context() as patch:  # the compiled writer checks what the plain one takes
        for module in (message_accumulator, producer):
            patch.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
        await send(topic, [replace(bad, headers=((NotUtf8("x"), b""),))])
    await send(topic, good)

    report = await restored(topic, mongo)

    assert report["undecodable"] == before["undecodable"] + 1
    assert report[CASES]["restored"] == report[FACTS]["restored"] == 1


def patient(settings: KafkaSettings) -> dict[str, Any]:
    """Return options of one who waits, as a stage does, until its group has settled."""
    return client_options(settings) | {"request_timeout_ms": settings.settle_timeout_ms}


async def test_a_group_has_members_while_somebody_reads(topic: KafkaSettings) -> None:
    consumer = AIOKafkaConsumer(EVENT, **patient(topic), group_id="router")
    await consumer.start()
    try:
        assert await members(topic) == {"router": 1, "metrics": 0}
    finally:
        await consumer.stop()
    # The embedded broker forgets no member.
    left = {"router": 0 if BROKER == "apache" else 1, "metrics": 0}
    assert await members(topic) == left


def salur(settings: KafkaSettings, database: Part, name: str, *words: str) -> Result:
    env = {
        "SALUR_KAFKA__BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "SALUR_MONGO__URL": database.url,
        "SALUR_MONGO__CASES_DATABASE": name,
    }
    return CliRunner().invoke(app, ["restore", *words], env=env)


async def test_the_command_waits_for_nobody_but_says_who_is_in_the_way(
    topic: KafkaSettings, database: Part
) -> None:
    name = f"test_{uuid4().hex[:12]}"
    async with AIOKafkaConsumer(EVENT, **patient(topic), group_id="metrics"):
        refused = await asyncio.to_thread(salur, topic, database, name)
        looked = await asyncio.to_thread(salur, topic, database, name, "--dry-run")
        forced = await asyncio.to_thread(salur, topic, database, name, "--force")

    assert refused.exit_code == 2
    assert "metrics (1)" in refused.stderr
    assert json.loads(looked.stdout)["cases"]["missing"] >= len(NAMES)
    assert looked.exit_code == 1
    assert json.loads(forced.stdout)["cases"]["restored"] >= len(NAMES)

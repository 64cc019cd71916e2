"""The parts of a local system: real ones, and what is said where a program is missing."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError
from pymongo import MongoClient, WriteConcern

from deploy.dev.local import apache
from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.parts import running
from deploy.dev.local.secantus import Secantus
from deploy.dev.local.tansu import Tansu


def program(folder: Path, name: str, line: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{line}' >&2\nexit 1\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("java", "missing"),
    [
        (None, "java 17 or newer"),
        ('openjdk version "11.0.2" 2019-01-15', "java 17 or newer"),
        ('openjdk version "17.0.15" 2025-04-15', "mvn"),
    ],
)
def test_requiring_kafka_names_the_program_that_is_missing(
    java: str | None,
    missing: str,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if java is not None:
        program(tmp_path, "java", java)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert apache.main(["--require"]) == 3

    assert missing in capsys.readouterr().err


def test_jars_that_cannot_be_fetched_are_reported_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path, "java", 'openjdk version "21" 2023-09-19')
    program(tmp_path, "mvn", "no route to the registry")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert apache.main(["--require"]) == 3

    assert "no route to the registry" in capsys.readouterr().err
    assert list((tmp_path / "cache" / "salur").iterdir()) == []


def test_given_properties_win_over_kafkas_own(tmp_path: Path) -> None:
    kafka = ApacheKafka(tmp_path, properties={"auto.create.topics.enable": "true", "a.b": "c"})

    assert kafka.properties["auto.create.topics.enable"] == "true"
    assert kafka.properties["a.b"] == "c"
    assert kafka.properties["node.id"] == "1"


@pytest.fixture(scope="module")
def tansu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tansu]:
    part = Tansu(tmp_path_factory.mktemp("tansu"))
    with running(part):
        yield part


@pytest.fixture(scope="module")
def secantus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secantus]:
    part = Secantus(tmp_path_factory.mktemp("secantus"))
    with running(part):
        yield part


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    part = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    with running(part):
        yield part


async def create_topic(url: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=url)
    await admin.start()
    try:
        answer = await admin.create_topics(
            [NewTopic(topic, num_partitions=1, replication_factor=1)]
        )
    finally:
        await admin.close()
    assert [code for _, code, *_ in answer.topic_errors] == [0]


async def produce(url: str, topic: str, value: bytes, *, idempotent: bool) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=url, enable_idempotence=idempotent, acks="all")
    async with producer:
        await producer.send_and_wait(topic, value)


async def first_value(url: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=url, auto_offset_reset="earliest")
    async with consumer:
        record = await consumer.getone()
    value: bytes = record.value
    return value


@pytest.mark.connected
async def test_tansu_hands_on_a_record(tansu: Tansu) -> None:
    await create_topic(tansu.url, "filed")

    await produce(tansu.url, "filed", b"a complaint", idempotent=False)

    assert await first_value(tansu.url, "filed") == b"a complaint"


@pytest.mark.connected
def test_tansu_starts_again_on_its_port_after_a_crash(tansu: Tansu) -> None:
    url = tansu.url

    tansu.kill()
    assert not tansu.answers()
    tansu.restart()

    assert tansu.answers()
    assert tansu.url == url


@pytest.mark.connected
def test_the_database_keeps_acknowledged_writes_over_a_crash(secantus: Secantus) -> None:
    with MongoClient[dict[str, object]](secantus.url) as client:
        cases = client.salur.get_collection("cases", write_concern=WriteConcern(w="majority"))
        cases.insert_many([{"_id": number, "state": "filed"} for number in range(100)])
        cases.update_many({}, {"$set": {"state": "routed"}})
        secantus.kill()

        secantus.restart()

        assert cases.count_documents({"state": "routed"}) == 100


@pytest.mark.connected
def test_the_database_can_be_away_and_return(secantus: Secantus) -> None:
    secantus.stop()
    assert not secantus.answers()

    secantus.start()

    assert secantus.answers()


@pytest.mark.connected
@pytest.mark.apache
async def test_kafka_hands_on_a_record_of_an_idempotent_producer(kafka: ApacheKafka) -> None:
    await create_topic(kafka.url, "filed")

    await produce(kafka.url, "filed", b"a complaint", idempotent=True)

    assert await first_value(kafka.url, "filed") == b"a complaint"


@pytest.mark.connected
@pytest.mark.apache
async def test_kafka_keeps_an_acknowledged_record_over_a_crash(kafka: ApacheKafka) -> None:
    await create_topic(kafka.url, "kept")
    await produce(kafka.url, "kept", b"acknowledged", idempotent=True)

    await asyncio.to_thread(kafka.kill)
    await asyncio.to_thread(kafka.restart)

    assert await first_value(kafka.url, "kept") == b"acknowledged"


@pytest.mark.connected
@pytest.mark.apache
async def test_kafka_creates_no_topic_by_itself(kafka: ApacheKafka) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.url, request_timeout_ms=1000)

    async with producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait("nobody-made-this", b"lost")

"""What intake's publisher promises, to Kafka and in memory alike."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.operate.provisioning.topic_creation import create_topics
from services.intake.ports import InputPublisher
from services.intake.submit.kafka_records import submitted_record
from shared.contracts.topics import INPUT
from shared.errors import BrokerAway
from shared.kafka.clients import client_options
from shared.kafka.envelope import Outgoing
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings
from tests.intake.conftest import MemoryPublisher
from tests.support.builders import START, complaint


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.connected)])
def backing(request: pytest.FixtureRequest) -> KafkaSettings | None:
    """Return Kafka, and then None for the fake."""
    return request.getfixturevalue("kafka") if request.param == "kafka" else None


@pytest.fixture
async def publisher(backing: KafkaSettings | None) -> AsyncIterator[InputPublisher]:
    if backing is None:
        yield MemoryPublisher()
        return
    await create_topics(backing, ())
    publisher = Publisher(backing)
    yield publisher
    await publisher.stop()


def record(number: int) -> Outgoing:
    """Return the `number`-th record of a complaint."""
    return submitted_record(complaint(received_at=START + timedelta(seconds=number)))


async def published(publisher: InputPublisher, kafka: KafkaSettings | None) -> list[bytes | None]:
    """Return all records of the complaint, in order."""
    if isinstance(publisher, MemoryPublisher):
        return [each.value for each in publisher.sent]
    assert kafka is not None
    consumer = AIOKafkaConsumer(**client_options(kafka))
    async with consumer:
        places = [TopicPartition(INPUT, place) for place in range(24)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += [each.value for each in batch if each.key == record(0).key]
    return found


async def test_records_of_a_complaint_are_there_in_order_when_it_returns(
    publisher: InputPublisher, backing: KafkaSettings | None
) -> None:
    records = [record(number) for number in range(50)]

    assert await publisher.publish(records[:30]) == []
    assert await publisher.publish([]) == []
    assert await publisher.publish(records[30:]) == []

    found = await published(publisher, backing)
    assert found[-50:] == [each.value for each in records]


async def test_a_broker_that_is_away_is_told_and_nothing_to_send_needs_none(
    backing: KafkaSettings | None,
) -> None:
    gone = KafkaSettings(bootstrap_servers="127.0.0.1:9", publish_timeout_ms=1_000)
    publisher: InputPublisher = Publisher(gone) if backing else MemoryPublisher()
    if isinstance(publisher, MemoryPublisher):
        publisher.is_away = True

    with pytest.raises(BrokerAway):
        await publisher.publish([record(0)])
    assert await publisher.publish([]) == []

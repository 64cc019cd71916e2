"""What becomes of a record that was given up because the network was cut: nothing, ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic

from shared.errors import BrokerAway
from shared.kafka.clients import client_options, create_admin
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings
from tests.conftest import BROKER
from tests.shared.kafka.test_publisher import event
from tests.support.network_cut import Cut

pytestmark = pytest.mark.connected


class Far(NamedTuple):
    """A broker behind a network that can be cut, how it is reached through it, and a topic."""

    cut: Cut
    settings: KafkaSettings
    topic: str


@pytest.fixture
async def far(cut: Cut) -> AsyncIterator[Far]:
    settings = KafkaSettings(
        bootstrap_servers=cut.url, idempotence=BROKER == "apache", publish_timeout_ms=1_000
    )
    topic = f"far-{uuid4().hex[:8]}"
    async with cut:
        admin = create_admin(settings)
        await admin.start()
        await admin.create_topics([NewTopic(topic, 1, 1)])
        await admin.close()
        yield Far(cut, settings, topic)


async def test_a_record_that_was_given_up_does_not_come_late(far: Far) -> None:
    publisher = Publisher(far.settings)
    await publisher.publish([event(far.topic, 1)])

    far.cut.cut()
    with pytest.raises(BrokerAway):
        await publisher.publish([event(far.topic, 2)])
    far.cut.heal()

    await publisher.publish([event(far.topic, 3)])
    assert await keys(far) == [b"1", b"3"]
    await publisher.stop()


async def test_a_publication_that_is_cancelled_does_not_come_late(far: Far) -> None:
    publisher = Publisher(far.settings)
    await publisher.publish([event(far.topic, 1)])

    far.cut.cut()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await publisher.publish([event(far.topic, 2)])
    far.cut.heal()

    await publisher.publish([event(far.topic, 3)])
    assert await keys(far) == [b"1", b"3"]
    await publisher.stop()


async def test_a_stop_that_is_cut_short_leaves_nothing_behind(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.kafka.publisher.STOP_SECONDS", 0.3)
    publisher = Publisher(far.settings)
    await publisher.publish([event(far.topic, 1)])
    producer = publisher._producer
    assert producer is not None

    far.cut.cut()
    await producer.send(far.topic, b"{}", key=b"2")
    await publisher.stop()
    far.cut.heal()

    assert producer._sender.sender_task.done()
    assert await keys(far) == [b"1"]


async def test_what_was_on_its_way_beside_it_is_sent_again(far: Far) -> None:
    publisher = Publisher(far.settings)
    await publisher.publish([event(far.topic, 1)])

    far.cut.cut()
    other = asyncio.create_task(publisher.publish([event(far.topic, 2)]))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await publisher.publish([event(far.topic, 3)])
    far.cut.heal()

    assert await other == []
    assert await keys(far) == [b"1", b"2"]
    await publisher.stop()


async def keys(far: Far) -> list[bytes]:
    """Return the keys of all records, in order."""
    place = TopicPartition(far.topic, 0)
    reader = AIOKafkaConsumer(**client_options(far.settings))
    reader.assign([place])
    await reader.start()
    try:
        await reader.seek_to_beginning(place)
        found: list[bytes] = []
        # The embedded broker tells an end that is too low, so read until nothing comes.
        while batches := await reader.getmany(place, timeout_ms=1_000):
            found += [record.key for record in batches[place]]
        return found
    finally:
        await reader.stop()

"""What is left to do after a publish: nothing, a topic that is gone, or a broker that is away."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.parts import running
from deploy.operate.provisioning.topic_creation import create_topics
from shared.errors import BrokerAway
from shared.kafka.clients import create_admin
from shared.kafka.envelope import Outgoing
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings


def event(topic: str, number: int = 1) -> Outgoing:
    return Outgoing(
        topic=topic,
        key=str(number).encode(),
        value=b"{}",
        ce_id=str(uuid4()),
        ce_type="id.salur.case.routed.v1",
        ce_source="salur/test",
        ce_time=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.fixture
async def publisher(kafka: KafkaSettings) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka)
    yield publisher
    await publisher.stop()


@pytest.mark.connected
async def test_what_is_acknowledged_leaves_nothing_to_do(
    publisher: Publisher, kafka: KafkaSettings
) -> None:
    await create_topics(kafka, ("kab-3603",))

    assert await publisher.publish([event("metrics-dlq", n) for n in range(500)]) == []


@pytest.mark.connected
async def test_topics_are_created_once(kafka: KafkaSettings) -> None:
    await create_topics(kafka, ("kab-3604",))

    assert await create_topics(kafka, ("kab-3604",)) == 0


async def test_a_broker_that_was_never_there_is_away() -> None:
    nowhere = Publisher(KafkaSettings(bootstrap_servers="127.0.0.1:9", publish_timeout_ms=1_000))

    with pytest.raises(BrokerAway):
        await nowhere.publish([event("complaint-event")])


@pytest.mark.apache
async def test_a_topic_that_never_was_comes_back_and_the_others_go_through(
    publisher: Publisher, kafka: KafkaSettings, eventually: Callable[..., Awaitable[None]]
) -> None:
    await create_topics(kafka, ("kab-3605",))

    async def has_a_leader() -> bool:
        # Made and listed is not yet led: until then a publication is to be repeated.
        try:
            return await publisher.publish([event("agency-kab-3605")]) == []
        except BrokerAway:
            return False

    await eventually(has_a_leader, "a leader of the new topic")
    missing = [event("agency-kab-9999", n) for n in range(3)]
    there = [event("agency-kab-3605", n) for n in range(3)]

    assert await publisher.publish([*there, *missing]) == missing


@pytest.mark.apache
async def test_a_topic_that_was_deleted_comes_back(
    publisher: Publisher, kafka: KafkaSettings, eventually: Callable[..., Awaitable[None]]
) -> None:
    await create_topics(kafka, ("kab-3606",))
    await publisher.publish([event("agency-kab-3606")])
    admin = create_admin(kafka)
    await admin.start()
    await admin.delete_topics(["agency-kab-3606"])

    async def is_gone() -> bool:
        # The controller answers before the broker has heard of it.
        return "agency-kab-3606" not in await admin.list_topics()

    await eventually(is_gone, "a broker that knows of the deletion")
    await admin.close()
    late = event("agency-kab-3606", 2)

    assert await publisher.publish([late]) == [late]


@pytest.mark.apache
async def test_a_broker_that_goes_away_is_away_and_takes_the_record_when_it_is_back(
    tmp_path: Path,
) -> None:
    broker = ApacheKafka(tmp_path)
    with running(broker):
        settings = KafkaSettings(bootstrap_servers=broker.url, publish_timeout_ms=2_000)
        await create_topics(settings, ())
        publisher = Publisher(settings)
        await publisher.publish([event("complaint-event")])
        broker.kill()

        with pytest.raises(BrokerAway):
            await publisher.publish([event("complaint-event", 2)])

        broker.start()
        assert await publisher.publish([event("complaint-event", 3)]) == []
        await publisher.stop()

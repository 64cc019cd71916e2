"""The lag watcher on Kafka: seen from outside, never taking part."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from services.metrics.lag.group_lag import Place
from services.metrics.lag.offsets import KafkaOffsets
from services.metrics.lag.record_times import RecordTimes
from shared.kafka.clients import client_options
from shared.settings import KafkaSettings
from tests.metrics.lag.conftest import RECORDS, Bench, Topic

AGE = ("notifier", "agency-<code>")


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Counts how often a live member is given its partitions."""

    def __init__(self) -> None:
        self.assignments = 0

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        return

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.assignments += 1


@pytest.fixture
async def topic(kafka: KafkaSettings) -> Topic:
    topic = Topic(kafka)
    await topic.create()
    return topic


class SomeOffsets(KafkaOffsets):
    """The offsets of some topics: other tests have theirs on the same broker."""

    def __init__(self, kafka: KafkaSettings, topics: set[str]) -> None:
        super().__init__(kafka)
        self.topics = topics

    async def partitions(self) -> Mapping[str, frozenset[int]]:
        found = await super().partitions()
        return {name: held for name, held in found.items() if name in self.topics}


@pytest.fixture
def topics(topic: Topic) -> set[str]:
    """Return the topics that the watcher sees."""
    return {topic.name}


@pytest.fixture
async def connected(kafka: KafkaSettings, topics: set[str]) -> AsyncIterator[Bench]:
    bench = Bench(SomeOffsets(kafka, topics))
    bench.watcher.hold(True)
    yield bench
    await bench.watcher.stop()


@pytest.mark.connected
async def test_committed_offsets_stay_put_while_the_group_is_down(
    topic: Topic, connected: Bench
) -> None:
    await topic.commit(4)

    for _ in range(3):
        await connected.watcher.look()
        assert await topic.committed() == 4
    await connected.watcher.stop()

    assert await topic.committed() == 4
    assert connected.lag()["notifier", topic.name, "0"] == 6
    assert connected.age()[AGE] == 3600 - 4 * 60


@pytest.mark.connected
async def test_a_group_that_never_committed_stays_so_and_lags_from_the_beginning(
    topic: Topic, connected: Bench
) -> None:
    for _ in range(2):
        await connected.watcher.look()
    await connected.watcher.stop()

    assert await topic.committed() is None
    assert connected.lag()["notifier", topic.name, "0"] == RECORDS
    assert connected.age()[AGE] == 3600


@pytest.mark.connected
async def test_lag_follows_the_group_and_topics_that_come(
    kafka: KafkaSettings, topic: Topic, topics: set[str], connected: Bench
) -> None:
    await topic.commit(RECORDS)
    await connected.watcher.look()

    assert connected.lag() == {("notifier", topic.name, "0"): 0}
    assert connected.age() == {AGE: 0}

    second = Topic(kafka)
    await second.create()
    await second.commit(9)
    topics.add(second.name)
    await connected.watcher.look()

    assert connected.lag()["notifier", topic.name, "0"] == 0
    assert connected.lag()["notifier", second.name, "0"] == 1
    assert connected.age() == {AGE: 3600 - 9 * 60}


@pytest.mark.connected
async def test_the_backlog_of_a_group_that_stands_still_is_read_once(
    topic: Topic, connected: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await topic.commit(4)
    await connected.watcher.look()
    read: list[Place] = []

    async def note(_: RecordTimes, starts: Mapping[Place, int]) -> dict[Place, int]:
        read.extend(starts)
        return {}

    monkeypatch.setattr(RecordTimes, "_read", note)
    connected.clock.advance(minutes=1)
    await connected.watcher.look()
    assert topic.place not in read
    assert connected.age()[AGE] == 3600 - 3 * 60

    await topic.commit(5)
    await connected.watcher.look()
    assert topic.place in read


@pytest.mark.connected
async def test_a_live_member_is_not_disturbed(
    kafka: KafkaSettings, topic: Topic, connected: Bench
) -> None:
    member = Member()
    # A broker may hold a join back for seconds, until all members have come.
    patient = client_options(kafka) | {"request_timeout_ms": 30_000}
    consumer = AIOKafkaConsumer(
        **patient,
        group_id="notifier",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=kafka.session_timeout_ms,
        heartbeat_interval_ms=200,
    )
    consumer.subscribe([topic.name], listener=member)
    async with consumer:
        async with asyncio.timeout(120):
            for _ in range(RECORDS):
                await consumer.getone()
        for _ in range(3):
            await connected.watcher.look()
        await consumer.commit()  # refused if the group had moved on
        await connected.watcher.look()

    assert member.assignments == 1
    assert connected.lag()["notifier", topic.name, "0"] == 0

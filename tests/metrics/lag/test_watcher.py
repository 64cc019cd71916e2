"""The lag watcher: seen from outside, never taking part."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from uuid import uuid4

import pytest
from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    TopicPartition,
)
from aiokafka.admin import NewTopic

from services.metrics.lag.group_lag import Place
from services.metrics.lag.offsets import KafkaOffsets
from services.metrics.lag.record_times import RecordTimes
from services.metrics.lag.watcher import MOST_FAILURES, LagWatcher
from services.metrics.settings import MetricsSettings
from shared.errors import BrokerAway
from shared.kafka.clients import client_options, create_admin
from shared.runtime.clock import SetClock
from shared.settings import KafkaSettings
from shared.telemetry.registry import Telemetry
from tests.metrics.conftest import FakeOffsets, samples
from tests.support.builders import START

SENT_MS = int(START.timestamp() * 1000)
RECORDS = 10
AGE = ("notifier", "agency-<code>")


class Bench:
    """A watcher with its clock one hour after the first record."""

    def __init__(self, offsets: FakeOffsets | KafkaOffsets, **settings: float) -> None:
        self.offsets = offsets
        self.telemetry = Telemetry()
        self.clock = SetClock(START + timedelta(hours=1))
        self.watcher = LagWatcher(
            offsets, self.clock, self.telemetry, settings=MetricsSettings.model_validate(settings)
        )

    def lag(self) -> dict[tuple[str, ...], float]:
        return samples(self.telemetry, "kafka_consumergroup_lag")

    def age(self) -> dict[tuple[str, ...], float]:
        return samples(self.telemetry, "salur_consumergroup_oldest_age_seconds")


async def test_every_partition_shows_its_lag_and_every_kind_of_topic_its_age() -> None:
    bench = Bench(FakeOffsets({"complaint-input": 2, "agency-kab-3603": 1}))
    bench.watcher.hold(True)

    await bench.watcher.look()

    assert bench.lag() == {
        ("router", "complaint-input", "0"): 6,
        ("router", "complaint-input", "1"): 6,
        ("notifier", "agency-kab-3603", "0"): 6,
    }
    assert bench.age() == {
        ("router", "complaint-input"): 3600 - 4 * 60,
        ("notifier", "agency-<code>"): 3600 - 4 * 60,
    }


async def test_a_group_that_never_began_shows_no_lag_where_it_may_be_left_out() -> None:
    bench = Bench(FakeOffsets({"complaint-event": 1}))
    bench.watcher.hold(True)

    await bench.watcher.look()
    assert ("notifier-reporters", "complaint-event", "0") in bench.lag()

    bench.offsets.committed = None  # type: ignore[union-attr]  # a fake's
    await bench.watcher.look()
    assert set(bench.lag()) == {("metrics", "complaint-event", "0")}


async def test_a_watch_handed_over_shows_nothing() -> None:
    bench = Bench(FakeOffsets({"complaint-input": 1}))
    bench.watcher.hold(True)
    await bench.watcher.look()

    bench.watcher.hold(False)
    assert bench.lag() == bench.age() == {}

    await bench.watcher.look()  # a round that was under way
    assert bench.lag() == bench.age() == {}


async def test_old_numbers_vanish_when_kafka_stays_away() -> None:
    offsets = FakeOffsets({"complaint-input": 1})
    bench = Bench(offsets)
    bench.watcher.hold(True)
    await bench.watcher.look()

    offsets.away = True
    for failures in range(MOST_FAILURES):
        assert len(bench.lag()) == 1, f"after {failures} failures"
        with pytest.raises(BrokerAway):
            await bench.watcher.look()
    assert bench.lag() == bench.age() == {}

    offsets.away = False
    await bench.watcher.look()
    assert len(bench.lag()) == 1


async def test_kafka_away_does_not_end_the_watch(
    eventually: Callable[..., Awaitable[None]],
) -> None:
    offsets = FakeOffsets({"complaint-input": 1})
    bench = Bench(offsets, lag_seconds=0.01)
    bench.watcher.hold(True)
    await bench.watcher.start()

    offsets.away = True
    await eventually(lambda: not bench.lag(), "nothing shown")
    assert bench.watcher.alive()
    offsets.away = False
    await eventually(lambda: bool(bench.lag()), "lag shown again")

    await bench.watcher.stop()


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Counts how often a live member is given its partitions."""

    def __init__(self) -> None:
        self.assignments = 0

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        return

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.assignments += 1


class Topic:
    """An institution's topic of its own with ten records, one each minute."""

    def __init__(self, kafka: KafkaSettings, group: str = "notifier") -> None:
        self.kafka = kafka
        self.group = group
        self.name = f"agency-kab-{uuid4().int % 10**12}"
        self.place = TopicPartition(self.name, 0)

    async def create(self) -> None:
        admin = create_admin(self.kafka)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(self.name, 1, 1)])
        finally:
            await admin.close()
        async with AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap_servers) as producer:
            for number in range(RECORDS):
                at = SENT_MS + number * 60_000
                await producer.send_and_wait(self.name, b"{}", partition=0, timestamp_ms=at)

    async def commit(self, offset: int) -> None:
        async with self._consumer() as consumer:
            consumer.assign([self.place])
            await consumer.commit({self.place: offset})

    async def committed(self) -> int | None:
        async with self._consumer() as consumer:
            offset: int | None = await consumer.committed(self.place)
            return offset

    def _consumer(self) -> AIOKafkaConsumer:
        options = client_options(self.kafka)
        return AIOKafkaConsumer(**options, group_id=self.group, enable_auto_commit=False)


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

"""What a reader of groups' offsets promises, over Kafka and in memory alike."""

from collections.abc import AsyncIterator

import pytest
from aiokafka.errors import KafkaError

from services.metrics.lag.group_lag import PartitionOffsets
from services.metrics.lag.offsets import KafkaOffsets
from services.metrics.lag.watcher import OffsetReader
from shared.settings import KafkaSettings
from tests.metrics.lag.conftest import RECORDS, SENT_MS, Topic
from tests.metrics.memory import FakeOffsets

COMMITTED = 4
GROUP = "read-from-outside"


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.connected)])
def backing(request: pytest.FixtureRequest) -> KafkaSettings | None:
    """Return Kafka, and then None for the fake."""
    return request.getfixturevalue("kafka") if request.param == "kafka" else None


@pytest.fixture
async def topic(backing: KafkaSettings | None) -> str:
    """Return a topic with ten records, one each minute; a group has committed four."""
    if backing is None:
        return "agency-kab-1"
    topic = Topic(backing, GROUP)
    await topic.create()
    await topic.commit(COMMITTED)
    return topic.name


@pytest.fixture
async def offsets(backing: KafkaSettings | None, topic: str) -> AsyncIterator[OffsetReader]:
    offsets: OffsetReader = KafkaOffsets(backing) if backing else FakeOffsets({topic: 1})
    yield offsets
    await offsets.close()


async def test_it_tells_what_topics_there_are_and_where_a_group_stands_on_them(
    offsets: OffsetReader, topic: str
) -> None:
    assert (await offsets.partitions())[topic] == {0}
    places = frozenset({(topic, 0)})

    for _ in range(2):
        assert await offsets.group_offsets(GROUP, places) == [
            PartitionOffsets(
                topic=topic, partition=0, committed=COMMITTED, beginning=0, end=RECORDS
            )
        ]
        await offsets.close()  # the next question connects again
    assert await offsets.group_offsets(GROUP, frozenset()) == []


async def test_it_tells_when_the_next_record_was_sent_in_milliseconds(
    offsets: OffsetReader, topic: str
) -> None:
    place = topic, 0
    await offsets.group_offsets(GROUP, frozenset({place}))

    assert await offsets.sent(GROUP, {place: 0}) == {place: SENT_MS}
    assert await offsets.sent(GROUP, {place: 4}) == {place: SENT_MS + 4 * 60_000}
    assert await offsets.sent(GROUP, {}) == {}


async def test_a_broker_that_is_away_is_an_error_that_the_watch_knows(
    backing: KafkaSettings | None,
) -> None:
    gone = KafkaSettings(bootstrap_servers="127.0.0.1:9")
    offsets: OffsetReader = KafkaOffsets(gone) if backing else FakeOffsets()
    if isinstance(offsets, FakeOffsets):
        offsets.away = True

    for call in (
        offsets.partitions,
        lambda: offsets.group_offsets(GROUP, frozenset({("t", 0)})),
        lambda: offsets.sent(GROUP, {("t", 0): 0}),
    ):
        with pytest.raises((KafkaError, OSError)):
            await call()
        await offsets.close()  # as whoever hears of it does

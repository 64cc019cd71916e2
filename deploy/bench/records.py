"""The broker as the bench uses it: what lies in a topic, written again, and where groups stand."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic

from deploy.bench.baseline import TOPIC as BASELINE
from shared.errors import BrokerAway
from shared.kafka import client_options, create_admin, create_producer
from shared.settings import KafkaSettings
from shared.topics import PARTITIONS, spec_of

POLL_MS = 200
SEEN_POLLS = 150


class Records:
    """Topics of one broker; all offsets and counts are sums over their partitions."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def create_baseline_topic(self) -> None:
        """Create the topic that the bare loop writes; it is in no table of topics.

        Raises:
            BrokerAway: it was made and did not appear.
        """
        admin = create_admin(self._settings)
        try:
            await admin.start()
            await admin.create_topics([NewTopic(BASELINE, PARTITIONS, 1)])
            for _ in range(SEEN_POLLS):  # made is not yet known
                if BASELINE in await admin.list_topics():
                    return
                await asyncio.sleep(POLL_MS / 1000)
        finally:
            await admin.close()
        raise BrokerAway(f"topic {BASELINE} was made but is not listed")

    async def read(self, topics: Collection[str]) -> list[Any]:
        """Return all records of these topics, in the order in which they were sent."""
        found: list[Any] = []
        async with self.counter(topics) as counter:
            wanted = await counter.written()
            await counter.rewind()
            while len(found) < wanted:
                found += await counter.fetch()
        return sorted(found, key=lambda record: (record.timestamp, record.offset))

    async def write(self, records: Sequence[Any]) -> None:
        """Write records once more, each to its own topic, under its own key and headers."""
        async with create_producer(self._settings) as producer:
            sent = [
                await producer.send(r.topic, r.value, key=r.key, headers=list(r.headers))
                for r in records
            ]
            await asyncio.gather(*sent)

    @asynccontextmanager
    async def counter(
        self, topics: Collection[str], group: str | None = None
    ) -> AsyncIterator["Counter"]:
        """Yield how far topics are written, and how far a group is that it does not join."""
        consumer: Any = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=POLL_MS,
        )
        async with consumer:
            counter = Counter(consumer, topics)
            yield counter


class Counter:
    """Counts the records of some topics through a consumer that fetches nothing unasked."""

    def __init__(self, consumer: Any, topics: Collection[str]) -> None:
        self._consumer = consumer
        self._partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in range(partitions_of(topic))
        ]
        consumer.assign(self._partitions)
        consumer.pause(*self._partitions)

    async def written(self) -> int:
        """Return how many records were ever written."""
        return sum((await self._consumer.end_offsets(self._partitions)).values())

    async def committed(self) -> int:
        """Return how many records the group has behind it."""
        offsets = await asyncio.gather(*map(self._consumer.committed, self._partitions))
        return sum(offset or 0 for offset in offsets)

    async def skip(self) -> None:
        """Let the group, which must have no members, begin with what is written from now on."""
        await self._consumer.commit(await self._consumer.end_offsets(self._partitions))

    async def rewind(self) -> None:
        """Begin to fetch, from the first record."""
        await self._consumer.seek_to_beginning(*self._partitions)
        self._consumer.resume(*self._partitions)

    async def fetch(self) -> list[Any]:
        """Return the next records, of whatever partition."""
        batches = await self._consumer.getmany(timeout_ms=POLL_MS)
        return [record for records in batches.values() for record in records]


def partitions_of(topic: str) -> int:
    """Return how many partitions a topic has."""
    return PARTITIONS if topic == BASELINE else spec_of(topic).partitions

"""The broker as the bench uses it: what lies in a topic, written again, and where groups stand.

The embedded broker names too low an end for a topic whose last batch holds several records, so
ends are found by reading, never by asking for them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic

from deploy.dev.bench.baseline import SOURCE
from deploy.dev.bench.baseline import TOPIC as BASELINE
from shared.contracts.case import Status
from shared.contracts.topics import PARTITIONS, spec_of
from shared.errors import BrokerAway
from shared.kafka.clients import client_options, create_admin, create_producer
from shared.settings import KafkaSettings

POLL_MS = 20
SEEN_POLLS, SEEN_SECONDS = 150, 0.2
READ_SECONDS = 60.0
Kept = Sequence[Any]  # consumed records


class Records:
    """Topics of one broker."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def create_baseline_topics(self) -> None:
        """Create what the bare loop reads and writes; it is in no table of topics.

        Raises:
            BrokerAway: they were made and did not appear.
        """
        mine = {SOURCE, BASELINE}
        admin = create_admin(self._settings)
        try:
            await admin.start()
            await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in mine])
            for _ in range(SEEN_POLLS):  # made is not yet known
                if mine <= set(await admin.list_topics()):
                    return
                await asyncio.sleep(SEEN_SECONDS)
        finally:
            await admin.close()
        raise BrokerAway(f"topics {SOURCE} and {BASELINE} were made but are not listed")

    async def read(self, topics: Collection[str], wanted: int) -> Kept:
        """Return all records of these topics, in the order in which they were sent.

        Raises:
            BrokerAway: there are fewer than wanted.
        """
        async with self.reader(topics) as reader:
            try:
                async with asyncio.timeout(READ_SECONDS):
                    while await reader.count() < wanted:
                        pass
            except TimeoutError as error:
                found = f"{len(reader.records)} of {wanted} records"
                raise BrokerAway(f"only {found} in {next(iter(topics))} and its like") from error
            return sorted(reader.records, key=lambda record: (record.timestamp, record.offset))

    async def write(self, records: Kept, topic: str | None = None) -> None:
        """Write records once more, each to its own topic, under its own key and headers."""
        async with create_producer(self._settings) as producer:
            sent = [
                await producer.send(topic or r.topic, r.value, key=r.key, headers=list(r.headers))
                for r in records
            ]
            await asyncio.gather(*sent)

    @asynccontextmanager
    async def reader(self, topics: Collection[str]) -> AsyncIterator["Reader"]:
        """Yield a reader of these topics from their beginning, in no group."""
        async with self._consumer(None) as consumer:
            consumer.assign(partitions_of(topics))
            yield Reader(consumer)

    @asynccontextmanager
    async def group(self, name: str, topics: Collection[str]) -> AsyncIterator["Group"]:
        """Yield where a group stands, without joining it."""
        async with self._consumer(name) as consumer:
            partitions = partitions_of(topics)
            consumer.assign(partitions)
            consumer.pause(*partitions)
            yield Group(consumer, partitions)

    def _consumer(self, group: str | None) -> Any:
        return AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )


class Reader:
    """Reads topics without any group; `records` holds what came so far."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self.records: list[Any] = []

    async def count(self) -> int:
        """Take what has come; return how many records there are by now."""
        batches = await self._consumer.getmany(timeout_ms=POLL_MS)
        self.records += [record for records in batches.values() for record in records]
        return len(self.records)


class Group:
    """Where a group stands, seen from outside; it fetches nothing."""

    def __init__(self, consumer: Any, partitions: Sequence[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    async def committed(self) -> int:
        """Return how many records the group has behind it."""
        offsets = await asyncio.gather(*map(self._consumer.committed, self._partitions))
        return sum(offset or 0 for offset in offsets)

    async def skip(self, records: Kept) -> None:
        """Let the group, which must have no members, begin after these records."""
        ends: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            ends[partition] = max(ends.get(partition, 0), record.offset + 1)
        await self._consumer.commit(ends)


def partitions_of(topics: Collection[str]) -> list[TopicPartition]:
    """Return all partitions of these topics, by the table of topics, or of the bare loop's."""
    return [
        TopicPartition(topic, number)
        for topic in topics
        for number in range(PARTITIONS if topic == SOURCE else spec_of(topic).partitions)
    ]


def routed(changes: Kept) -> int:
    """Return how many of these events say that an institution has the complaint."""
    return sum(json.loads(record.value)["status"] == Status.ROUTED for record in changes)

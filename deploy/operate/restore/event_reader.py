"""The topic `complaint-event`, read partition by partition, up to where it ended at the start.

No group is joined and nothing is committed, so reading leaves no trace.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.topics import EVENT
from shared.errors import BrokerAway, Misconfigured
from shared.kafka.clients import client_options, create_admin
from shared.kafka.consumer.tolerant_consumer import TolerantConsumer
from shared.kafka.envelope import Record
from shared.settings import KafkaSettings

BATCH = 500
FETCH_BYTES = 4 * 1024 * 1024  # of one partition: bounds what lies in memory
POLL_MS = 100
ANSWER_SECONDS = 30.0


class EventSource(Protocol):
    """Where events are read from."""

    async def ends(self) -> Mapping[int, int]:
        """Return the end of each partition as it is now: the offset after the last record."""
        ...

    def batches(self, partition: int, end: int) -> AsyncIterator[Sequence[Record]]:
        """Yield all records of a partition before `end`, in order; BrokerAway if none come."""
        ...


class TopicEvents:
    """The topic in Kafka, through one consumer that is in no group."""

    def __init__(self, consumer: TolerantConsumer, partitions: Sequence[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    async def ends(self) -> Mapping[int, int]:
        """Ask for the ends, and fetch there: the embedded broker lists an end too low.

        It takes a batch of several records for one; what a fetch says of the end is right.
        """
        self._consumer.assign(self._partitions)
        listed = await self._consumer.end_offsets(self._partitions)
        for partition, end in listed.items():
            self._consumer.seek(partition, end)
        await self._fetch_each()
        ends = {p.partition: max(end, self._consumer.highwater(p)) for p, end in listed.items()}
        self._consumer.forget()
        return ends

    async def batches(self, partition: int, end: int) -> AsyncIterator[Sequence[Record]]:
        """Read from the oldest record that is left."""
        place = TopicPartition(EVENT, partition)
        self._consumer.assign([place])
        self._consumer.seek(place, (await self._consumer.beginning_offsets([place]))[place])
        answered = time.monotonic()
        while (before := await self._consumer.position(place)) < end:
            found = await self._consumer.getmany(place, timeout_ms=POLL_MS, max_records=BATCH)
            if records := [record for record in found.get(place, ()) if record.offset < end]:
                yield records
            # A compacted topic moves on without giving a record.
            if records or await self._consumer.position(place) > before:
                answered = time.monotonic()
            _require_answer(answered)

    async def _fetch_each(self) -> None:
        started = time.monotonic()
        while any(self._consumer.highwater(partition) is None for partition in self._partitions):
            await self._consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH)
            _require_answer(started)


def _require_answer(since: float) -> None:
    if time.monotonic() - since > ANSWER_SECONDS:
        raise BrokerAway(f"Kafka gave nothing of {EVENT} for {ANSWER_SECONDS:.0f} s")


@asynccontextmanager
async def open_events(settings: KafkaSettings) -> AsyncIterator[TopicEvents]:
    """Connect.

    Raises:
        BrokerAway: Kafka does not answer, then or later.
        Misconfigured: there is no such topic.
    """
    consumer = TolerantConsumer(
        **client_options(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=POLL_MS,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    try:
        partitions = await _partitions(settings)
        await consumer.start()
        yield TopicEvents(consumer, partitions)
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not give {EVENT}: {type(error).__name__}") from error
    finally:
        await consumer.stop()


async def _partitions(settings: KafkaSettings) -> list[TopicPartition]:
    # As many as there are: an operator may have added some.
    admin = create_admin(settings)
    try:
        await admin.start()
        (found,) = await admin.describe_topics([EVENT])
    finally:
        await admin.close()
    if not found["partitions"]:
        raise Misconfigured(f"no topic {EVENT} at this broker; check SALUR_KAFKA__*")
    return [TopicPartition(EVENT, one["partition"]) for one in found["partitions"]]

"""A consumer that gets past a record which its own library cannot read.

Kafka does not look into headers, so whoever writes to a topic can give a header a name that is
not UTF-8. aiokafka then fails in the middle of a fetch, for ever, and drops what it had already
taken from other partitions. Here such a record comes out as `UnreadableRecord`, in its place, and
nothing else is lost.
"""

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.errors import Permanent
from shared.kafka.aiokafka_internals import place_of
from shared.kafka.consumer.fetch_pace import FetchPace
from shared.kafka.consumer.group_session import CoordinatorRequests, GroupSession
from shared.kafka.consumer.linger import Linger

log = logging.getLogger(__name__)
WAIT_MS = 1_000  # for records, at a time
# Handed on, never raised: an exception keeps the frames of every place that it was raised at.
UNREADABLE = Permanent(
    "unreadable_record", "a header's name is not UTF-8; look at it where it came from"
)
Batches = dict[TopicPartition, list[ConsumerRecord]]


class UnreadableRecord(ConsumerRecord):  # type: ignore[misc]  # aiokafka has no types
    """Stands for a record of which only the place is known."""


class TolerantConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Hands over every record of a partition in order, the unreadable ones too.

    `session` tells when its group answered last; a join may take `settle_timeout_ms`. Under load
    a small batch waits `linger_ms` for more.
    """

    def __init__(
        self,
        *topics: str,
        session_timeout_ms: int = 10_000,
        settle_timeout_ms: int = 40_000,
        linger_ms: int = 0,
        **options: Any,
    ) -> None:
        # All else that wakes its fetching is an event; five looks a second at 680 topics cost.
        options = {"consumer_timeout_ms": WAIT_MS, **options}
        super().__init__(*topics, session_timeout_ms=session_timeout_ms, **options)
        self._linger = Linger(linger_ms / 1000)
        self._term = 0  # of the assignment: what was taken in an earlier one is fetched again
        self.session = GroupSession(session_timeout_ms / 1000)
        CoordinatorRequests(self, self.session, settle_seconds=settle_timeout_ms / 1000)
        self._handed: dict[TopicPartition, int] = {}  # where each partition goes on
        self._bad: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        """Connect and join; from then on fetch at a pace."""
        await super().start()
        FetchPace(self)

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Batches:
        """Return records by partition; empty for once after a fetch that failed."""
        found = await self._some(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        came = sum(map(len, found.values()))
        pause = self._linger.seconds(came, max_records)
        if not pause or max_records is None:
            return found
        term = self._term
        await asyncio.sleep(pause)
        if term != self._term:
            return {}
        more = await self._some(*partitions, max_records=max_records - came)
        return {place: [*found.get(place, ()), *more.get(place, ())] for place in {**found, **more}}

    async def _some(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None
    ) -> Batches:
        near = next((bad for bad in self._bad.items() if self._is_fetched(bad[0])), None)
        if near is not None:
            return await self._approach(*near, timeout_ms=timeout_ms)
        try:
            # Woken by what comes: who asks in short turns need not be told of nothing as often.
            wait = WAIT_MS if timeout_ms else 0
            return self._keep(
                await super().getmany(*partitions, timeout_ms=wait, max_records=max_records)
            )
        except UnicodeDecodeError as error:
            await self._note(error)
            return {}

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on with `offset`, also after a fetch that failed."""
        super().seek(partition, offset)
        self._handed[partition] = offset

    def forget(self) -> None:
        """Begin anew, after an assignment."""
        self._handed, self._bad = {}, {}
        self._term += 1

    def _is_fetched(self, partition: TopicPartition) -> bool:
        return partition in self.assignment() and partition not in self.paused()

    def _keep(self, batches: Batches) -> Batches:
        self._handed |= {place: records[-1].offset + 1 for place, records in batches.items()}
        return batches

    async def _approach(
        self, partition: TopicPartition, offset: int, *, timeout_ms: int
    ) -> Batches:
        # At most as many as lie before it, so that the library does not touch it again.
        position = await self.position(partition)
        if position < offset:
            return self._keep(
                await super().getmany(
                    partition, timeout_ms=timeout_ms, max_records=offset - position
                )
            )
        del self._bad[partition]
        self.seek(partition, offset + 1)
        return {partition: [_unreadable(partition, offset)]}

    async def _note(self, error: UnicodeDecodeError) -> None:
        place = place_of(error)
        if place is None:
            raise error
        partition, offset = place
        log.warning("record %s/%d cannot be read", partition, offset)
        for held in self.assignment():
            if held in self._handed:
                super().seek(held, self._handed[held])
            elif await self.committed(held) is None:
                await self.seek_to_beginning(held)
            else:
                await self.seek_to_committed(held)
        self._bad[partition] = offset


def _unreadable(partition: TopicPartition, offset: int) -> UnreadableRecord:
    return UnreadableRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=None,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=(),
    )

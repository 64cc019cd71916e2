"""Asks Kafka about other groups: one consumer per group that joins nothing and commits nothing.

Each assigns itself the partitions under the watched group's id and pauses them all, so that the
broker answers questions about the group and nothing is fetched unasked.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.metrics.lag.group_lag import PartitionOffsets, Place
from shared.kafka.clients import client_options, create_admin
from shared.settings import KafkaSettings

log = logging.getLogger(__name__)
AT_ONCE = 32  # partitions read together: bounds the memory for their first batches
READ_SECONDS = 3.0  # for each of these; what is not there by then is left out


class KafkaOffsets:
    """Connections to Kafka, opened when first needed."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin: AIOKafkaAdminClient | None = None
        self._groups: dict[str, GroupOffsets] = {}

    async def partitions(self) -> Mapping[str, frozenset[int]]:
        """Return the partitions of every topic."""
        if self._admin is None:
            self._admin = create_admin(self._settings)
            await self._admin.start()
        topics = await self._admin.describe_topics()
        return {
            topic["topic"]: frozenset(part["partition"] for part in topic["partitions"])
            for topic in topics
        }

    async def group_offsets(self, group: str, places: frozenset[Place]) -> list[PartitionOffsets]:
        """Return the offsets of the group on each of these partitions."""
        return await (await self._group(group)).offsets(places)

    async def sent(self, group: str, starts: Mapping[Place, int]) -> dict[Place, int]:
        """Return when (ms) the first record at or after each offset was sent, where readable."""
        return await (await self._group(group)).sent(starts)

    async def close(self) -> None:
        """Disconnect; the next question connects again."""
        admin, self._admin = self._admin, None
        groups, self._groups = self._groups, {}
        for group in groups.values():
            await group.close()
        if admin is not None:
            await admin.close()

    async def _group(self, name: str) -> "GroupOffsets":
        if name not in self._groups:
            self._groups[name] = GroupOffsets(name, self._settings)
            await self._groups[name].start()
        return self._groups[name]


class GroupOffsets:
    """One group's offsets, through a consumer that never becomes its member."""

    def __init__(self, group: str, settings: KafkaSettings) -> None:
        self._consumer: Any = AIOKafkaConsumer(
            **client_options(settings),
            group_id=group,
            enable_auto_commit=False,
            # Only for reading where the committed record is deleted: the oldest one left.
            auto_offset_reset="earliest",
        )
        self._sent: dict[tuple[Place, int], int] = {}  # of the round before

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()

    async def close(self) -> None:
        """Disconnect; with auto-commit off and no generation, nothing is committed or left."""
        await self._consumer.stop()

    async def offsets(self, places: frozenset[Place]) -> list[PartitionOffsets]:
        """Return the offsets of the group on each of these partitions."""
        partitions = [TopicPartition(*place) for place in sorted(places)]
        if not partitions:
            return []
        self._assign(partitions)
        committed = await asyncio.gather(*map(self._consumer.committed, partitions))
        beginnings = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        return [
            PartitionOffsets(
                topic=partition.topic,
                partition=partition.partition,
                committed=offset,
                beginning=beginnings[partition],
                end=ends[partition],
            )
            for partition, offset in zip(partitions, committed, strict=True)
        ]

    async def sent(self, starts: Mapping[Place, int]) -> dict[Place, int]:
        """Return when (ms) the first record at or after each offset was sent, where readable."""
        # A group that stands still is not read again: its backlog may be large.
        found = {at[0]: self._sent[at] for at in starts.items() if at in self._sent}
        todo = [
            (TopicPartition(*place), offset)
            for place, offset in sorted(starts.items())
            if place not in found
        ]
        for first in range(0, len(todo), AT_ONCE):
            found |= await self._read(dict(todo[first : first + AT_ONCE]))
        self._sent = {(place, starts[place]): sent for place, sent in found.items()}
        return found

    def _assign(self, partitions: list[TopicPartition]) -> None:
        if self._consumer.assignment() != frozenset(partitions):
            self._consumer.assign(partitions)
            self._consumer.pause(*partitions)

    async def _read(self, starts: Mapping[TopicPartition, int]) -> dict[Place, int]:
        found: dict[Place, int] = {}
        waiting = set(starts)
        for partition, offset in starts.items():
            self._consumer.seek(partition, offset)
        self._consumer.resume(*waiting)
        try:
            async with asyncio.timeout(READ_SECONDS):
                while waiting:
                    record = await self._consumer.getone(*waiting)
                    partition = TopicPartition(record.topic, record.partition)
                    self._put_back(partition, starts[partition])
                    waiting.discard(partition)
                    found[partition.topic, partition.partition] = record.timestamp
        except (KafkaError, TimeoutError, UnicodeDecodeError) as error:
            # The last: a header's name that the library cannot read; its group gets past it.
            log.warning("no age for %d partitions of group: %s", len(waiting), type(error).__name__)
        for partition in waiting:
            self._put_back(partition, starts[partition])
        return found

    def _put_back(self, partition: TopicPartition, offset: int) -> None:
        self._consumer.pause(partition)
        self._consumer.seek(partition, offset)  # drops what was fetched beyond the one record

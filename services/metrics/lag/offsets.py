"""Asks Kafka about other groups without being in one: nothing is joined and nothing is committed.

A round asks each broker a few questions, however many topics there are: the committed offsets of a
group in one, the first and the last of all its partitions in one each.
"""

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from services.metrics.lag.group_lag import PartitionOffsets, Place
from services.metrics.lag.record_times import RecordTimes
from shared.kafka.clients import client_options, create_admin
from shared.settings import KafkaSettings

NONE = -1  # what Kafka says where a group has committed nothing


class KafkaOffsets:
    """Connections to Kafka, opened when first needed."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: Any = None
        self._times: dict[str, RecordTimes] = {}  # by group

    async def partitions(self) -> Mapping[str, frozenset[int]]:
        """Return the partitions of every topic."""
        topics = await (await self._connected()).describe_topics()
        return {
            topic["topic"]: frozenset(part["partition"] for part in topic["partitions"])
            for topic in topics
        }

    async def group_offsets(self, group: str, places: frozenset[Place]) -> list[PartitionOffsets]:
        """Return the offsets of the group on each of these partitions."""
        partitions = [TopicPartition(*place) for place in sorted(places)]
        if not partitions:
            return []
        committed = await self._committed(group, partitions)
        ends = await self._consumer.end_offsets(partitions)
        # Where a group has read all, the beginning says nothing: most places, most of the time.
        behind = [one for one in partitions if (committed[one] or 0) < ends[one]]
        begun = await self._consumer.beginning_offsets(behind) if behind else {}
        beginnings = ends | begun
        return [
            PartitionOffsets(
                topic=partition.topic,
                partition=partition.partition,
                committed=committed[partition],
                beginning=beginnings[partition],
                end=ends[partition],
            )
            for partition in partitions
        ]

    async def sent(self, group: str, starts: Mapping[Place, int]) -> dict[Place, int]:
        """Return when (ms) the first record at or after each offset was sent, where readable."""
        await self._connected()
        times = self._times.setdefault(group, RecordTimes(group, self._consumer))
        return await times.sent(starts)

    async def close(self) -> None:
        """Disconnect; the next question connects again."""
        admin, self._admin = self._admin, None
        consumer, self._consumer, self._times = self._consumer, None, {}
        if consumer is not None:
            await consumer.stop()
        if admin is not None:
            await admin.close()

    async def _committed(
        self, group: str, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int | None]:
        admin = await self._connected()
        told = await admin.list_consumer_group_offsets(group, partitions=partitions)
        if missing := set(partitions) - set(told):
            # The library passes over an error about the group as a whole.
            raise GroupCoordinatorNotAvailableError(
                f"no offsets of group {group} for {len(missing)} partitions"
            )
        offsets = {partition: told[partition].offset for partition in partitions}
        return {one: None if offset == NONE else offset for one, offset in offsets.items()}

    async def _connected(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            self._consumer = AIOKafkaConsumer(
                **client_options(self._settings),
                # Where the committed record is deleted: the oldest one left is read.
                auto_offset_reset="earliest",
            )
            await self._consumer.start()
            self._admin = create_admin(self._settings)
            await self._admin.start()
        return self._admin

"""What Kafka deleted before it was read: a committed offset before the beginning of its partition.

The client library resets such an offset by itself, and nothing would tell that records are gone.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.errors import BrokerAway

log = logging.getLogger(__name__)
ANSWER_SECONDS = 5.0


class DeletedRange(NamedTuple):
    """Offsets of one partition that are gone: from the committed one to the first that is kept."""

    first: int
    end: int

    def __len__(self) -> int:
        """Return how many offsets it spans."""
        return self.end - self.first


DeletedRanges = Mapping[TopicPartition, DeletedRange]


async def deleted_unread(
    stage: str, consumer: Any, partitions: Collection[TopicPartition]
) -> DeletedRanges:
    """Return what was deleted before anybody committed it, by partition; BrokerAway: not known."""
    if not partitions:
        return {}
    held = sorted(partitions)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            committed = await asyncio.gather(*map(consumer.committed, held))
            beginnings = await consumer.beginning_offsets(held)
    except (KafkaError, TimeoutError) as error:
        raise BrokerAway(f"offsets not compared: {type(error).__name__}") from error
    ranges = {
        partition: DeletedRange(offset, beginnings[partition])
        for partition, offset in zip(held, committed, strict=True)
        if offset is not None and offset < beginnings[partition]
    }
    for partition, gone in ranges.items():
        log.error(
            "stage %s: Kafka deleted %d records of %s/%d before they were read, from offset %d on",
            *(stage, len(gone), partition.topic, partition.partition, gone.first),
        )
    return ranges

"""What Kafka deleted before it was read: a committed offset before the beginning of its partition.

The client library resets such an offset by itself, and nothing would tell that records are gone.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

log = logging.getLogger(__name__)
ANSWER_SECONDS = 5.0  # the assignment waits so long, less than a session


async def lost_records(
    stage: str, consumer: Any, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Return how many records were deleted unread, by partition; none where Kafka does not tell."""
    held = sorted(partitions)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            committed = await asyncio.gather(*map(consumer.committed, held))
            beginnings = await consumer.beginning_offsets(held) if held else {}
    except (KafkaError, TimeoutError) as error:
        log.warning("stage %s: offsets not compared: %s", stage, type(error).__name__)
        return {}
    lost = {
        partition: beginnings[partition] - offset
        for partition, offset in zip(held, committed, strict=True)
        if offset is not None and offset < beginnings[partition]
    }
    for partition, count in lost.items():
        log.error(
            "stage %s: Kafka deleted %d records of %s/%d before they were read, from offset %d on",
            *(stage, count, partition.topic, partition.partition, beginnings[partition] - count),
        )
    return lost

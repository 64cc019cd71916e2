"""Committing offsets: of the partitions that this member still holds, and of no other."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared.errors import BrokerAway


async def commit(consumer: Any, offsets: Mapping[TopicPartition, int], *, within: float) -> bool:
    """Commit in at most `within` seconds; tell whether all partitions were still this member's.

    Raises:
        BrokerAway: whether the offsets are committed is not known.
    """
    held = consumer.assignment()
    still_ours = {partition: at for partition, at in offsets.items() if partition in held}
    try:
        async with asyncio.timeout(within):
            await consumer.commit(still_ours)
    except (CommitFailedError, IllegalStateError):
        return False
    except (KafkaError, TimeoutError) as error:
        raise BrokerAway(f"offsets not committed: {type(error).__name__}") from error
    return len(still_ours) == len(offsets)

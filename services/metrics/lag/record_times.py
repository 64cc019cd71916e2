"""When the record was sent with which a group goes on: read itself, for offsets do not tell.

The partitions are assigned only while they are read: a client has work with each that it holds.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.metrics.lag.group_lag import Place

log = logging.getLogger(__name__)
AT_ONCE = 32  # partitions read together: bounds the memory for their first batches
READ_SECONDS = 3.0  # for each of these; what is not there by then is left out


class RecordTimes:
    """Of one group, through a consumer that is in no group."""

    def __init__(self, group: str, consumer: Any) -> None:
        self._group = group
        self._consumer = consumer
        self._sent: dict[tuple[Place, int], int] = {}  # of the round before

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

    async def _read(self, starts: Mapping[TopicPartition, int]) -> dict[Place, int]:
        found: dict[Place, int] = {}
        waiting = set(starts)
        self._consumer.assign(list(starts))
        for partition, offset in starts.items():
            self._consumer.seek(partition, offset)
        try:
            async with asyncio.timeout(READ_SECONDS):
                while waiting:
                    record = await self._consumer.getone(*waiting)
                    partition = TopicPartition(record.topic, record.partition)
                    self._consumer.pause(partition)
                    waiting.discard(partition)
                    found[partition.topic, partition.partition] = record.timestamp
        except (KafkaError, TimeoutError, UnicodeDecodeError) as error:
            # The last: a header's name that the library cannot read; its group gets past it.
            log.warning(
                "no age for %d partitions of group %s: %s; looked at again in the next round",
                *(len(waiting), self._group, type(error).__name__),
            )
        finally:
            self._consumer.unsubscribe()
        return found

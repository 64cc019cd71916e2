"""An observer of Kafka that belongs to no group and knows no service: plain aiokafka, raw bytes."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.dev.chaos.oracle import reading
from deploy.dev.chaos.oracle.facts import Saying, Stream
from deploy.dev.demo.observation import DeadLetterSeen, letter
from shared.contracts.topics import (
    EVENT,
    SERVICES,
    agency_topic,
    dead_letter_topic,
    spec_of,
)
from shared.kafka.clients import client_options
from shared.settings import KafkaSettings

POLL_MS = 200


class Observer:
    """Reads institutions' topics, `complaint-event` and all dead letters from their beginning."""

    def __init__(self, settings: KafkaSettings, agencies: Sequence[str]) -> None:
        dead = [dead_letter_topic(service) for service in SERVICES]
        topics = [EVENT, *dead, *map(agency_topic, agencies)]
        self._partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in range(spec_of(topic).partitions)
        ]
        self._settings = settings
        self._consumer: Any = None
        self._task: asyncio.Task[None] | None = None
        self.sayings: list[Saying] = []
        self.letters: list[DeadLetterSeen] = []
        self.unreadable = 0

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=None,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=POLL_MS,
        )
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._consumer.stop()

    def check(self) -> None:
        """Raise what ended the reading, if anything did."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def _read(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=1000)
            for records in batches.values():
                for record in records:
                    self._take(record)

    def on(self, stream: Stream) -> list[Saying]:
        """Return what was said on a stream until now."""
        return [one for one in self.sayings if one.stream is stream]

    def _take(self, record: Any) -> None:
        where = f"{record.topic}/{record.partition}/{record.offset}"
        try:
            if reading.DEAD_LETTERS.fullmatch(record.topic):
                self.letters.append(letter(record.key, record.headers))
            elif said := reading.record(record.topic, record.value, record.headers, where):
                self.sayings.append(said)
        except (ValueError, KeyError, TypeError):
            # Counts for nothing, so what it should have shown comes out as lost.
            self.unreadable += 1

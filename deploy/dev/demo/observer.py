"""An observer of Kafka that belongs to no group and knows no service: plain aiokafka, raw bytes."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.dev.demo import reading
from deploy.dev.demo.observation import AgencyRecord, CaseRecord, DeadLetterSeen
from shared.contracts.topics import (
    EVENT,
    SERVICES,
    agency_of,
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
        self.agency_records: list[AgencyRecord] = []
        self.case_records: list[CaseRecord] = []
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

    def _take(self, record: Any) -> None:
        agency = agency_of(record.topic)
        try:
            if agency is not None:
                self.agency_records.append(
                    reading.agency_record(agency, record.value, record.headers)
                )
            elif record.topic == EVENT:
                self.case_records.append(reading.case_record(record.value, record.headers))
            else:
                self.letters.append(reading.letter(record.key, record.headers))
        except (ValueError, KeyError, TypeError):
            # Counts for nothing, so what it should have shown comes out as lost.
            self.unreadable += 1

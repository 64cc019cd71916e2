"""Reads Kafka as anybody may: a plain consumer, of no group, of every topic."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.dev.chaos.oracle import reading
from deploy.dev.chaos.oracle.facts import Saying
from deploy.dev.chaos.oracle.leaks import marks_in

POLL_MS = 200


class KafkaWatcher:
    """Reads every topic of an installation, from where it stopped reading."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._next: dict[TopicPartition, int] = {}
        self.sayings: list[Saying] = []
        self.letters: list[str] = []
        self.leaks: list[str] = []

    async def read(self) -> None:
        """Take in everything up to what is the end now."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=10_000,
        )
        await consumer.start()
        try:
            await self._read(consumer, await partitions(self._servers))
        finally:
            await consumer.stop()

    async def _read(self, consumer: Any, places: Sequence[TopicPartition]) -> None:
        ends = await consumer.end_offsets(places)
        firsts = await consumer.beginning_offsets(places)
        waiting = set()
        consumer.assign(places)
        for place in places:
            start = max(self._next.get(place, 0), firsts[place])
            consumer.seek(place, start)
            if start < ends[place]:
                waiting.add(place)
        while waiting:
            for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    self._take(record)
                self._next[place] = records[-1].offset + 1
            waiting = {p for p in waiting if self._next.get(p, 0) < ends[p]}

    def _take(self, record: Any) -> None:
        where = f"{record.topic}/{record.partition}/{record.offset}"
        headers = [raw for pair in record.headers for raw in (pair[0].encode(), pair[1])]
        found = marks_in(record.key, record.value, *headers)
        self.leaks += [f"{where}: {mark}" for mark in found]
        if reading.DEAD_LETTERS.fullmatch(record.topic):
            self.letters.append(reading.letter(record.headers, where))
            return
        said = reading.record(record.topic, record.value, record.headers, where)
        if said is not None:
            self.sayings.append(said)


async def partitions(servers: str) -> list[TopicPartition]:
    """Return every partition of every topic that is not Kafka's own."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=10_000)
    await admin.start()
    try:
        names = sorted(name for name in await admin.list_topics() if not name.startswith("__"))
        return [
            TopicPartition(topic["topic"], one["partition"])
            for topic in await admin.describe_topics(names)
            for one in topic["partitions"]
        ]
    finally:
        await admin.close()

"""Dead letters from the operator's side: which there are, and back to where they came from.

What has been replayed is remembered as the offset of a consumer group of its own, so a second
replay takes only what came since.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from deploy.tail import plain
from shared.envelope import Headers
from shared.errors import BrokerAway, Misconfigured
from shared.kafka import client_options
from shared.publisher import Publisher
from shared.settings import KafkaSettings
from shared.topics import SERVICES, dead_letter_topic, spec_of

PREFIX = "dlq_"
BATCH = 500
POLL_MS = 500
ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """One dead letter as it lies in its topic; ready to be published where it came from."""

    offset: int
    origin: dict[str, str]  # topic, partition, offset, error, detail …
    key: bytes | None
    value: bytes | None
    headers: Headers  # the record's own

    @property
    def topic(self) -> str:
        """Return the topic the record came from."""
        return self.origin.get("topic", "")

    @property
    def has_known_origin(self) -> bool:
        """Tell whether the record came from a topic that the table of topics knows."""
        try:
            return bool(spec_of(self.topic))
        except (KeyError, StopIteration):
            return False

    def __str__(self) -> str:
        said = self.origin
        place = f"{self.topic}/{said.get('partition')} offset {said.get('offset')}"
        return f"{self.offset}  {place}  {said.get('error')}: {said.get('detail')}"


def letter_of(record: Any) -> StoredLetter:
    """Return a record of a dead-letter topic, its own headers apart from its origin."""
    own, origin = [], {}
    for name, value in record.headers:
        if name.startswith(PREFIX):
            # The last one counts: the record's own headers come first and may imitate these.
            origin[name.removeprefix(PREFIX)] = plain((value or b"").decode(errors="replace"))
        else:
            own.append((name, value or b""))
    return StoredLetter(record.offset, origin, record.key, record.value, tuple(own))


async def read_letters(settings: KafkaSettings, service: str) -> list[StoredLetter]:
    """Return all dead letters of a service, oldest first; BrokerAway if Kafka does not answer."""
    async with _reading(settings, service) as (consumer, partition):
        await consumer.seek_to_beginning(partition)
        return [letter async for batch in _batches(consumer, partition) for letter in batch]


@dataclass(slots=True)
class Replay:
    """How many letters went back, and how many name no topic of ours and stay where they are."""

    replayed: int = 0
    passed_over: int = 0


async def replay_letters(settings: KafkaSettings, service: str) -> Replay:
    """Publish what has not been replayed yet to its topic of origin.

    Raises:
        BrokerAway: not all were acknowledged; the rest is replayed the next time.
        Misconfigured: a topic of origin is gone or forbidden.
    """
    publisher, done = Publisher(settings), Replay()
    try:
        async with _reading(settings, service) as (consumer, partition):
            await _go_on(consumer, partition)
            async for batch in _batches(consumer, partition):
                known = [letter for letter in batch if letter.has_known_origin]
                await _publish(publisher, known)
                await consumer.commit({partition: batch[-1].offset + 1})
                done.replayed += len(known)
                done.passed_over += len(batch) - len(known)
        return done
    finally:
        await publisher.stop()


async def _publish(publisher: Publisher, letters: list[StoredLetter]) -> None:
    gone = await publisher.publish(letters)
    if gone:
        topics = ", ".join(sorted({letter.topic for letter in gone}))
        raise Misconfigured(f"not replayed: topic {topics} is gone or forbidden; create it first")


async def _go_on(consumer: Any, partition: TopicPartition) -> None:
    begun = await consumer.committed(partition)
    if begun is None:
        await consumer.seek_to_beginning(partition)
    else:
        consumer.seek(partition, begun)


@asynccontextmanager
async def _reading(
    settings: KafkaSettings, service: str
) -> AsyncIterator[tuple[Any, TopicPartition]]:
    partition = TopicPartition(dead_letter_topic(known_service(service)), 0)
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        group_id=replays_of(service),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        consumer.assign([partition])
        yield consumer, partition
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka did not give {partition.topic}: {error!r}") from error
    finally:
        await consumer.stop()


async def _batches(consumer: Any, partition: TopicPartition) -> AsyncIterator[list[StoredLetter]]:
    """Yield the letters up to the end as it is now: what comes meanwhile may be their echo."""
    end, silent_since = None, time.monotonic()
    while True:
        found = await consumer.getmany(partition, timeout_ms=POLL_MS, max_records=BATCH)
        if end is None:
            end = await _end(consumer, partition)
        batch = [letter_of(r) for r in found.get(partition, ()) if r.offset < end]
        if batch:
            yield batch
            silent_since = time.monotonic()
        if await consumer.position(partition) >= end:
            return
        if time.monotonic() - silent_since > ANSWER_SECONDS:
            raise BrokerAway(f"Kafka gave nothing of {partition.topic} for {ANSWER_SECONDS:.0f} s")


async def _end(consumer: Any, partition: TopicPartition) -> int:
    # The embedded broker lists the end of a batch of several records too low; a fetch knows it.
    listed = (await consumer.end_offsets([partition]))[partition]
    return max(int(listed), consumer.highwater(partition) or 0)


def replays_of(service: str) -> str:
    """Return the group whose offset says what has been replayed of a service's dead letters."""
    return f"{dead_letter_topic(service)}.replay"


def known_service(name: str) -> str:
    """Return the name of a service; Misconfigured, naming them all, if there is none such."""
    if name not in SERVICES:
        raise Misconfigured(f"no service {name!r}; there are {', '.join(SERVICES)}")
    return name

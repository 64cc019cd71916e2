"""Dead letters from the operator's side: which there are, where each came from, and why."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from deploy.operate.tail import plain
from shared.contracts.topics import SERVICES, TopicSpec, dead_letter_topic, spec_of
from shared.errors import BrokerAway, Misconfigured
from shared.kafka.clients import client_options
from shared.kafka.envelope import Headers
from shared.settings import KafkaSettings

PREFIX = "dlq_"
BATCH = 500
POLL_MS = 500
ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
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
    def spec(self) -> TopicSpec | None:
        """Return the row of the table of topics that the record came from, if it is in it."""
        try:
            return spec_of(self.topic)
        except KeyError:
            return None

    def header(self, name: str) -> str | None:
        """Return the record's own first header of this name; None if absent or not UTF-8."""
        found = next((value for own, value in self.headers if own == name), None)
        try:
            return None if found is None else found.decode()
        except UnicodeDecodeError:
            return None

    def __str__(self) -> str:
        said = self.origin
        place = f"{self.topic}/{said.get('partition')} offset {said.get('offset')}"
        return f"{self.offset}  {place}  {said.get('error')}: {said.get('detail')}"


def dead_letter_of(record: Any) -> StoredDeadLetter:
    """Return a record of a dead-letter topic, its own headers apart from its origin."""
    own, origin = [], {}
    for name, value in record.headers:
        if name.startswith(PREFIX):
            # The last one counts: the record's own headers come first and may imitate these.
            origin[name.removeprefix(PREFIX)] = plain((value or b"").decode(errors="replace"))
        else:
            own.append((name, value or b""))
    return StoredDeadLetter(record.offset, origin, record.key, record.value, tuple(own))


async def read_letter(settings: KafkaSettings, service: str, at: int) -> StoredDeadLetter:
    """Return one dead letter of a service by where it lies in its topic.

    Raises:
        BrokerAway: Kafka does not answer.
        Misconfigured: there is none.
    """
    async with opened(settings, service) as (consumer, partition):
        await consumer.seek_to_beginning(partition)
        async for batch in batches(consumer, partition):
            for letter in batch:
                if letter.offset == at:
                    return letter
    raise no_letter(service, [at])


async def read_letters(settings: KafkaSettings, service: str) -> list[StoredDeadLetter]:
    """Return all dead letters of a service, oldest first; BrokerAway if Kafka does not answer."""
    async with opened(settings, service) as (consumer, partition):
        await consumer.seek_to_beginning(partition)
        return [letter async for batch in batches(consumer, partition) for letter in batch]


@asynccontextmanager
async def opened(
    settings: KafkaSettings, service: str
) -> AsyncIterator[tuple[Any, TopicPartition]]:
    """Open the dead letters of a service under the group of its replays; BrokerAway if it fails."""
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


async def batches(
    consumer: Any, partition: TopicPartition
) -> AsyncIterator[list[StoredDeadLetter]]:
    """Yield the letters up to the end as it is now: what comes meanwhile may be their echo."""
    end, silent_since = None, time.monotonic()
    while True:
        found = await consumer.getmany(partition, timeout_ms=POLL_MS, max_records=BATCH)
        if end is None:
            end = await _end(consumer, partition)
        batch = [dead_letter_of(r) for r in found.get(partition, ()) if r.offset < end]
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


def no_letter(service: str, places: Sequence[int], which: str = "") -> Misconfigured:
    """Return the error that names places at which no dead letter lies."""
    named = ", ".join(str(at) for at in places)
    return Misconfigured(
        f"{service} has no dead letter{which} at {named}; "
        f"`salur dead-letters list {service}` shows them"
    )


def replays_of(service: str) -> str:
    """Return the group whose offset says what has been replayed of a service's dead letters."""
    return f"{dead_letter_topic(service)}.replay"


def known_service(name: str) -> str:
    """Return the name of a service; Misconfigured, naming them all, if there is none such."""
    if name not in SERVICES:
        raise Misconfigured(f"no service {name!r}; there are {', '.join(SERVICES)}")
    return name

"""Publishing with typed results: what was not acknowledged, and what is left to do about it."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    TopicAuthorizationFailedError,
)

from shared.component import Component
from shared.envelope import Headers
from shared.errors import BrokerAway
from shared.kafka import create_admin, create_producer
from shared.settings import KafkaSettings

_BROKEN_SEQUENCE = (OutOfOrderSequenceNumber, ProducerFenced, InvalidProducerEpoch)
STOP_SECONDS = 5.0  # with the broker away an idempotent producer never finishes


class Message(Protocol):
    """What can be published: keyed, so that one complaint's records keep their order."""

    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Headers: ...  # noqa: D102


AnyMessage = TypeVar("AnyMessage", bound=Message)


class Publisher(Component):
    """Sends messages in order per key and waits until all in-sync replicas have them."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Connect; BrokerAway if Kafka does not answer."""
        await self._started()

    async def stop(self) -> None:
        """Send what is buffered and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(producer.stop(), STOP_SECONDS)

    async def publish(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        """Publish all, in order; return those whose topic is gone or forbidden.

        Raises:
            BrokerAway: some were not acknowledged in time, or for another reason. Which ones is
                unknown: the caller repeats them all.
        """
        if not messages:
            return []
        producer = await self._started()
        errors = await self._send_all(producer, messages)
        return await self._sort_out(messages, errors) if errors else []

    async def topics(self) -> frozenset[str]:
        """Return the names of all topics that exist; BrokerAway if Kafka does not tell."""
        admin = create_admin(self._settings)
        try:
            await admin.start()
            return frozenset(await admin.list_topics())
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerAway(f"Kafka did not list its topics: {type(error).__name__}") from error
        finally:
            await admin.close()

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await _connected(create_producer(self._settings))
            return self._producer

    async def _send_all(
        self, producer: AIOKafkaProducer, messages: Sequence[Message]
    ) -> dict[int, BaseException]:
        """Return what failed, by place; an idempotent producer itself would wait for ever."""
        places: dict[asyncio.Future[object], int] = {}
        errors: dict[int, BaseException] = {}
        seconds = self._settings.publish_timeout_ms / 1000 + 1
        try:
            async with asyncio.timeout(seconds):
                await _enqueue(producer, messages, places, errors)
                await asyncio.wait(places) if places else None
        except TimeoutError as late:
            pending = set(range(len(messages))) - set(places.values()) - set(errors)
            errors |= dict.fromkeys(pending, late)
        for future, place in places.items():
            if not future.done():
                errors[place] = TimeoutError()
                future.add_done_callback(_forget)
            elif (error := future.exception()) is not None:
                errors[place] = error
        return errors

    async def _sort_out(
        self, messages: Sequence[AnyMessage], errors: Mapping[int, BaseException]
    ) -> list[AnyMessage]:
        # A time-out does not tell a missing topic from a broker that is away; the list does.
        existing = await self.topics()
        gone = [
            messages[place]
            for place, error in sorted(errors.items())
            if isinstance(error, TopicAuthorizationFailedError)
            or messages[place].topic not in existing
        ]
        if any(isinstance(error, _BROKEN_SEQUENCE) for error in errors.values()):
            await self.stop()  # its numbering is lost: the next publish makes a new producer
        if len(gone) < len(errors):
            names = ", ".join(sorted({type(error).__name__ for error in errors.values()}))
            raise BrokerAway(f"{len(errors)} records were not acknowledged: {names}")
        return gone


async def _connected(producer: AIOKafkaProducer) -> AIOKafkaProducer:
    try:
        await producer.start()
    except BaseException as error:
        await producer.stop()  # a cancelled start leaves connections behind
        if isinstance(error, (KafkaError, OSError)):
            raise BrokerAway(f"no producer for Kafka: {type(error).__name__}") from error
        raise
    return producer


async def _enqueue(
    producer: AIOKafkaProducer,
    messages: Sequence[Message],
    places: dict[asyncio.Future[object], int],
    errors: dict[int, BaseException],
) -> None:
    refused: dict[str, BaseException] = {}
    for place, message in enumerate(messages):
        if message.topic in refused:  # each attempt would wait for the topic as long again
            errors[place] = refused[message.topic]
            continue
        try:
            # Awaited one by one only until it is in the buffer: that keeps the order.
            future = await producer.send(
                message.topic, message.value, key=message.key, headers=list(message.headers)
            )
            places[future] = place
        except (KafkaError, OSError) as error:
            errors[place] = refused[message.topic] = error


def _forget(future: asyncio.Future[object]) -> None:
    # Asked for by nobody any more; reading it keeps asyncio from reporting it as unheard.
    if not future.cancelled():
        future.exception()

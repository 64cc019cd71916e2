"""Publishing with typed results: what was not acknowledged, and what is left to do about it."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Protocol, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from shared.component import Component
from shared.envelope import Headers
from shared.errors import BrokerAway
from shared.kafka import create_admin, create_producer
from shared.settings import KafkaSettings

log = logging.getLogger(__name__)


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
                await asyncio.wait_for(producer.stop(), 5.0)

    async def publish(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        """Publish all, in order; return those whose topic is gone or forbidden.

        Raises:
            BrokerAway: some were not acknowledged for another reason. Which ones is unknown:
                the caller repeats them all.
        """
        if not messages:
            return []
        producer = await self._started()
        results = await _send_all(producer, messages)
        failed = [
            (message, error)
            for message, error in zip(messages, results, strict=True)
            if isinstance(error, BaseException)
        ]
        return await self._sort_out(failed) if failed else []

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
                producer = create_producer(self._settings)
                try:
                    await producer.start()
                except (KafkaError, OSError) as error:
                    await producer.stop()
                    raise BrokerAway(f"no producer for Kafka: {type(error).__name__}") from error
                self._producer = producer
            return self._producer

    async def _sort_out(
        self, failed: Sequence[tuple[AnyMessage, BaseException]]
    ) -> list[AnyMessage]:
        # A time-out does not tell a missing topic from a broker that is away; the list does.
        existing = await self._topics_or_none()
        gone = [
            message
            for message, error in failed
            if isinstance(error, TopicAuthorizationFailedError)
            or (existing is not None and message.topic not in existing)
        ]
        if len(gone) < len(failed):
            # A producer that lost a record has a hole in its sequence: begin with a new one.
            await self.stop()
            names = ", ".join(sorted({type(error).__name__ for _, error in failed}))
            raise BrokerAway(f"{len(failed)} records were not acknowledged: {names}")
        return gone

    async def _topics_or_none(self) -> frozenset[str] | None:
        try:
            return await self.topics()
        except BrokerAway:
            return None


async def _send_all(
    producer: AIOKafkaProducer, messages: Sequence[Message]
) -> list[BaseException | object]:
    results: list[BaseException | object] = [None] * len(messages)
    futures = []
    for place, message in enumerate(messages):
        try:
            # Awaited one by one only until it is in the buffer: that keeps the order.
            futures.append((place, await _send(producer, message)))
        except (KafkaError, OSError) as error:
            results[place] = error
    done = await asyncio.gather(*(future for _, future in futures), return_exceptions=True)
    for (place, _), result in zip(futures, done, strict=True):
        results[place] = result
    return results


async def _send(producer: AIOKafkaProducer, message: Message) -> asyncio.Future[object]:
    future: asyncio.Future[object] = await producer.send(
        message.topic, message.value, key=message.key, headers=list(message.headers)
    )
    return future

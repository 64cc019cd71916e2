"""Publishing with typed results: what was not acknowledged, and what is left to do about it.

Who stops waiting for a record ends its producer first, whatever the reason: a time-out, a
cancellation, a stop that takes too long. So nothing is delivered after it was given up, and another
owner of the same complaints may go on (`abortable_producer.py` says what that cannot reach).
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    TopicAuthorizationFailedError,
)

from shared.errors import BrokerAway
from shared.kafka.abortable_producer import AbortableProducer, Aborted
from shared.kafka.clients import broker_away, create_admin, create_producer
from shared.kafka.envelope import Headers
from shared.runtime.component import Component
from shared.settings import KafkaSettings

log = logging.getLogger(__name__)
_ENDED = (Aborted, ProducerClosed)
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
        self._producer: AbortableProducer | None = None
        self._starting = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect; BrokerAway if Kafka does not answer."""
        await self._started()

    async def stop(self) -> None:
        """Send what is buffered and disconnect; what is not sent by then is dropped."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stopped(producer)

    def abort(self) -> None:
        """Have nothing leave any more of what is on its way; the next publish connects anew."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.abort()
            self._end(producer)

    async def publish(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        """Publish all, in order; return those whose topic is gone or forbidden.

        Raises:
            BrokerAway: some were not acknowledged in time, or for another reason. Which ones is
                unknown: the caller repeats them all.
        """
        if not messages:
            return []
        errors = await self._send_all(await self._started(), messages)
        if errors and all(isinstance(error, _ENDED) for error in errors.values()):
            # Another's time-out ended the producer that both were using; this one has time left.
            errors = await self._send_all(await self._started(), messages)
        return await self._sort_out(messages, errors) if errors else []

    async def topics(self) -> frozenset[str]:
        """Return the names of all topics that exist; BrokerAway if Kafka does not tell."""
        admin = create_admin(self._settings)
        try:
            await admin.start()
            return frozenset(await admin.list_topics())
        except (KafkaError, OSError, TimeoutError) as error:
            what = "Kafka did not list its topics"
            raise await broker_away(self._settings, what, error) from error
        finally:
            await admin.close()

    async def _started(self) -> AbortableProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await _connected(create_producer(self._settings), self._settings)
            return self._producer

    async def _send_all(
        self, producer: AbortableProducer, messages: Sequence[Message]
    ) -> dict[int, BaseException]:
        """Return what failed, by place; an idempotent producer itself would wait for ever.

        Whether it returns or is cancelled: what has no answer yet is not on its way any more.
        """
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
        finally:
            overdue = [future for future in places if not future.done()]
            if overdue:
                self._give_up(producer, overdue)
        for future, place in places.items():
            if future in overdue:
                errors[place] = TimeoutError()
            elif (error := future.exception()) is not None:
                errors[place] = error
        return errors

    def _give_up(
        self, producer: AbortableProducer, overdue: Sequence[asyncio.Future[object]]
    ) -> None:
        for future in overdue:
            future.add_done_callback(_forget)
        if producer is self._producer:
            self.abort()
        producer.abort()  # also one that is being stopped

    def _end(self, producer: AbortableProducer) -> None:
        task = asyncio.create_task(producer.end())
        self._ending.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a producer was not ended in time: %s", type(error).__name__)

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
            self.abort()  # its numbering is lost: the next publish makes a new producer
        if len(gone) < len(errors):
            names = ", ".join(sorted({type(error).__name__ for error in errors.values()}))
            raise BrokerAway(f"{len(errors)} records were not acknowledged: {names}")
        return gone


async def _stopped(producer: AbortableProducer) -> None:
    with contextlib.suppress(TimeoutError, KafkaError):
        try:
            await asyncio.wait_for(producer.stop(), STOP_SECONDS)
        except BaseException:
            await producer.end()
            raise


async def _connected(producer: AbortableProducer, settings: KafkaSettings) -> AbortableProducer:
    try:
        await producer.start()
    except BaseException as error:
        await producer.end()  # a cancelled start leaves connections behind
        if isinstance(error, (KafkaError, OSError)):
            raise await broker_away(settings, "no producer for Kafka", error) from error
        raise
    return producer


async def _enqueue(
    producer: AbortableProducer,
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

"""Asks a broker for one thing as one user, and tells its answer."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.fetch import FetchRequest

from shared.kafka.clients import client_options, create_producer
from shared.settings import KafkaSettings

SECONDS = 30.0


async def fetch(settings: KafkaSettings, topic: str) -> type[KafkaError]:
    """Return what the broker says to a fetch of partition 0.

    Sent as it is: aiokafka's consumer waits for ever for a topic that it may not even see.
    """
    client = AIOKafkaClient(**client_options(settings))
    await client.bootstrap()
    try:
        (node,) = client.cluster.brokers()
        request = FetchRequest(100, 1, 1_000_000, 0, [(topic, [(0, 0, 1_000_000)])])
        answer = await client.send(node.nodeId, request)
    finally:
        await client.close()
    ((_, ((_, code, *_),)),) = answer.topics
    error: type[KafkaError] = for_code(code)
    return error


async def write(settings: KafkaSettings, topic: str, value: bytes = b"{}") -> None:
    """Write one record; raises what the broker refuses it with."""
    async with create_producer(settings) as producer:
        await producer.send_and_wait(topic, value, key=b"key")


async def consume(settings: KafkaSettings, topic: str, group: str) -> Any:
    """Return the first record that a group gets of a topic, and commit it."""
    consumer = AIOKafkaConsumer(
        topic,
        **client_options(settings),
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    try:
        await consumer.start()
        record = await asyncio.wait_for(consumer.getone(), SECONDS)
        await consumer.commit()
        return record
    finally:
        await consumer.stop()


async def visible(settings: KafkaSettings) -> set[str]:
    """Return the topics that a user sees."""
    async with AIOKafkaConsumer(**client_options(settings)) as consumer:
        found: set[str] = await consumer.topics()
        return found


async def log_in(settings: KafkaSettings) -> None:
    """Connect; raises KafkaError where the broker does not let the user in."""
    producer = AIOKafkaProducer(**client_options(settings))
    try:
        await producer.start()
    finally:
        await producer.stop()

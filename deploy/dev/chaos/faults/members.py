"""What faults do on Kafka itself, by plain clients that go through no link."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError

from deploy.dev.chaos.cluster import node_name
from deploy.dev.chaos.system import SESSION_SECONDS, System

INPUT = "complaint-input"
PATIENCE_SECONDS, PAUSE_SECONDS = 120.0, 0.5
STAGES = {"router": INPUT, "metrics": "complaint-event"}


async def leader_of(system: System, partition: int) -> str:
    """Return the node that leads a partition of `complaint-event`."""
    admin = await opened_admin(system)
    try:
        [topic] = await admin.describe_topics(["complaint-event"])
        found = next(one for one in topic["partitions"] if one["partition"] == partition)
        return node_name(found["leader"])
    finally:
        await admin.close()


async def delete_records(system: System, topic: str) -> None:
    """Delete everything on a topic up to its end, as retention would.

    It is tried again while another fault of the same run keeps a broker away.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await _delete_records(system, topic)
            except KafkaError:
                await asyncio.sleep(PAUSE_SECONDS)


async def _delete_records(system: System, topic: str) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=system.cluster.url) as consumer:
        admin = await opened_admin(system)
        try:
            [found] = await admin.describe_topics([topic])
            places = [TopicPartition(topic, one["partition"]) for one in found["partitions"]]
            ends = await consumer.end_offsets(places)
            await admin.delete_records(
                {place: RecordsToDelete(before_offset=end) for place, end in ends.items()}
            )
        finally:
            await admin.close()


async def come_and_go(system: System, group: str, *, seconds: float) -> None:
    """Join a group, hold what is assigned for a while without handling it, and leave."""
    consumer: Any = AIOKafkaConsumer(
        STAGES[group],
        bootstrap_servers=system.cluster.url,
        group_id=group,
        enable_auto_commit=False,
        session_timeout_ms=round(SESSION_SECONDS * 1000),
        request_timeout_ms=10_000,
    )
    try:
        await consumer.start()
        await asyncio.sleep(seconds)
    finally:
        await consumer.stop()


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait until each has ended; Kafka's errors are what they were for."""
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, KafkaError):
            await task


async def opened_admin(system: System) -> AIOKafkaAdminClient:
    """Return a started admin client, which the caller closes."""
    admin = AIOKafkaAdminClient(bootstrap_servers=system.cluster.url, request_timeout_ms=10_000)
    await admin.start()
    return admin

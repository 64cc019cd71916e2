"""The loop to compare with: reads, parses, serialises and writes records, and nothing else.

Plain aiokafka with the services' own client options and event loop. It makes a stage's promise:
a batch is committed once all of it is acknowledged. Run as `python -m deploy.dev.bench.baseline`
with `SALUR_KAFKA__*` set; it writes `ready` when it has partitions.
"""

import asyncio
import json
import sys
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.settings import CommandSettings
from shared.kafka.clients import client_options, create_producer
from shared.settings import ServiceSettings

TOPIC = GROUP = "bench-baseline"
SOURCE = "bench-baseline-input"
READY = "ready"


async def loop(settings: ServiceSettings) -> None:
    """Work on what the group has not committed, until the process is ended."""
    consumer: Any = AIOKafkaConsumer(
        SOURCE,
        **client_options(settings.kafka),
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=settings.kafka.session_timeout_ms,
    )
    async with create_producer(settings.kafka) as producer, consumer:
        while not consumer.assignment():
            await consumer.getmany(timeout_ms=settings.stage.poll_ms)
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        while True:
            await one_batch(consumer, producer, settings)


async def one_batch(consumer: Any, producer: AIOKafkaProducer, settings: ServiceSettings) -> None:
    """Copy what has come; commit it when all of it is acknowledged."""
    stage = settings.stage
    batches = await consumer.getmany(timeout_ms=stage.poll_ms, max_records=stage.max_records)
    sent = [
        await producer.send(
            TOPIC, copied(record.value), key=record.key, headers=list(record.headers)
        )
        for records in batches.values()
        for record in records
    ]
    if sent:
        await asyncio.gather(*sent)
        await consumer.commit()


def copied(value: bytes) -> bytes:
    """Return the record's value, parsed and serialised."""
    return json.dumps(json.loads(value)).encode()


if __name__ == "__main__":
    uvloop.run(loop(CommandSettings()))

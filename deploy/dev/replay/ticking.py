"""Tells the router how far a scenario's time has come: a tick in every partition of its input."""

import asyncio
from datetime import datetime
from uuid import uuid5

from deploy.processes import PartFailed
from shared.contracts.events import InputType, Tick
from shared.contracts.identifiers import NAMESPACE
from shared.contracts.topics import INPUT, spec_of
from shared.kafka.clients import create_producer
from shared.kafka.envelope import Outgoing
from shared.settings import KafkaSettings

SECONDS = 60.0


async def tick(settings: KafkaSettings, as_of: datetime) -> None:
    """Write the tick behind everything that was fed, and wait until Kafka has it.

    Raises:
        PartFailed: Kafka did not acknowledge it in time.
    """
    try:
        async with asyncio.timeout(SECONDS), create_producer(settings) as producer:
            for partition in range(spec_of(INPUT).partitions):
                one = _record(as_of, partition)
                await producer.send_and_wait(
                    INPUT, one.value, partition=partition, headers=list(one.headers)
                )
    except TimeoutError:
        raise PartFailed("broker", f"no tick acknowledged within {SECONDS:.0f} s") from None


def _record(as_of: datetime, partition: int) -> Outgoing:
    return Outgoing(
        topic=INPUT,
        key=b"",
        value=Tick(as_of=as_of).model_dump_json().encode(),
        ce_id=str(uuid5(NAMESPACE, f"tick {as_of.isoformat()} {partition}")),
        ce_type=InputType.TICK,
        ce_source="salur/replay",
        ce_time=as_of,
    )

"""Kafka loses accepted complaints that no router has read: all get their case all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import RecordsToDelete

from deploy.dev.local.stack import ServiceProcess
from shared.contracts.topics import EVENT, INPUT, PARTITIONS
from shared.kafka.clients import create_admin
from tests.conftest import Eventually
from tests.journeys.conftest import Journey, NewJourney

pytestmark = [pytest.mark.apache, pytest.mark.timeout(400)]
BEFORE, AFTER = 24, 30


def lost(router: ServiceProcess) -> float:
    lines = router.get("/metrics")[1].splitlines()
    return sum(
        float(x.split()[-1]) for x in lines if x.startswith("salur_stage_lost_records_total")
    )


async def test_what_retention_took_from_a_stopped_router_gets_its_case(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    journey = await new_journey(env={"INTAKE_CASELESS_SECONDS": "2"})
    await journey.listen()
    await journey.feed(BEFORE)
    await journey.arrives()
    (router,) = journey.stack.of("router")
    await asyncio.to_thread(router.stop)
    await journey.feed(AFTER)

    await retention_takes_all(journey)
    await asyncio.to_thread(router.start)

    await journey.arrives()
    assert await asyncio.to_thread(lost, router) >= 1


async def test_what_was_written_and_perhaps_not_said_is_said_again(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    journey = await new_journey()
    await journey.feed(BEFORE)
    (router,) = journey.stack.of("router")

    async def events() -> int:
        return await ends(journey, EVENT)

    async def all_said() -> bool:
        return await events() >= BEFORE

    await eventually(all_said, "one event of each case")
    await asyncio.to_thread(router.stop)
    await never_committed(journey)
    await retention_takes_all(journey)
    await asyncio.to_thread(router.start)

    async def said_again() -> bool:
        return await events() >= 2 * BEFORE

    await eventually(said_again, "a second event of each case")
    await asyncio.to_thread(router.stop)
    await asyncio.to_thread(router.start)  # the gap is closed: nothing is said a third time
    await journey.feed(1)

    async def one_more() -> bool:
        return await events() > 2 * BEFORE

    await eventually(one_more, "what came afterwards")
    assert await events() == 2 * BEFORE + 1


async def retention_takes_all(journey: Journey) -> None:
    """Delete every input, read or not."""
    admin = create_admin(journey.stack.kafka)
    await admin.start()
    everything = RecordsToDelete(before_offset=-1)
    await admin.delete_records({TopicPartition(INPUT, n): everything for n in range(PARTITIONS)})
    await admin.close()


async def never_committed(journey: Journey) -> None:
    """Set the router's group back to the first offset, as if it had died before each commit."""
    places = [TopicPartition(INPUT, number) for number in range(PARTITIONS)]
    async with reading(journey, "router") as reader:
        reader.assign(places)
        await reader.commit(dict.fromkeys(places, 0))


async def ends(journey: Journey, topic: str) -> int:
    """Return how many records a topic has had."""
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    async with reading(journey, None) as reader:
        return sum((await reader.end_offsets(places)).values())


@asynccontextmanager
async def reading(journey: Journey, group: str | None) -> AsyncIterator[AIOKafkaConsumer]:
    reader = AIOKafkaConsumer(
        bootstrap_servers=journey.stack.kafka.bootstrap_servers,
        group_id=group,
        enable_auto_commit=False,
    )
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()

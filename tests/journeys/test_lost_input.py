"""Kafka loses accepted complaints that no router has read: all get their case all the same."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from deploy.dev.local.stack import ServiceProcess
from shared.contracts.topics import INPUT, PARTITIONS
from shared.kafka.clients import create_admin
from tests.conftest import Eventually
from tests.journeys.conftest import NewJourney

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

    admin = create_admin(journey.stack.kafka)
    await admin.start()
    everything = RecordsToDelete(before_offset=-1)
    await admin.delete_records({TopicPartition(INPUT, n): everything for n in range(PARTITIONS)})
    await admin.close()
    await asyncio.to_thread(router.start)

    await journey.arrives()
    assert await asyncio.to_thread(lost, router) >= 1

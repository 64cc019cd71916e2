"""What is kept of a stage's stops, in the database and in memory alike."""

from dataclasses import replace

import pytest
from aiokafka import TopicPartition

from shared.database.collections import stops_of
from shared.database.mongo import Mongo
from shared.stage.halts import Halt, HaltStore, MongoHalts
from tests.shared.conftest import MemoryStops
from tests.support.builders import START
from tests.support.stores import not_away

STOP = Halt("router", "complaint-input", 3, offset=7, failures=100, reason="no_value", at=START)


def over(mongo: Mongo | None) -> HaltStore:
    return MongoHalts("router", mongo.private(stops_of("router"))) if mongo else MemoryStops()


@pytest.fixture
def store(backing: Mongo | None) -> HaltStore:
    return over(backing)


async def test_the_last_stop_of_each_partition_is_found_after_a_restart(store: HaltStore) -> None:
    assert await store.load() == {}
    later, other = replace(STOP, offset=9, failures=1), replace(STOP, partition=4)
    elsewhere = replace(STOP, topic="complaint-event")

    for stop in (STOP, later, other, elsewhere):
        await store.save(stop)

    assert await store.load() == {
        TopicPartition("complaint-input", 3): later,
        TopicPartition("complaint-input", 4): other,
        TopicPartition("complaint-event", 3): elsewhere,
    }


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    store = over(away)
    if isinstance(store, MemoryStops):
        store.away = True

    assert await not_away(store.save(STOP), store.load()) == []

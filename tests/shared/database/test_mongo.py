"""The database behind one module: guards, duplicates, and what an outage looks like."""

import pytest
from pymongo import IndexModel, InsertOne, UpdateOne

from deploy.dev.local.parts import running
from deploy.dev.local.secantus import Secantus
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from shared.settings import MongoSettings

pytestmark = pytest.mark.connected


async def test_duplicates_are_told_by_place_and_the_rest_is_written(mongo: Mongo) -> None:
    things = mongo.private("things")
    await things.insert({"_id": 1})

    assert await things.write([InsertOne({"_id": n}) for n in (0, 1, 2)]) == [1]
    assert await things.count({}) == 3


async def test_a_stale_guard_is_a_duplicate(mongo: Mongo) -> None:
    things = mongo.private("things")
    await things.insert({"_id": 1, "seq": 5})

    def move(old: int) -> UpdateOne:
        return UpdateOne({"_id": 1, "seq": old}, {"$set": {"seq": old + 1}}, upsert=True)

    assert await things.write([move(4)]) == [0]
    assert await things.write([move(5)]) == []
    assert (await things.find_one({"_id": 1}) or {})["seq"] == 6


async def test_a_unique_index_refuses(mongo: Mongo) -> None:
    things = mongo.private("things")
    await things.ensure_indexes([IndexModel("number", unique=True)])
    await things.insert({"_id": 1, "number": "A"})

    assert not await things.insert({"_id": 2, "number": "A"})


async def test_what_is_asked_for_in_order_comes_in_order(mongo: Mongo) -> None:
    things = mongo.private("things")
    await things.write([InsertOne({"_id": n, "due": 10 - n}) for n in range(5)])

    found = await things.find({}, fields=("due",), sort=[("due", 1)], limit=2)

    assert [document["due"] for document in found] == [6, 7]


async def test_a_database_that_is_gone_is_away_and_not_a_mistake(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    part = Secantus(tmp_path_factory.mktemp("gone"))
    with running(part):
        settings = MongoSettings(url=part.url, timeout_ms=1_000)
        async with Mongo(settings) as mongo:
            await mongo.private("things").insert({"_id": 1})
            part.stop()

            with pytest.raises(DatabaseAway):
                await mongo.private("things").insert({"_id": 2})
            with pytest.raises(DatabaseAway):
                await mongo.private("things").find({})

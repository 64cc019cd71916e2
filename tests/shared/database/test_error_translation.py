"""What a failure of the database means, told by a server whose replies are spoilt on the way."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from bson import encode
from pymongo import IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure
from secantus.mongod_codes import CODE_NAMES  # type: ignore[import-untyped]

from deploy.dev.local.secantus import Secantus
from shared.database.error_translation import HEALING, REFUSING
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway, DatabaseRefuses
from shared.settings import MongoSettings
from tests.support.mongo_proxy import WRITES, Fault, MongoProxy

pytestmark = [pytest.mark.connected, pytest.mark.timeout(60)]
UNCONFIRMED = Fault(unconfirmed=True)


@pytest.fixture
def proxy(database: Secantus) -> Iterator[MongoProxy]:
    with MongoProxy(database.port) as proxy:
        yield proxy


@pytest.fixture
async def mongo(proxy: MongoProxy) -> AsyncIterator[Mongo]:
    name = f"test_{uuid4().hex[:12]}"
    settings = MongoSettings(
        url=proxy.url, cases_database=name, private_database=f"{name}_private", timeout_ms=1_000
    )
    async with Mongo(settings) as mongo:
        yield mongo


async def test_a_majority_that_does_not_confirm_beside_duplicates_is_away(
    proxy: MongoProxy, mongo: Mongo
) -> None:
    things = mongo.private("things")
    await things.insert({"_id": 1})
    proxy.spoil("insert", UNCONFIRMED)

    with pytest.raises(DatabaseAway, match="no majority of MongoDB confirms bulk write in things"):
        await things.write([InsertOne({"_id": n}) for n in (0, 1, 2)])
    with pytest.raises(DatabaseAway, match="no majority"):
        await things.insert({"_id": 1})

    proxy.heal()
    assert await things.write([InsertOne({"_id": n}) for n in (0, 1, 2, 3)]) == [0, 1, 2]


async def test_a_single_write_that_no_majority_confirms_is_away(
    proxy: MongoProxy, mongo: Mongo
) -> None:
    things = mongo.private("things")
    for command in WRITES:
        proxy.spoil(command, UNCONFIRMED)

    with pytest.raises(DatabaseAway, match="no majority"):
        await things.insert({"_id": 1})
    with pytest.raises(DatabaseAway, match="no majority"):
        await things.update({"_id": 1}, {"$set": {"seq": 1}})
    with pytest.raises(DatabaseAway, match="no majority"):
        await things.delete({"_id": 1})
    with pytest.raises(DatabaseAway, match="no majority"):
        await mongo.stored_private().insert("things", [encode({"_id": 2})])


async def test_what_no_majority_has_is_not_found(proxy: MongoProxy, mongo: Mongo) -> None:
    things = mongo.private("things")
    await things.insert({"_id": 1, "seq": 1})
    databases = (mongo.stored_private().name,)

    with proxy.without_majority(*databases):
        with pytest.raises(DatabaseAway):
            await things.update({"_id": 1}, {"$set": {"seq": 2}})

        assert (await things.find_one({"_id": 1}) or {})["seq"] == 1
        assert await things.aggregate([{"$match": {"seq": 2}}]) == []
        assert await things.count({"seq": 2}) == 0

    assert (await things.find_one({"_id": 1}) or {})["seq"] == 2


@pytest.mark.parametrize("code", [91, 112, 189, 10107, 11602, 14031])
async def test_a_code_that_time_may_heal_is_away(
    proxy: MongoProxy, mongo: Mongo, code: int
) -> None:
    things = mongo.private("things")
    for command in ("find", *WRITES):
        proxy.spoil(command, Fault(code=code))

    with pytest.raises(DatabaseAway):
        await things.find({})
    with pytest.raises(DatabaseAway):
        await things.insert({"_id": 1})
    with pytest.raises(DatabaseAway):
        await things.delete({"_id": 1})


@pytest.mark.parametrize("code", [2, 146, 238, 292, 99_999])
async def test_a_code_that_no_table_has_is_a_mistake(
    proxy: MongoProxy, mongo: Mongo, code: int
) -> None:
    things = mongo.private("things")
    for command in ("find", *WRITES):
        proxy.spoil(command, Fault(code=code))

    with pytest.raises(OperationFailure):
        await things.find({})
    with pytest.raises(OperationFailure):
        await things.insert({"_id": 1})
    with pytest.raises(OperationFailure):
        await things.update({}, {"$set": {"seq": 1}})


async def test_a_missing_right_is_said_with_the_way_out(proxy: MongoProxy, mongo: Mongo) -> None:
    proxy.spoil("find", Fault(code=13))

    with pytest.raises(DatabaseRefuses, match=r"code 13 Unauthorized; .*MongoDB's users"):
        await mongo.private("things").find({})


async def test_a_write_that_is_refused_for_itself_is_a_mistake(mongo: Mongo) -> None:
    things = mongo.private("things")
    await things.insert({"_id": 1})

    with pytest.raises(BulkWriteError):
        await things.write([InsertOne({"_id": 1}), UpdateOne({"_id": 1}, {"$set": {"_id": 2}})])


async def test_an_index_may_take_longer_than_an_answer(proxy: MongoProxy, mongo: Mongo) -> None:
    proxy.spoil("createIndexes", Fault(late=2.0))

    await mongo.private("things").ensure_indexes([IndexModel("number")])


async def test_an_answer_that_is_lost_is_away(proxy: MongoProxy, mongo: Mongo) -> None:
    proxy.spoil("insert", Fault(cut=True))

    with pytest.raises(DatabaseAway, match=r"did not answer .*SALUR_MONGO__URL"):
        await mongo.private("things").insert({"_id": 1})


def test_codes_have_the_names_that_the_server_gives_them() -> None:
    ours = {code: name for code, name in {**HEALING, **REFUSING}.items() if code in CODE_NAMES}

    assert ours == {code: CODE_NAMES[code] for code in ours}
    assert len(ours) >= len(HEALING)

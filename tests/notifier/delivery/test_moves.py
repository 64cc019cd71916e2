"""What is moved to another endpoint while its complaint is erased; on a database."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from services.notifier.database import DeliveryRetention, MongoNotifierStore
from services.notifier.delivery.replays import DeliveryReplays
from shared.contracts.deliveries import DeliveryState
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from shared.runtime.clock import WallClock
from tests.notifier.conftest import register
from tests.notifier.events import KAB, agency_event, delivery
from tests.support.builders import complaint_id

pytestmark = pytest.mark.connected
WORD = "berlubang"
FORMER = "former"
HEIR = f"of-{KAB}"
Meanwhile = Callable[[], Awaitable[object]]


class Meddled:
    """A collection in which something happens just before its first write."""

    def __init__(self, collection: Any, meanwhile: Meanwhile) -> None:
        self._collection = collection
        self._meanwhile: Meanwhile | None = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    async def write(self, writes: Sequence[Any]) -> Any:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return await self._collection.write(writes)


@pytest.fixture
async def store(mongo: Mongo) -> MongoNotifierStore:
    """Return a store in which an endpoint that is gone has a row of each of two complaints."""
    await register(mongo, "https://x.example", KAB)
    store = MongoNotifierStore(*map(mongo.private, (DELIVERIES, LANES, ENDPOINTS)))
    rows = [
        delivery(agency_event(name, seq), FORMER, state=DeliveryState.PARKED)
        for name, seq in (("one", 1), ("two", 2))
    ]
    await store.insert(rows)
    return store


@pytest.fixture
def replays(mongo: Mongo) -> DeliveryReplays:
    return DeliveryReplays(mongo, WallClock(), DeliveryRetention())


async def kept(mongo: Mongo) -> list[tuple[str, str, bool]]:
    """Return endpoint, state and whether it has words, of the rows of both complaints."""
    rows = await mongo.private(DELIVERIES).find({}, sort=[("seq", 1)])
    return [(row["endpoint_id"], row["state"], WORD in row["body"]) for row in rows]


async def test_an_erasure_between_look_and_insert_leaves_the_heir_no_words(
    mongo: Mongo, store: MongoNotifierStore, replays: DeliveryReplays
) -> None:
    rows: Any = Meddled(replays._deliveries, lambda: store.blank({complaint_id("one")}))
    replays._deliveries = rows

    assert await replays.move(KAB, FORMER, to="main") == 2

    assert await kept(mongo) == [(HEIR, "pending", False), (HEIR, "pending", True)]


async def test_a_move_that_broke_off_before_an_erasure_leaves_the_heir_no_words(
    mongo: Mongo, store: MongoNotifierStore, replays: DeliveryReplays
) -> None:
    rows = mongo.private(DELIVERIES)
    blank = store.blank

    async def breaks(complaints: Any) -> None:
        raise ConnectionError("half of it")

    replays._store.blank = breaks  # type: ignore[method-assign]
    replays._deliveries = Meddled(rows, lambda: blank({complaint_id("one")}))  # type: ignore[assignment]
    with pytest.raises(ConnectionError):
        await replays.move(KAB, FORMER, to="main")
    heirs = await rows.find({"endpoint_id": HEIR})
    assert [row["state"] for row in heirs] == ["parked"] * 2  # nobody sends them yet

    replays._store.blank = blank  # type: ignore[method-assign]
    assert await replays.move(KAB, FORMER, to="main") == 2

    assert await kept(mongo) == [(HEIR, "pending", False), (HEIR, "pending", True)]


async def test_a_row_that_is_moved_while_it_is_erased_is_blank_where_it_went(
    mongo: Mongo, store: MongoNotifierStore, replays: DeliveryReplays
) -> None:
    rows: Any = Meddled(store._deliveries, lambda: replays.move(KAB, FORMER, to="main"))
    store._deliveries = rows

    await store.blank({complaint_id("one")})

    assert await kept(mongo) == [(HEIR, "pending", False), (HEIR, "pending", True)]

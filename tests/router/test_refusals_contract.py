"""What is kept of dropped actions, in the database and in memory alike."""

import pytest

from services.router.refusals_store import MongoRefusals, RefusalStore
from shared.contracts.case import Refusal
from shared.contracts.refused_actions import RefusedAction
from shared.database.collections import REFUSALS
from shared.database.mongo import Mongo
from shared.runtime.clock import WallClock
from tests.router.conftest import MemoryRefusals
from tests.support.builders import START, agency, complaint_id
from tests.support.stores import not_away


def over(mongo: Mongo | None) -> RefusalStore:
    return MongoRefusals(mongo.cases(REFUSALS), WallClock()) if mongo else MemoryRefusals()


@pytest.fixture
async def store(backing: Mongo | None) -> RefusalStore:
    store = over(backing)
    if isinstance(store, MongoRefusals):
        await store.prepare()
    return store


def refused(name: str, why: str = "not_holder") -> RefusedAction:
    return RefusedAction(
        action_id=complaint_id(name),
        complaint_id=complaint_id("one"),
        actor=agency(),
        at=START,
        refusal=Refusal(code=why, detail="It was told so."),
    )


async def kept(store: RefusalStore, backing: Mongo | None) -> list[RefusedAction]:
    """Return what intake reads of it."""
    if isinstance(store, MemoryRefusals):
        return list(store.kept.values())
    assert backing is not None
    return [RefusedAction.of_document(one) for one in await backing.cases(REFUSALS).find({})]


async def test_what_comes_twice_is_one_row_as_it_came_last(
    store: RefusalStore, backing: Mongo | None
) -> None:
    first, second = refused("a"), refused("b")
    again = refused("a", "unknown_case")

    await store.keep([first, second])
    await store.keep([])
    await store.keep([again, again])

    found = await kept(store, backing)
    assert sorted(found, key=str) == sorted([again, second], key=str)


async def test_it_says_that_the_store_is_away(away: Mongo | None) -> None:
    store = over(away)
    if isinstance(store, MemoryRefusals):
        store.away = True

    assert await not_away(store.keep([refused("a")])) == []

"""What the store of facts promises, in the database and in memory alike: guard and counts."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from services.metrics.domain.counts import RecountQuery
from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.store import FactStore, MongoFacts
from shared.contracts.case import InputKind
from shared.database.collections import FACTS
from shared.database.mongo import Mongo
from tests.metrics.events import (
    COMPLETED,
    ROUTED,
    TRIAGED,
    Step,
    act,
    case_events,
    outline,
    submitted,
    told,
)
from tests.metrics.memory import MemoryFacts
from tests.support.builders import START, complaint_id, decision
from tests.support.stores import not_away

EVERY = RecountQuery(tuple(range(4)))


def over(mongo: Mongo | None) -> FactStore:
    return MongoFacts(mongo.cases(FACTS)) if mongo else MemoryFacts()


@pytest.fixture
async def store(backing: Mongo | None) -> FactStore:
    store = over(backing)
    await store.prepare()
    return store


async def same(store: FactStore, facts: Sequence[Fact], *queries: RecountQuery) -> bool:
    """Tell whether a store counts these facts as one does that has them alone."""
    alone = MemoryFacts()
    await alone.save(facts)
    counts = [(await store.count(each), await alone.count(each)) for each in queries or (EVERY,)]
    return all(sorted(ours, key=repr) == sorted(theirs, key=repr) for ours, theirs in counts)


def history(name: str, *steps: Step, partition: int = 0, **course: Any) -> list[Fact]:
    events = case_events(name, steps, **course)
    return [newest_facts([(outline(event), partition)])[0] for event in events]


async def test_an_older_fact_is_refused_and_named(store: FactStore) -> None:
    first, second = history("one", (ROUTED, "kab-3603"), (COMPLETED, "kab-3603"))
    (other,) = history("two", (ROUTED, "prov-36"))

    assert await store.save([second]) == frozenset()
    assert await store.save([first, other]) == {complaint_id("one")}
    assert await store.save([second]) == {complaint_id("one")}
    assert await store.save([]) == frozenset()
    assert await same(store, [second, other])


async def test_of_one_complaint_twice_the_newest_is_kept(store: FactStore) -> None:
    older, newer = history("one", (ROUTED, "kab-3603"), (COMPLETED, "kab-3603"))

    assert await store.save([newer, older]) == {complaint_id("one")}
    assert await same(store, [newer])


async def test_a_count_is_of_its_partitions_and_of_its_month(store: FactStore) -> None:
    facts = [
        history(str(place), (ROUTED, "kab-3603"), partition=place % 2, received_at=at)[0]
        for place, at in enumerate([START, START, START, datetime(2026, 4, 1, tzinfo=UTC)])
    ]
    await store.save(facts)

    async def counted(*partitions: int, month: str | None = None) -> int:
        return sum(one.cases for one in await store.count(RecountQuery(partitions, month)))

    assert [await counted(0, 1), await counted(1), await counted(), await counted(7)] == [
        4,
        2,
        0,
        0,
    ]
    assert await counted(0, 1, month="2026-03") == 3
    assert await counted(1, month="2026-04") == 1


@pytest.mark.connected
async def test_a_fact_is_kept_whole(mongo: Mongo) -> None:
    store = MongoFacts(mongo.cases(FACTS))
    facts = history("one", (ROUTED, "kab-3603"), (ROUTED, "prov-36"), category="roads.damage")

    await store.save(facts[1:])

    document = await mongo.cases(FACTS).find_one({})
    assert document is not None
    document["complaint_id"] = document.pop("_id")
    assert Fact.model_validate(document) == facts[1]


@pytest.mark.connected
async def test_the_database_counts_as_the_memory_does(mongo: Mongo) -> None:
    chance, facts = random.Random(4), list[Fact]()
    for number in range(60):
        step = chance.choice([(ROUTED, "kab-3603"), (COMPLETED, "prov-36"), (TRIAGED, None)])
        category = chance.choice([None, "roads.damage", "water"])
        facts += history(str(number), step, partition=number % 4, category=category)
    store = MongoFacts(mongo.cases(FACTS))
    await store.save(facts)

    months = RecountQuery((1, 2, 3), "2026-03"), RecountQuery((0, 1), "2026-04")
    assert await same(store, facts, RecountQuery((0,)), *months)


async def test_courses_are_grouped_by_all_that_was_decided_and_changed(store: FactStore) -> None:
    for number in range(12):
        first = submitted(decision("kab-3603", model=f"m{number % 2}"))
        moved = act(InputKind.TRANSFER, "prov-36")
        event = told(str(number), [first, moved][: 1 + number % 3 % 2])[-1]
        await store.save(newest_facts([(outline(event), 0)]))

    found = await store.count(RecountQuery((0,)))

    groups = {(cell.routing and cell.routing.model, cell.hops): cell.cases for cell in found}
    assert groups == {("m0", 0): 4, ("m0", 1): 2, ("m1", 0): 4, ("m1", 1): 2}


@pytest.mark.connected
async def test_facts_from_before_routing_was_kept_are_counted(mongo: Mongo) -> None:
    store = MongoFacts(mongo.cases(FACTS))
    (fact,) = history("one", (ROUTED, "kab-3603"))
    document = fact.model_dump(exclude={"complaint_id", "routing"})
    await mongo.cases(FACTS).insert({"_id": fact.complaint_id, **document})

    (cell,) = await store.count(RecountQuery((0,)))

    assert (cell.institution, cell.cases, cell.routing) == ("kab-3603", 1, None)


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    store = over(away)
    if isinstance(store, MemoryFacts):
        store.away = True
    facts = history("one", (ROUTED, "kab-3603"))

    assert await not_away(store.prepare(), store.save(facts), store.count(EVERY)) == []

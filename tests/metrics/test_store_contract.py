"""Facts in a real database: the guard, and the groups."""

import random

import pytest

from services.metrics.domain.counts import CountedFacts, RecountQuery
from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.store import MongoFacts
from shared.contracts.case import InputKind, Status
from shared.database.collections import FACTS
from shared.database.mongo import Mongo
from tests.metrics.conftest import (
    COMPLETED,
    ROUTED,
    TRIAGED,
    MemoryFacts,
    Step,
    act,
    case_events,
    outline,
    submitted,
    told,
)
from tests.support.builders import complaint_id, decision

pytestmark = pytest.mark.connected


@pytest.fixture
async def store(mongo: Mongo) -> MongoFacts:
    store = MongoFacts(mongo.cases(FACTS))
    await store.prepare()
    return store


def history(name: str, *steps: Step, partition: int = 0, category: str | None = None) -> list[Fact]:
    events = case_events(name, steps, category=category)
    return [newest_facts([(outline(event), partition)])[0] for event in events]


async def test_an_older_fact_is_refused_and_named(store: MongoFacts, mongo: Mongo) -> None:
    first, second = history("one", (ROUTED, "kab-3603"), (COMPLETED, "kab-3603"))
    (other,) = history("two", (ROUTED, "prov-36"))

    assert await store.save([second]) == frozenset()
    assert await store.save([first, other]) == {complaint_id("one")}
    assert await store.save([second]) == {complaint_id("one")}

    assert [cell.status for cell in await store.count(RecountQuery((0,)))].count(
        Status.COMPLETED
    ) == 1
    assert await mongo.cases(FACTS).count({}) == 2


async def test_a_fact_is_kept_whole(store: MongoFacts, mongo: Mongo) -> None:
    facts = history("one", (ROUTED, "kab-3603"), (ROUTED, "prov-36"), category="roads.damage")

    await store.save(facts[1:])

    document = await mongo.cases(FACTS).find_one({})
    assert document is not None
    document["complaint_id"] = document.pop("_id")
    assert Fact.model_validate(document) == facts[1]


async def test_groups_agree_with_those_of_the_memory(store: MongoFacts) -> None:
    chance = random.Random(4)
    memory = MemoryFacts()
    for number in range(60):
        step = chance.choice([(ROUTED, "kab-3603"), (COMPLETED, "prov-36"), (TRIAGED, None)])
        category = chance.choice([None, "roads.damage", "water"])
        facts = history(str(number), step, partition=number % 4, category=category)
        await store.save(facts)
        await memory.save(facts)

    for query in (
        RecountQuery((0,)),
        RecountQuery((1, 2, 3), "2026-03"),
        RecountQuery((0, 1), "2026-04"),
    ):
        found: list[CountedFacts] = await store.count(query)
        assert sorted(found, key=repr) == sorted(await memory.count(query), key=repr)


async def test_courses_are_grouped_by_all_that_was_decided_and_changed(store: MongoFacts) -> None:
    memory = MemoryFacts()
    for number in range(12):
        first = submitted(decision("kab-3603", model=f"m{number % 2}"))
        moved = act(InputKind.TRANSFER, "prov-36")
        event = told(str(number), [first, moved][: 1 + number % 3 % 2])[-1]
        facts = newest_facts([(outline(event), 0)])
        await store.save(facts)
        await memory.save(facts)

    found = await store.count(RecountQuery((0,)))

    assert sorted(found, key=repr) == sorted(await memory.count(RecountQuery((0,))), key=repr)
    assert {cell.routing.model for cell in found if cell.routing} == {"m0", "m1"}
    assert {cell.hops for cell in found} == {0, 1}


async def test_facts_from_before_routing_was_kept_are_counted(
    store: MongoFacts, mongo: Mongo
) -> None:
    (fact,) = history("one", (ROUTED, "kab-3603"))
    document = fact.model_dump(exclude={"complaint_id", "routing"})
    await mongo.cases(FACTS).insert({"_id": fact.complaint_id, **document})

    (cell,) = await store.count(RecountQuery((0,)))

    assert (cell.institution, cell.cases, cell.routing) == ("kab-3603", 1, None)


async def test_no_facts_need_no_write(store: MongoFacts) -> None:
    assert await store.save([]) == frozenset()

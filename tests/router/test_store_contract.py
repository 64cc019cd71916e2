"""What the router's store promises, in the database and in memory alike; how a case lies there."""

from datetime import UTC, datetime

import pytest

from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import fold
from services.router.store import CaseStore, MongoCases
from shared.database.mongo import Mongo
from tests.router.case_stores import ERASE, REACH, MemoryCases, Stores, folded
from tests.router.lives import opened
from tests.support.builders import (
    OFFICER,
    complaint_id,
    complete,
    decision,
    follow_up,
    submitted,
)
from tests.support.stores import not_away


@pytest.fixture
async def stores(backing: Mongo | None) -> Stores:
    return await Stores.prepared(backing)


@pytest.fixture
def store(stores: Stores) -> CaseStore:
    return stores.cases


async def test_a_case_comes_back_as_it_was_written(store: CaseStore) -> None:
    written = folded(None, submitted(occurred_on="2026-03-01"), follow_up(1))

    assert await store.save([written]) == []
    assert await store.load([complaint_id("one")]) == {complaint_id("one"): written.after}


async def test_new_entries_are_added_to_those_that_are_there(store: CaseStore) -> None:
    first = folded(None, submitted())
    second = folded(first.after, follow_up(1), complete(2))
    await store.save([first])

    assert await store.save([second]) == []
    assert await store.load([complaint_id("one")]) == {complaint_id("one"): second.after}


@pytest.mark.connected
async def test_an_erasure_takes_the_words_out_of_what_is_stored(mongo: Mongo) -> None:
    store = MongoCases(mongo.cases("cases"))
    first = folded(None, submitted(text="rahasia sekali"), follow_up(1, text="Soal rahasia."))
    await store.save([first])
    erasing = folded(first.after, ERASE)

    assert await store.save([erasing]) == []

    assert await store.load([complaint_id("one")]) == {complaint_id("one"): erasing.after}
    (kept,) = await mongo.cases("cases").find({})
    assert "rahasia" not in str(kept)
    assert (kept["seq"], kept["agency_inputs"]) == (3, [complaint_id("action-1")])


async def test_an_erasure_of_a_case_that_changed_meanwhile_is_folded_again(
    store: CaseStore,
) -> None:
    opened = folded(None, submitted())
    await store.save([opened])
    theirs, erasing = folded(opened.after, follow_up(1)), folded(opened.after, ERASE)

    assert await store.save([theirs]) == []
    assert await store.save([erasing]) == [erasing]
    assert await store.save([folded(theirs.after, ERASE)]) == []


async def test_cases_that_are_not_there_are_left_out(store: CaseStore) -> None:
    opened = folded(None, submitted())
    await store.save([opened])

    asked = iter([complaint_id("two"), complaint_id("one")])
    assert await store.load(asked) == {complaint_id("one"): opened.after}
    assert await store.load([]) == {}
    assert await store.save([]) == []


async def test_of_two_owners_only_the_first_wins(store: CaseStore) -> None:
    opened = folded(None, submitted())
    await store.save([opened])
    mine, theirs = folded(opened.after, follow_up(1)), folded(opened.after, follow_up(2))

    assert await store.save([theirs]) == []
    assert await store.save([mine]) == [mine]
    assert (await store.load([complaint_id("one")]))[complaint_id("one")] == theirs.after


async def test_a_complaint_that_is_not_new_is_not_inserted_again(store: CaseStore) -> None:
    others = [folded(None, submitted(name)) for name in ("two", "three")]
    again = folded(None, submitted("two"))
    await store.save(others)

    assert await store.save([again, folded(None, submitted("four"))]) == [again]
    assert len(await store.load([complaint_id("two"), complaint_id("four")])) == 2


@pytest.mark.connected
async def test_what_lists_need_lies_beside_the_case(mongo: Mongo) -> None:
    store = MongoCases(mongo.cases("cases"))
    opened = folded(None, submitted())
    acted = folded(opened.after, follow_up(1), follow_up(2, actor=OFFICER), complete(3))
    await store.save([opened, folded(None, submitted("two"), complete(4))])

    await store.save([acted])

    kept = {found["_id"]: found for found in await mongo.cases("cases").find({})}
    one, two = kept[complaint_id("one")], kept[complaint_id("two")]
    assert one["agency_inputs"] == [complaint_id("action-1"), complaint_id("action-3")]
    assert two["agency_inputs"] == [complaint_id("action-4")]
    assert (one["status"], one["institution"], one["overdue"]) == ("completed", "kab-3603", False)
    assert one["triage_reason"] is None


LATER = datetime(2027, 3, 2, tzinfo=UTC)


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    stores = Stores(away)
    if isinstance(stores.cases, MemoryCases):
        stores.cases.away = True

    answered = await not_away(
        stores.cases.load([complaint_id("one")]),
        stores.cases.save([folded(None, submitted())]),
        stores.due.due(0, LATER, version="1"),
        stores.due.stale(0, version="1", most=1),
        stores.due.retime([opened()], stores.time),
    )

    assert answered == []


@pytest.mark.connected
async def test_a_case_that_waits_says_why(mongo: Mongo) -> None:
    store = MongoCases(mongo.cases("cases"))
    decisions = {complaint_id("one"): decision(None, rule="incomplete")}
    waiting = fold(None, [submitted()], BatchContext(decisions, REACH, lambda _: decision()))
    await store.save([waiting])

    (found,) = await mongo.cases("cases").find({})
    assert (found["triage_reason"], "agency_inputs" in found) == ("incomplete", False)

"""Cases in a real database: the guard on `seq`, and what comes back."""

import pytest

from services.router.domain.fold import Fold, fold
from services.router.domain.reach import Reach
from services.router.store import MongoCases
from shared.case import Case
from shared.events import Input
from shared.mongo import Mongo
from tests.builders import complaint_id, complete, decision, follow_up, submitted

pytestmark = pytest.mark.connected
REACH = Reach(known=frozenset(), provisioned=frozenset())


def folded(case: Case | None, *inputs: Input) -> Fold:
    decisions = {each.complaint_id: decision() for each in inputs}
    return fold(case, inputs, decisions, reach=REACH)


@pytest.fixture
async def store(mongo: Mongo) -> MongoCases:
    store = MongoCases(mongo.cases("cases"))
    await store.prepare()
    return store


async def test_a_case_comes_back_as_it_was_written(store: MongoCases) -> None:
    written = folded(None, submitted(occurred_on="2026-03-01"), follow_up(1))

    assert await store.save([written]) == []
    assert await store.load([complaint_id("one")]) == {complaint_id("one"): written.after}


async def test_new_entries_are_added_to_those_that_are_there(store: MongoCases) -> None:
    first = folded(None, submitted())
    second = folded(first.after, follow_up(1), complete(2))
    await store.save([first])

    assert await store.save([second]) == []
    assert await store.load([complaint_id("one")]) == {complaint_id("one"): second.after}


async def test_of_two_owners_only_the_first_wins(store: MongoCases) -> None:
    opened = folded(None, submitted())
    await store.save([opened])
    mine, theirs = folded(opened.after, follow_up(1)), folded(opened.after, follow_up(2))

    assert await store.save([theirs]) == []
    assert await store.save([mine]) == [mine]
    assert (await store.load([complaint_id("one")]))[complaint_id("one")] == theirs.after


async def test_a_complaint_that_is_not_new_is_not_inserted_again(store: MongoCases) -> None:
    others = [folded(None, submitted(name)) for name in ("two", "three")]
    again = folded(None, submitted("two"))
    await store.save(others)

    assert await store.save([again, folded(None, submitted("four"))]) == [again]
    assert len(await store.load([complaint_id("two"), complaint_id("four")])) == 2

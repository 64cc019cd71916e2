"""Cases in a real database: the guard on `seq`, and what comes back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner

from services.router.deadlines.due_index import DueCase, MongoDueCases, timed
from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.timekeeper import Timekeeper
from services.router.store import MongoCases
from shared.contracts.actions import Erase
from shared.contracts.case import Actor, ActorKind, Case, ErasureReason
from shared.contracts.events import Input
from shared.contracts.topics import PARTITIONS
from shared.database.mongo import Mongo
from tests.router.lives import opened
from tests.support.builders import (
    OFFICER,
    complaint,
    complaint_id,
    complete,
    decision,
    follow_up,
    request,
    submitted,
)
from tests.support.deadline_cases import CLOCKS

pytestmark = pytest.mark.connected
REACH = AgencyDirectoryView(known=frozenset(), provisioned=frozenset())


def folded(case: Case | None, *inputs: Input) -> Fold:
    decisions = {each.complaint_id: decision() for each in inputs}
    return fold(case, inputs, BatchContext(decisions, REACH, lambda _: decision()))


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


ERASE = request(
    Erase(reason=ErasureReason.REQUESTED), 5, actor=Actor(kind=ActorKind.OPERATOR, code="kantor")
)


async def test_an_erasure_takes_the_words_out_of_what_is_stored(
    store: MongoCases, mongo: Mongo
) -> None:
    first = folded(None, submitted(text="rahasia sekali"), follow_up(1, text="Soal rahasia."))
    await store.save([first])
    erasing = folded(first.after, ERASE)

    assert await store.save([erasing]) == []

    assert await store.load([complaint_id("one")]) == {complaint_id("one"): erasing.after}
    (kept,) = await mongo.cases("cases").find({})
    assert "rahasia" not in str(kept)
    assert (kept["seq"], kept["agency_inputs"]) == (3, [complaint_id("action-1")])


async def test_an_erasure_of_a_case_that_changed_meanwhile_is_folded_again(
    store: MongoCases,
) -> None:
    opened = folded(None, submitted())
    await store.save([opened])
    theirs, erasing = folded(opened.after, follow_up(1)), folded(opened.after, ERASE)

    assert await store.save([theirs]) == []
    assert await store.save([erasing]) == [erasing]
    assert await store.save([folded(theirs.after, ERASE)]) == []


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


async def test_what_lists_need_lies_beside_the_case(store: MongoCases, mongo: Mongo) -> None:
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


TIME = Timekeeper(CLOCKS, {})
NAMES = [f"case {number}" for number in range(12)]
LATER = datetime(2027, 3, 2, tzinfo=UTC)


def timed_store(mongo: Mongo, time: Timekeeper = TIME) -> MongoCases:
    return MongoCases(mongo.cases("cases"), lambda: time)


async def every_due(mongo: Mongo, before: datetime, time: Timekeeper = TIME) -> set[DueCase]:
    reader = MongoDueCases(mongo.cases("cases"))
    pages = [
        await reader.due(partition, before, version=time.version) for partition in range(PARTITIONS)
    ]
    assert all(page == sorted(page, key=lambda one: one.at) for page in pages)
    return {one for page in pages for one in page}


async def every_stale(mongo: Mongo, time: Timekeeper) -> set[UUID]:
    reader = MongoDueCases(mongo.cases("cases"))
    places = range(PARTITIONS)
    pages = [await reader.stale(place, version=time.version, most=100) for place in places]
    return {one for page in pages for one in page}


async def test_due_cases_are_found_by_when_their_next_deadline_passes(
    store: MongoCases, mongo: Mongo
) -> None:
    await timed_store(mongo).save([folded(None, submitted(name)) for name in NAMES])
    due = TIME.next_due(opened())
    assert due is not None

    assert await every_due(mongo, due) == {DueCase(complaint_id(name), due) for name in NAMES}
    assert await every_due(mongo, due - timedelta(milliseconds=1)) == set()


async def test_a_case_that_changes_is_due_at_another_time_and_a_closed_one_never(
    store: MongoCases, mongo: Mongo
) -> None:
    opening = folded(None, submitted())
    worked = folded(opening.after, follow_up(1))
    answered = folded(worked.after, complete(2))
    assert worked.after is not None
    due = TIME.next_due(worked.after)
    assert due is not None

    await timed_store(mongo).save([opening])
    await timed_store(mongo).save([worked])
    assert await every_due(mongo, LATER) == {DueCase(complaint_id("one"), due)}

    await timed_store(mongo).save([answered])
    assert await every_due(mongo, LATER) == set()
    (stored,) = await mongo.cases("cases").find({})
    assert "clocks" not in stored


async def test_cases_timed_by_other_clocks_are_stale_until_they_are_timed_anew(
    store: MongoCases, mongo: Mongo
) -> None:
    await store.restore([opened()])
    reader = MongoDueCases(mongo.cases("cases"))
    assert await every_due(mongo, LATER) == set()
    assert await every_stale(mongo, TIME) == {complaint_id("one")}

    await reader.retime([opened()], TIME)

    assert await every_stale(mongo, TIME) == set()
    assert {one.complaint_id for one in await every_due(mongo, LATER)} == {complaint_id("one")}


async def test_a_case_that_changed_meanwhile_is_not_timed_by_what_it_was(
    store: MongoCases, mongo: Mongo
) -> None:
    opening = folded(None, submitted())
    await timed_store(mongo).save([opening, folded(None, submitted("two"))])
    await timed_store(mongo).save([folded(opening.after, complete(1))])

    await MongoDueCases(mongo.cases("cases")).retime([opened()], TIME)

    assert {one.complaint_id for one in await every_due(mongo, LATER)} == {complaint_id("two")}


async def test_a_case_lies_under_the_partition_of_its_inputs(mongo: Mongo) -> None:
    partitioner = DefaultPartitioner()
    places = list(range(PARTITIONS))

    for name in NAMES:
        case = opened().model_copy(update={"complaint": complaint(name)})
        key = str(complaint_id(name)).encode()
        assert timed(case, TIME)["clocks"]["partition"] == partitioner(key, places, places)


async def test_a_case_that_waits_says_why(store: MongoCases, mongo: Mongo) -> None:
    decisions = {complaint_id("one"): decision(None, rule="incomplete")}
    waiting = fold(None, [submitted()], BatchContext(decisions, REACH, lambda _: decision()))
    await store.save([waiting])

    (found,) = await mongo.cases("cases").find({})
    assert (found["triage_reason"], "agency_inputs" in found) == ("incomplete", False)

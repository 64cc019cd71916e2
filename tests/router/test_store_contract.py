"""What the router's store promises, in the database and in memory alike; how a case lies there."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner

from services.router.deadlines.due_index import DueCase, DueCases, MongoDueCases, timed
from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.store import CaseStore, MongoCases
from shared.contracts.actions import Erase
from shared.contracts.case import Actor, ActorKind, Case, ErasureReason
from shared.contracts.events import Input
from shared.contracts.topics import PARTITIONS
from shared.database.mongo import Mongo
from tests.router.conftest import MemoryCases
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
from tests.support.stores import not_away

REACH = AgencyDirectoryView(known=frozenset(), provisioned=frozenset())


def folded(case: Case | None, *inputs: Input) -> Fold:
    decisions = {each.complaint_id: decision() for each in inputs}
    return fold(case, inputs, BatchContext(decisions, REACH, lambda _: decision()))


def partition_of(case: Case) -> int:
    partition: int = timed(case, UNTIMED)["clocks"]["partition"]
    return partition


class Stores:
    """Cases and their clocks, as one router holds them; `time` is what it tells the time by."""

    def __init__(self, mongo: Mongo | None) -> None:
        self.time = Timekeeper(CLOCKS, {})
        memory = MemoryCases(lambda: self.time)
        self.cases: CaseStore = memory
        self.due: DueCases = memory
        if mongo is not None:
            self.cases = MongoCases(mongo.cases("cases"), lambda: self.time)
            self.due = MongoDueCases(mongo.cases("cases"))

    async def every_due(self, before: datetime, most: int = 0) -> list[DueCase]:
        """Return what is due of all partitions, which each tell in order."""
        version = self.time.version
        pages = [
            await self.due.due(place, before, version=version, most=most)
            for place in range(PARTITIONS)
        ]
        assert all(page == sorted(page, key=lambda one: one.at) for page in pages)
        return [one for page in pages for one in page]

    async def every_stale(self, time: Timekeeper) -> list[UUID]:
        """Return all that is stale by other clocks."""
        places, version = range(PARTITIONS), time.version
        pages = [await self.due.stale(place, version=version, most=100) for place in places]
        return [one for page in pages for one in page]


@pytest.fixture
async def stores(backing: Mongo | None) -> Stores:
    stores = Stores(backing)
    if isinstance(stores.cases, MongoCases):
        await stores.cases.prepare()
    return stores


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


ERASE = request(
    Erase(reason=ErasureReason.REQUESTED), 5, actor=Actor(kind=ActorKind.OPERATOR, code="kantor")
)


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


NAMES = [f"case {number}" for number in range(12)]
LATER = datetime(2027, 3, 2, tzinfo=UTC)


async def test_due_cases_are_found_by_when_their_next_deadline_passes(stores: Stores) -> None:
    await stores.cases.save([folded(None, submitted(name)) for name in NAMES])
    due = stores.time.next_due(opened())
    assert due is not None

    found = await stores.every_due(due)

    assert sorted(found) == sorted(DueCase(complaint_id(name), due) for name in NAMES)
    assert await stores.every_due(due - timedelta(milliseconds=1)) == []


async def test_the_earliest_of_a_partition_are_due_first_and_no_more_than_asked_for(
    stores: Stores,
) -> None:
    hours = {name: timedelta(hours=place * 5 % 12) for place, name in enumerate(NAMES)}
    received = {name: complaint().received_at + late for name, late in hours.items()}
    await stores.cases.save(
        [folded(None, submitted(name, received_at=at)) for name, at in received.items()]
    )

    found = await stores.every_due(LATER)

    assert len(found) == len(NAMES)
    cases = await stores.cases.load(map(complaint_id, NAMES))
    first = {partition_of(cases[one.complaint_id]): one for one in reversed(found)}
    assert await stores.every_due(LATER, most=1) == [first[place] for place in sorted(first)]


async def test_a_case_that_changes_is_due_at_another_time_and_a_closed_one_never(
    stores: Stores,
) -> None:
    opening = folded(None, submitted())
    worked = folded(opening.after, follow_up(1))
    answered = folded(worked.after, complete(2))
    assert worked.after is not None
    due = stores.time.next_due(worked.after)
    assert due is not None

    await stores.cases.save([opening])
    await stores.cases.save([worked])
    assert await stores.every_due(LATER) == [DueCase(complaint_id("one"), due)]

    await stores.cases.save([answered])
    assert await stores.every_due(LATER) == []
    assert await stores.every_stale(UNTIMED) == []


async def test_cases_timed_by_other_clocks_are_stale_until_they_are_timed_anew(
    stores: Stores,
) -> None:
    time, stores.time = stores.time, UNTIMED
    await stores.cases.save([folded(None, submitted())])
    stores.time = time
    assert await stores.every_due(LATER) == []
    assert await stores.every_stale(time) == [complaint_id("one")]
    assert await stores.every_stale(UNTIMED) == []

    unknown = opened().model_copy(update={"complaint": complaint("unknown")})
    await stores.due.retime([opened(), unknown], time)

    assert await stores.every_stale(time) == []
    assert [one.complaint_id for one in await stores.every_due(LATER)] == [complaint_id("one")]
    assert await stores.cases.load([complaint_id("unknown")]) == {}


async def test_a_case_that_changed_meanwhile_is_not_timed_by_what_it_was(stores: Stores) -> None:
    opening = folded(None, submitted())
    await stores.cases.save([opening, folded(None, submitted("two"))])
    await stores.cases.save([folded(opening.after, complete(1))])

    await stores.due.retime([opened()], stores.time)

    assert [one.complaint_id for one in await stores.every_due(LATER)] == [complaint_id("two")]


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


def test_a_case_lies_under_the_partition_of_its_inputs() -> None:
    partitioner = DefaultPartitioner()
    places = list(range(PARTITIONS))

    for name in NAMES:
        case = opened().model_copy(update={"complaint": complaint(name)})
        key = str(complaint_id(name)).encode()
        assert partition_of(case) == partitioner(key, places, places)


@pytest.mark.connected
async def test_a_case_that_waits_says_why(mongo: Mongo) -> None:
    store = MongoCases(mongo.cases("cases"))
    decisions = {complaint_id("one"): decision(None, rule="incomplete")}
    waiting = fold(None, [submitted()], BatchContext(decisions, REACH, lambda _: decision()))
    await store.save([waiting])

    (found,) = await mongo.cases("cases").find({})
    assert (found["triage_reason"], "agency_inputs" in found) == ("incomplete", False)

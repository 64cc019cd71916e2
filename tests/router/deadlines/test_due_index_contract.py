"""When cases are due, in the database and in memory alike."""

from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.partitioner import DefaultPartitioner

from services.router.deadlines.due_index import DueCase, DueCases
from services.router.domain.case.timekeeper import UNTIMED
from shared.contracts.topics import PARTITIONS
from shared.database.mongo import Mongo
from tests.router.case_stores import Stores, folded, partition_of
from tests.router.lives import opened
from tests.support.builders import (
    complaint,
    complaint_id,
    complete,
    follow_up,
    submitted,
)

NAMES = [f"case {number}" for number in range(12)]
LATER = datetime(2027, 3, 2, tzinfo=UTC)


@pytest.fixture
async def stores(backing: Mongo | None) -> Stores:
    return await Stores.prepared(backing)


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

    due: DueCases = stores.due
    unknown = opened().model_copy(update={"complaint": complaint("unknown")})
    await due.retime([opened(), unknown], time)

    assert await stores.every_stale(time) == []
    assert [one.complaint_id for one in await stores.every_due(LATER)] == [complaint_id("one")]
    assert await stores.cases.load([complaint_id("unknown")]) == {}


async def test_a_case_that_changed_meanwhile_is_not_timed_by_what_it_was(stores: Stores) -> None:
    opening = folded(None, submitted())
    await stores.cases.save([opening, folded(None, submitted("two"))])
    await stores.cases.save([folded(opening.after, complete(1))])

    await stores.due.retime([opened()], stores.time)

    assert [one.complaint_id for one in await stores.every_due(LATER)] == [complaint_id("two")]


def test_a_case_lies_under_the_partition_of_its_inputs() -> None:
    partitioner = DefaultPartitioner()
    places = list(range(PARTITIONS))

    for name in NAMES:
        case = opened().model_copy(update={"complaint": complaint(name)})
        key = str(complaint_id(name)).encode()
        assert partition_of(case) == partitioner(key, places, places)

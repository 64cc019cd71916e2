"""What the notifier's store promises of leases: a row has one holder, who alone writes of it."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notifier.domain.delivery.deliveries import CLOCKS_APART, DEFERRED, FREE, NOBODY, Lease
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.store import DeferredComplaint, NotifierStore, Settlement
from shared.database.mongo import Mongo
from tests.notifier.conftest import (
    DELIVERED,
    MINE,
    OTHER,
    PARKED,
    PENDING,
    SOURCE,
    THEIRS,
    held,
    ids,
    later,
    prepared,
    row,
    rows,
)
from tests.support.builders import START, complaint_id

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
async def store(backing: Mongo | None) -> NotifierStore:
    return await prepared(backing)


async def owners(store: NotifierStore) -> dict[int, str]:
    return {found.offset: found.owner for found in await rows(store)}


async def test_of_two_who_claim_at_once_each_row_goes_to_one(store: NotifierStore) -> None:
    await store.insert([row(number) for number in range(20)])

    mine, theirs = await asyncio.gather(
        store.claim(ids(*range(15)), MINE, state=PENDING, now=START),
        store.claim(ids(*range(5, 20)), THEIRS, state=PENDING, now=START),
    )

    assert mine | theirs == set(ids(*range(20)))
    assert not mine & theirs
    assert all(
        (f"{offset}:e" in mine) == (owner == "me")
        for offset, owner in (await owners(store)).items()
    )


async def test_a_lease_is_taken_by_others_when_it_is_over_and_by_its_owner_at_any_time(
    store: NotifierStore,
) -> None:
    await store.insert([row(1)])

    async def claim(lease: Lease, now: datetime) -> bool:
        return bool(await store.claim(ids(1), lease, state=PENDING, now=now))

    assert await claim(MINE, START)
    assert not await claim(THEIRS, MINE.until - MILLISECOND)
    assert await claim(replace(MINE, until=later(40)), later(10))
    assert not await claim(replace(THEIRS, until=later(60)), later(40) - MILLISECOND)
    assert await claim(replace(THEIRS, until=later(70)), later(40))
    assert await rows(store) == [held(1, Lease("they", later(70)))]


async def test_a_lease_further_ahead_than_clocks_differ_is_not_believed(
    store: NotifierStore,
) -> None:
    believed = MINE.until + CLOCKS_APART
    beyond = Lease("ahead", believed + MILLISECOND)
    await store.insert(
        [
            held(1, Lease("ahead", believed)),
            held(2, beyond),
            held(3, replace(beyond, owner=DEFERRED)),
        ]
    )

    assert await store.claim(ids(1, 2, 3), MINE, state=PENDING, now=START) == set(ids(2))


async def test_a_claim_is_of_rows_in_its_state_and_of_those_that_are_there(
    store: NotifierStore,
) -> None:
    await store.insert([row(1), row(2, state=PARKED), held(3, state=PARKED), held(4, THEIRS)])

    found = await store.claim(ids(1, 2, 3, 4, 99), MINE, state=PENDING, now=START)

    assert found == set(ids(1))
    assert await store.claim([], MINE, state=PENDING, now=START) == frozenset()
    assert await store.claim(ids(2), THEIRS, state=PARKED, now=START) == set(ids(2))
    assert await owners(store) == {1: "me", 2: "they", 3: "me", 4: "they"}


async def test_a_lease_is_prolonged_for_its_owner_who_learns_that_another_is_lost(
    store: NotifierStore,
) -> None:
    longer = replace(MINE, until=later(60))
    await store.insert([held(1), held(2), held(3, THEIRS)])

    assert await store.renew(ids(1, 2), longer)
    assert not await store.renew(ids(1, 3), longer)
    assert not await store.renew(ids(1, 99), longer)
    assert await store.renew([], longer)
    assert await rows(store) == [held(1, longer), held(2, longer), held(3, THEIRS)]


async def test_leases_end_but_for_those_of_others_of_other_partitions_and_those_to_keep(
    store: NotifierStore,
) -> None:
    await store.insert(
        [held(1), held(2, state=PARKED), held(3), held(4, THEIRS), held(5, source=OTHER)]
    )
    await store.insert([held(6, state=DELIVERED)])  # as who gave it up may have left it

    await store.release({SOURCE}, "me", keep=ids(3))

    assert await owners(store) == {1: NOBODY, 2: NOBODY, 3: "me", 4: "they", 5: "me", 6: "me"}
    assert {each.until for each in await rows(store) if each.owner == NOBODY} == {FREE}


async def test_an_attempt_is_recorded_once_and_for_the_holder_alone(store: NotifierStore) -> None:
    await store.insert([held(1), held(2, attempts=4), held(3, THEIRS), row(4)])
    done = [Settlement(one, DELIVERED, DeliveryOutcome.DELIVERED, 200) for one in ids(1, 3, 4, 99)]
    failed = Settlement("2:e", PENDING, DeliveryOutcome.SERVER_ERROR, 503)

    for _ in range(2):
        await store.settle("me", [*done, failed], START)
    await store.settle("me", [], START)

    assert await rows(store) == [
        row(1, state=DELIVERED, attempts=1),
        row(2, attempts=5),
        held(3, THEIRS),
        row(4),
    ]


async def test_what_is_put_off_waits_on_its_own_until_its_time_and_is_seen_to(
    store: NotifierStore,
) -> None:
    parked = row(4, state=PARKED, owner=DEFERRED, until=later(300))
    await store.insert([held(1), held(2, source=OTHER), row(3), parked])
    deferred = DeliveryOutcome.DEFERRED
    put_off = [Settlement(one, PENDING, deferred, 452, later(300)) for one in ids(1, 2)]
    await store.settle("me", put_off, START)

    waits = DeferredComplaint("e", "kab-1", complaint_id("1"), later(300))
    assert await store.deferred({SOURCE}) == [waits]
    assert len(await store.deferred({SOURCE, OTHER})) == 2
    assert await store.survey({OTHER}) == []
    late = [replace(MINE, until=later(seconds)) for seconds in (299, 330)]
    assert not await store.claim(ids(1), late[0], state=PENDING, now=later(299))
    assert await store.claim(ids(1), late[1], state=PENDING, now=later(300))
    assert await store.deferred({SOURCE}) == []

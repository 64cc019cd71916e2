"""What the notifier's store promises, in the database and in memory alike."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from pymongo import InsertOne

from services.notifier.domain.delivery.circuit import (
    BackoffPolicy,
    CircuitState,
    after_answer,
    after_failure,
    with_probe,
)
from services.notifier.domain.delivery.deliveries import DEFERRED, FREE, Delivery
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.store import NotifierStore, Settlement, WaitingEndpoint
from shared.contracts.deliveries import DeliveryState
from shared.database.collections import ENDPOINTS, LANES
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
    over,
    prepared,
    row,
    rows,
    wanted,
)
from tests.notifier.events import KAB, agency_event, delivery, endpoint, subscription
from tests.notifier.memory import MemoryStore
from tests.support.builders import START, complaint_id
from tests.support.stores import not_away


@pytest.fixture
async def store(backing: Mongo | None) -> NotifierStore:
    return await prepared(backing)


def offsets(found: Iterable[Delivery]) -> list[int]:
    return [each.offset for each in found]


async def test_a_row_comes_back_as_it_was_inserted(store: NotifierStore) -> None:
    plain = row(1)
    full = held(2, seq=7, attempts=3, trace="00-1-2-00", due=later(0.001), created=later(1))

    assert await store.insert([plain, full]) == frozenset()
    assert await store.waiting(wanted()) == [plain, full]


async def test_a_row_that_is_there_stays_as_it_was_and_is_named(store: NotifierStore) -> None:
    await store.insert([held(1)])

    assert await store.insert([row(1, body="other"), row(2)]) == {"1:e"}
    assert await rows(store) == [held(1), row(2)]
    assert await store.insert([]) == frozenset()


async def test_of_a_row_twice_in_one_batch_the_first_is_kept(store: NotifierStore) -> None:
    assert await store.insert([row(1), row(1, seq=9), row(2)]) == {"1:e"}
    assert await rows(store) == [row(1), row(2)]


async def test_rows_come_first_due_first_then_by_offset_and_no_more_than_asked_for(
    store: NotifierStore,
) -> None:
    await store.insert([row(3), row(1, due=later(5)), row(2), held(4, due=later(-5))])

    assert offsets(await store.waiting(wanted())) == [4, 2, 3, 1]
    assert offsets(await store.waiting(wanted(limit=3))) == [4, 2, 3]


async def test_rows_of_others_and_of_complaints_to_skip_are_left_out(store: NotifierStore) -> None:
    others = [row(2, endpoint_id="f"), row(3, source=OTHER), row(4, state=PARKED)]
    await store.insert([row(1), *others, row(5), row(6)])

    found = await store.waiting(wanted(skip={complaint_id("5")}))

    assert offsets(found) == [1, 6]
    assert offsets(await store.waiting(wanted(sources={SOURCE, OTHER}))) == [1, 3, 5, 6]
    assert await store.waiting(wanted(endpoint_id="unknown")) == []


async def test_parked_rows_keep_their_place_and_wait_for_nobody(store: NotifierStore) -> None:
    await store.insert([held(1), row(2), held(3), row(4, endpoint_id="f"), row(5, state=DELIVERED)])

    await store.park("e", keep=ids(3))
    parked = [row(number, state=PARKED) for number in (1, 2)]
    assert await rows(store) == [*parked, held(3), row(5, state=DELIVERED)]
    assert offsets(await store.waiting(wanted(endpoint_id="f"))) == [4]

    await store.claim(ids(1), MINE, state=PARKED, now=START)
    await store.unpark("e")
    # The lease is the one under which the probe went out.
    assert await rows(store, PENDING) == [held(1), row(2), held(3)]


async def test_a_survey_tells_of_each_endpoint_when_a_row_is_free_and_which_is_the_last_due(
    store: NotifierStore,
) -> None:
    await store.insert(
        [
            held(1, due=later(1)),
            held(2, THEIRS, due=later(9)),
            row(3, endpoint_id="f", agency="kab-2", until=later(7)),
            row(4, source=OTHER, due=later(20)),
            row(5, endpoint_id="parked", state=PARKED),
            row(6, owner=DEFERRED, until=later(1), due=later(30)),
        ]
    )
    e = WaitingEndpoint("e", "kab-1", later(30), later(9))
    f = WaitingEndpoint("f", "kab-2", later(7), START)

    async def survey(*sources: str, **but: Any) -> set[WaitingEndpoint]:
        found = await store.survey(set(sources), **but)
        assert len(found) == len(set(found))
        return set(found)

    assert await survey(SOURCE) == {e, f}
    assert await survey(SOURCE, skip={"e", "unknown"}) == {f}
    assert await survey(SOURCE, but_not_of="they") == {replace(e, due=later(1)), f}
    assert await survey(SOURCE, OTHER) == {replace(e, until=FREE, due=later(20)), f}
    assert await survey("agency-kab-9/0") == await survey() == set()


async def test_rows_of_a_complaint_lose_their_words_in_every_state_and_under_any_lease(
    store: NotifierStore,
) -> None:
    told = delivery(agency_event(), "e", source=SOURCE)
    states = list(DeliveryState)
    mine = [
        replace(told, delivery_id=f"{place}:e", offset=place, owner="they", state=state)
        for place, state in enumerate(states)
    ]
    await store.insert([*mine, row(9, body=told.body), row(10, complaint_id=told.complaint_id)])

    for _ in range(2):
        await store.blank({told.complaint_id, complaint_id("unknown")})

    bodies = {each.offset: each.body for each in await rows(store)}
    assert [place for place, body in bodies.items() if "berlubang" in body] == [9]
    assert bodies[10] == ""  # no event of an institution
    assert json.loads(bodies[0])["data"]["number"] == agency_event().number
    assert {each.owner for each in await rows(store) if each.offset < 9} == {"they"}


async def test_endpoints_are_those_of_each_institution_that_has_a_subscription(
    store: NotifierStore, backing: Mongo | None
) -> None:
    broken = subscription("kab-2", "https://siti.example")
    broken["endpoints"][0]["kind"] = "pigeon"
    if isinstance(store, MemoryStore):
        store.known = {KAB: (endpoint(),), "kab-1": (), "kab-2": None}
    elif backing is not None:
        kept = subscription(KAB, endpoint().url or ""), subscription("kab-1"), broken
        await backing.private(ENDPOINTS).write([InsertOne(each) for each in kept])

    found = await store.endpoints([KAB, "kab-1", "kab-2", "kab-9"])

    assert found == {KAB: (endpoint(),), "kab-1": (), "kab-2": None}
    assert await store.endpoints([]) == {}


FAILING = after_failure(CircuitState(), BackoffPolicy(), now=START, chance=0.5)


async def test_ladders_are_those_of_endpoints_not_well_and_of_those_asked_for(
    store: NotifierStore,
) -> None:
    probed = with_probe(FAILING, "me", later(5))
    assert await store.save_ladder("failing", KAB, FAILING)
    assert await store.save_ladder("failing", KAB, probed)
    well = after_answer(CircuitState())
    assert await store.save_ladder("well", KAB, well)

    assert await store.ladders() == {"failing": (KAB, probed)}
    assert await store.ladders(iter(["well", "unknown"])) == {
        "failing": (KAB, probed),
        "well": (KAB, well),
    }


async def test_of_two_who_climb_at_once_one_wins(store: NotifierStore) -> None:
    await store.save_ladder("e", KAB, FAILING)
    probes = [with_probe(FAILING, owner, later(5)) for owner in ("me", "they")]

    won = await asyncio.gather(*(store.save_ladder("e", KAB, probe) for probe in probes))

    assert sorted(won) == [False, True]
    assert await store.ladders() == {"e": (KAB, probes[won.index(True)])}
    assert not await store.save_ladder("e", KAB, FAILING)


@pytest.mark.parametrize("version", [7, "seven", None])
async def test_a_ladder_that_cannot_be_read_counts_under_its_version_until_it_is_replaced(
    store: NotifierStore, backing: Mongo | None, version: Any
) -> None:
    known = version if isinstance(version, int) else None
    if isinstance(store, MemoryStore):
        store.odd["e"] = KAB, known
    elif backing is not None:
        odd = {"_id": "e", "agency": KAB, "state": "asleep"}
        odd |= {} if version is None else {"version": version}
        await backing.private(LANES).insert(odd)
    ladder = CircuitState(version=known or 0)
    assert await store.ladders() == {"e": (KAB, ladder)}

    stale = at_version(FAILING, 99)
    assert await store.save_ladder("e", KAB, stale) is (known is None)
    assert await store.save_ladder("e", KAB, at_version(FAILING, 100)) is (known is None)
    mended = at_version(FAILING, 101 if known is None else 8)
    assert await store.save_ladder("e", KAB, mended)
    assert await store.ladders() == {"e": (KAB, mended)}


def at_version(ladder: CircuitState, version: int) -> CircuitState:
    return ladder.model_copy(update={"version": version})


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    store = over(away)
    if isinstance(store, MemoryStore):
        store.away = True

    answered = await not_away(
        store.endpoints([KAB]),
        store.insert([row(1)]),
        store.blank({complaint_id("1")}),
        store.survey({SOURCE}),
        store.deferred({SOURCE}),
        store.waiting(wanted()),
        store.claim(ids(1), MINE, state=PENDING, now=START),
        store.renew(ids(1), MINE),
        store.release({SOURCE}, "me", keep=()),
        store.settle("me", [Settlement("1:e", DELIVERED, DeliveryOutcome.DELIVERED, 200)], START),
        store.park("e"),
        store.unpark("e"),
        store.ladders(),
        store.save_ladder("e", KAB, FAILING),
    )

    assert answered == []

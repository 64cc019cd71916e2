"""A document that cannot be read stops its own institution's deliveries, and nobody else's."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from pymongo import InsertOne

from services.notifier.database import MongoNotifierStore
from services.notifier.delivery.subscriptions import Subscriptions
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.filters import passes
from services.notifier.store import Settlement
from shared.contracts.deliveries import LaneState
from shared.contracts.subscriptions import EventFilter
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from shared.runtime.clock import SetClock
from shared.telemetry.registry import Telemetry
from tests.notifier.conftest import Build, all_are, register
from tests.notifier.events import KAB, agency_event, endpoint, subscription
from tests.notifier.memory import MemoryStore
from tests.notifier.process import Notifier
from tests.notifier.receiver import Receiver
from tests.notifier.rig import LANE, Rig
from tests.support.builders import START

Eventually = Callable[..., Awaitable[None]]
BROKEN = "kab-1"


@pytest.fixture
async def rig(memory: MemoryStore, clock: SetClock) -> AsyncIterator[Rig]:
    async with Rig(memory, clock) as rig:
        rig.sender.holds = False
        memory.known[BROKEN] = None
        yield rig


def shown(notifier: Notifier, agency: str) -> float | None:
    labels = {"agency": agency, "state": "unreadable"}
    return notifier.telemetry.registry.get_sample_value("salur_endpoints", labels)


async def test_events_of_an_unreadable_subscription_are_kept_parked(
    rig: Rig, eventually: Eventually
) -> None:
    events = [agency_event("a", agency=BROKEN), agency_event("b")]

    await rig.notifier.read(*events)
    await eventually(lambda: "delivered" in rig.memory.states(), "the other one's goes out")

    kept = next(row for row in rig.memory.rows.values() if row.agency == BROKEN)
    assert (kept.endpoint_id, kept.state) == (f"unaddressed-{BROKEN}", "parked")
    assert shown(rig.notifier, BROKEN) == 1
    assert shown(rig.notifier, KAB) is None


async def test_a_mended_subscription_is_shown_no_more(rig: Rig) -> None:
    await rig.notifier.read(agency_event("a", agency=BROKEN))
    rig.memory.known[BROKEN] = (endpoint(BROKEN),)

    await rig.notifier.read(agency_event("b", agency=BROKEN), first=1)

    assert shown(rig.notifier, BROKEN) is None


async def test_a_mended_subscription_is_shown_no_more_though_nothing_comes(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(agency_event("a", agency=BROKEN))
    rig.notifier.hold(KAB, BROKEN)
    await rig.moment()
    assert shown(rig.notifier, BROKEN) == 1
    rig.memory.known[BROKEN] = (endpoint(BROKEN),)

    rig.later(6)
    await eventually(lambda: shown(rig.notifier, BROKEN) is None, "the next scan sees it")


async def test_an_unreadable_subscription_is_shown_by_who_holds_its_partition_alone(
    rig: Rig, eventually: Eventually
) -> None:
    rig.notifier.hold(KAB, BROKEN)
    await rig.notifier.read(agency_event("a", agency=BROKEN))
    assert shown(rig.notifier, BROKEN) == 1

    rig.notifier.hold(KAB)
    await eventually(lambda: shown(rig.notifier, BROKEN) is None, "another holds it now")


async def test_a_lane_waits_while_its_subscription_cannot_be_read(
    rig: Rig, eventually: Eventually
) -> None:
    rig.sender.status = 500
    await rig.notifier.read(agency_event())
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")
    rig.memory.known[KAB] = None
    rig.later(11)
    await eventually(lambda: shown(rig.notifier, KAB) == 1, "it is seen")
    assert rig.memory.states() == ["pending"]
    assert rig.notifier.lanes.alive()

    rig.sender.status, rig.memory.known[KAB] = 200, (endpoint(),)
    rig.later(11)
    await eventually(lambda: rig.memory.states() == ["delivered"], "it goes on")


async def test_a_surprise_in_a_round_does_not_end_the_watch(
    rig: Rig, eventually: Eventually
) -> None:
    survey = rig.memory.survey

    async def surprise(*_: Any, **__: Any) -> Any:
        raise ValueError("siti@warga.example")

    await rig.moment()
    rig.memory.survey = surprise  # type: ignore[method-assign]
    rig.later(6)
    await eventually(lambda: rig.notifier.lanes.trouble() is not None, "it shows")
    assert rig.notifier.lanes.alive()
    assert "siti" not in str(rig.notifier.lanes.trouble())

    rig.memory.survey = survey  # type: ignore[method-assign]
    rig.later(6)
    await eventually(lambda: rig.notifier.lanes.trouble() is None, "it goes on")


async def test_a_surprise_while_outcomes_are_written_does_not_end_that(
    rig: Rig, eventually: Eventually
) -> None:
    settle = rig.memory.settle

    async def surprise(owner: str, done: Sequence[Settlement], at: datetime) -> None:
        raise ValueError("siti@warga.example")

    rig.memory.settle = surprise  # type: ignore[method-assign]
    await rig.notifier.read(agency_event())
    await eventually(lambda: rig.notifier.lanes.trouble() is not None, "it shows")
    assert rig.notifier.lanes.alive()

    rig.memory.settle = settle  # type: ignore[method-assign]
    await eventually(lambda: rig.memory.states() == ["delivered"], "it is written after all")


def test_an_event_that_this_release_does_not_know_passes_nothing_and_breaks_nothing() -> None:
    wanted = EventFilter.model_validate({"events": ["escalated_twice", "routed"]})

    assert passes(agency_event(seq=1), wanted)
    assert not passes(agency_event(seq=2), wanted)


@pytest.mark.connected
@pytest.mark.parametrize("version", [7, "seven", None])
async def test_a_ladder_that_cannot_be_read_is_replaced_and_climbed(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually, version: Any
) -> None:
    await register(mongo, receiver.url, KAB)
    odd = {"_id": LANE, "agency": KAB, "state": "asleep"} | (
        {} if version is None else {"version": version}
    )
    await mongo.private(LANES).write([InsertOne(odd)])
    broken = True
    receiver.answers[f"/{KAB}"] = lambda _: 500 if broken else 200

    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(agency_event())
        await eventually(lambda: len(receiver.hits) > 2, "it is probed again and again")
        (kept,) = await mongo.private(LANES).find({})
        broken = False
        await eventually(all_are(mongo, "delivered", 1), "it is well again")

    assert (kept["state"] in ("failing", "failed"), kept["failures"] > 0) == (True, True)


@pytest.mark.connected
async def test_a_field_that_this_release_does_not_know_stops_no_row(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: 410
    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(agency_event())
        await eventually(all_are(mongo, "parked", 1), "it is disabled")
    of_a_later_release = {"$set": {"state": "pending", "weight": 3}}
    await mongo.private(DELIVERIES).update({}, of_a_later_release)
    await mongo.private(LANES).delete({})
    receiver.answers.clear()

    async with build() as notifier:
        notifier.hold(KAB)
        await eventually(all_are(mongo, "delivered", 1), "it goes out")


@pytest.mark.connected
async def test_an_unreadable_subscription_is_logged_once_and_not_at_every_scan(
    mongo: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    broken = subscription(BROKEN, "https://siti.example")
    broken["endpoints"][0]["kind"] = "pigeon"
    await mongo.private(ENDPOINTS).write([InsertOne(broken)])
    store = MongoNotifierStore(*map(mongo.private, (DELIVERIES, LANES, ENDPOINTS)))
    subscriptions = Subscriptions(store, Telemetry())

    for _ in range(3):
        await subscriptions.look_again({BROKEN})
        await subscriptions.of([KAB, BROKEN])

    assert [one.getMessage() for one in caplog.records] == [
        f"the subscription of {BROKEN} cannot be read"
    ]


@pytest.mark.connected
async def test_an_unreadable_ladder_is_logged_once_until_it_was_read(
    mongo: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    store = MongoNotifierStore(*map(mongo.private, (DELIVERIES, LANES, ENDPOINTS)))
    odd = {"_id": LANE, "agency": KAB, "version": 7, "state": "asleep"}
    await mongo.private(LANES).write([InsertOne(odd)])
    said = f"ladder {LANE} cannot be read"

    for _ in range(3):
        await store.ladders()
    assert [one.getMessage() for one in caplog.records] == [said]

    await store.save_ladder(LANE, KAB, CircuitState(version=8))
    await store.ladders([LANE])
    await mongo.private(LANES).update({}, {"$set": {"state": "asleep"}})
    await store.ladders()
    assert [one.getMessage() for one in caplog.records] == [said, said]


@pytest.mark.connected
async def test_broken_documents_in_the_database_stop_nobody_else(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    broken = subscription(BROKEN, receiver.url)
    broken["endpoints"][0]["kind"] = "pigeon"
    unknown = subscription("kab-2", f"{receiver.url}/kab-2")
    unknown["endpoints"][0]["filter"] = {"events": ["escalated_twice", "routed"]}
    await mongo.private(ENDPOINTS).write([InsertOne(broken), InsertOne(unknown)])
    await register(mongo, receiver.url, KAB)
    failing = CircuitState(state=LaneState.FAILING, first_failure_at=START, next_probe_at=START)
    ladder = failing.model_dump() | {"agency": BROKEN, "state": "failing"}
    odd = ladder | {"_id": "odd", "state": "asleep"}
    await mongo.private(LANES).write([InsertOne({"_id": "of-x", **ladder}), InsertOne(odd)])

    async with build() as notifier:
        notifier.hold(KAB, BROKEN, "kab-2")
        agencies = (KAB, BROKEN, "kab-2")
        await notifier.read(*(agency_event(code, agency=code) for code in agencies))
        await eventually(lambda: len(receiver.hits) == 2, "both others are told")
        await eventually(lambda: shown(notifier, BROKEN) == 1, "it shows")
        assert notifier.lanes.alive()

    assert sorted(hit.path for hit in receiver.hits) == ["/kab-2", f"/{KAB}"]
    assert await mongo.private(DELIVERIES).count({"state": "parked", "agency": BROKEN}) == 1

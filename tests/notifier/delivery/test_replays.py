"""What an operator sees of deliveries, and how what was parked is sent again; on a database."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.notifier.database import INDEXES, DeliveryRetention, MongoNotifierStore
from services.notifier.delivery.replays import DeliveryReplays, ReplayFilter, ReplayResult
from services.notifier.domain.delivery.circuit import BackoffPolicy, CircuitState
from shared.contracts.deliveries import DeliveryState, LaneState
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway, Misconfigured
from shared.runtime.clock import WallClock
from tests.notifier.conftest import Build, all_are, register
from tests.notifier.events import KAB, agency_event, delivery
from tests.notifier.process import fast_settings
from tests.notifier.receiver import Receiver

pytestmark = pytest.mark.connected
Eventually = Callable[..., Awaitable[None]]
# Given up after a moment, and then left alone for longer than a test.
RUNGS = BackoffPolicy(
    first_seconds=0.05, longest_seconds=0.1, total_seconds=0.2, failed_probe_seconds=3_600
)


@pytest.fixture
def replays(mongo: Mongo) -> DeliveryReplays:
    return DeliveryReplays(mongo, WallClock(), DeliveryRetention())


@pytest.mark.parametrize("status", [500, 410])
async def test_a_replay_has_a_given_up_endpoint_probed_at_once_by_a_running_notifier(
    build: Build,
    mongo: Mongo,
    *,
    receiver: Receiver,
    replays: DeliveryReplays,
    status: int,
    eventually: Eventually,
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: status
    async with build(fast_settings(ladder=RUNGS)) as notifier:
        notifier.hold(KAB)
        await notifier.read(*(agency_event("one", seq) for seq in (1, 2, 3)))
        await eventually(all_are(mongo, "parked", 3), "it is given up")
        (account,) = await replays.accounts(ReplayFilter(agency=KAB, state=DeliveryState.PARKED))
        assert account.deliveries == {"parked": 3}
        assert account.state in (LaneState.FAILED, LaneState.DISABLED)
        receiver.answers.clear()
        receiver.hits.clear()

        done = await replays.replay(ReplayFilter(agency=KAB))
        await eventually(all_are(mongo, "delivered", 3), "all are sent")

    assert done == ReplayResult(endpoints=1, deliveries=3, left=0)
    assert [json.loads(hit.body)["data"]["seq"] for hit in receiver.hits] == [1, 2, 3]
    (account,) = await replays.accounts(ReplayFilter())
    assert (account.name, account.kind, account.state) == ("main", "webhook", LaneState.OK)
    assert account.deliveries == {"delivered": 3}


async def test_an_endpoint_that_is_still_broken_is_parked_again_in_the_end(
    build: Build,
    mongo: Mongo,
    *,
    receiver: Receiver,
    replays: DeliveryReplays,
    eventually: Eventually,
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: 500
    async with build(fast_settings(ladder=RUNGS)) as notifier:
        notifier.hold(KAB)
        await notifier.read(agency_event())
        await eventually(all_are(mongo, "parked", 1), "it is given up")
        tried = len(receiver.hits)

        await replays.replay(ReplayFilter(agency=KAB))
        await eventually(lambda: len(receiver.hits) > tried + 1, "it climbs its ladder anew")
        await eventually(all_are(mongo, "parked", 1), "and is given up again")


async def test_rejected_deliveries_are_replayed_only_when_asked_for(
    build: Build,
    mongo: Mongo,
    *,
    receiver: Receiver,
    replays: DeliveryReplays,
    eventually: Eventually,
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: 422
    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(agency_event())
        await eventually(all_are(mongo, "rejected", 1), "it is refused")
        receiver.answers.clear()

        assert await replays.replay(ReplayFilter()) == ReplayResult(0, 0, 0)
        done = await replays.replay(ReplayFilter(endpoint="main"), rejected=True)
        await eventually(all_are(mongo, "delivered", 1), "it is sent")

    assert done == ReplayResult(endpoints=1, deliveries=1, left=0)


async def test_rows_of_an_endpoint_that_is_gone_stay_parked_and_are_counted(
    build: Build,
    mongo: Mongo,
    *,
    receiver: Receiver,
    replays: DeliveryReplays,
    eventually: Eventually,
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: 410
    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(agency_event())
        await eventually(all_are(mongo, "parked", 1), "it is disabled")
    await mongo.private(ENDPOINTS).delete({})

    assert await replays.replay(ReplayFilter(agency=KAB)) == ReplayResult(
        endpoints=0, deliveries=0, left=1
    )
    (account,) = await replays.accounts(ReplayFilter())
    assert (account.name, account.is_present) == ("", False)


async def test_an_unreadable_subscription_is_named_to_whoever_lists_or_moves(
    mongo: Mongo, replays: DeliveryReplays, caplog: pytest.LogCaptureFixture
) -> None:
    await register(mongo, "https://x.example", KAB)
    await mongo.private(ENDPOINTS).update({}, {"$set": {"endpoints.0.kind": "pigeon"}})
    store = MongoNotifierStore(*map(mongo.private, (DELIVERIES, LANES, ENDPOINTS)))
    await store.insert([delivery(agency_event(), "former", state=DeliveryState.PARKED)])

    (account,) = await replays.accounts(ReplayFilter())
    with pytest.raises(Misconfigured):
        await replays.move(KAB, "former", to="main")

    assert not account.is_present
    said = f"the subscription of {KAB} cannot be read"
    assert [one.getMessage() for one in caplog.records] == [said, said]


async def test_what_is_parked_of_a_former_endpoint_can_be_given_to_its_heir(
    build: Build,
    mongo: Mongo,
    *,
    receiver: Receiver,
    replays: DeliveryReplays,
    eventually: Eventually,
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: 410
    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(*(agency_event("one", seq) for seq in (1, 2, 3)))
        await eventually(all_are(mongo, "parked", 3), "it is disabled")
        with pytest.raises(Misconfigured, match="still has"):
            await replays.move(KAB, f"of-{KAB}", to="main")
        change = {"$set": {"endpoints.0.endpoint_id": "heir"}}
        await mongo.private(ENDPOINTS).update({}, change)
        with pytest.raises(Misconfigured, match="'other'"):
            await replays.move(KAB, f"of-{KAB}", to="other")
        receiver.answers.clear()
        receiver.hits.clear()

        assert await replays.move(KAB, f"of-{KAB}", to="main") == 3
        await eventually(all_are(mongo, "delivered", 3), "the heir has all")

    assert [json.loads(hit.body)["data"]["seq"] for hit in receiver.hits] == [1, 2, 3]
    assert await replays.move(KAB, f"of-{KAB}", to="main") == 0


async def test_a_choice_leaves_other_institutions_and_endpoints_alone(
    build: Build,
    mongo: Mongo,
    *,
    receiver: Receiver,
    replays: DeliveryReplays,
    eventually: Eventually,
) -> None:
    others = ("kab-1", "kab-2")
    await register(mongo, receiver.url, *others)
    receiver.answers = {f"/{code}": lambda _: 410 for code in others}
    async with build() as notifier:
        notifier.hold(*others)
        await notifier.read(*(agency_event(code, 1, code) for code in others))
        await eventually(all_are(mongo, "parked", 2), "both are disabled")

    assert (await replays.replay(ReplayFilter(agency="kab-1", endpoint="other"))).deliveries == 0
    assert (await replays.replay(ReplayFilter(agency="kab-1"))).deliveries == 1
    states = {one.agency: one.state for one in await replays.accounts(ReplayFilter())}
    assert states == {"kab-1": LaneState.FAILING, "kab-2": LaneState.DISABLED}


async def test_a_ladder_that_never_stands_still_is_given_up_by_name(
    mongo: Mongo,
    replays: DeliveryReplays,
    *,
    receiver: Receiver,
    build: Build,
    eventually: Eventually,
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: 410
    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(agency_event())
        await eventually(all_are(mongo, "parked", 1), "it is disabled")

    async def never(endpoint_id: str, agency: str, ladder: CircuitState) -> bool:
        return False

    replays._store.save_ladder = never  # type: ignore[method-assign]
    with pytest.raises(DatabaseAway, match=f"of-{KAB}"):
        await replays.replay(ReplayFilter())
    assert [row["state"] for row in await mongo.private(DELIVERIES).find({})] == ["parked"]


async def test_rows_expire_after_their_time_settled_ones_sooner(
    build: Build, mongo: Mongo, *, receiver: Receiver, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB, "kab-1")
    receiver.answers["/kab-1"] = lambda _: 410
    async with build() as notifier:
        notifier.hold(KAB, "kab-1")
        await notifier.read(agency_event(), agency_event("two", 1, "kab-1"))
        rows = mongo.private(DELIVERIES)

        async def settled() -> bool:
            found = await rows.find({}, sort=[("agency", 1)])
            return [row["state"] for row in found] == ["parked", "delivered"]

        await eventually(settled, "one is delivered, one is parked")
    parked, delivered = await rows.find({}, sort=[("agency", 1)])

    assert delivered["expires"] == delivered["last"]["at"] + timedelta(days=90)
    assert parked["expires"] == parked["created"] + timedelta(days=365)
    assert any(index.document.get("expireAfterSeconds") == 0 for index in INDEXES)
    assert (await mongo.private(LANES).find({}))[0]["state"] == "disabled"
    assert parked["created"] <= datetime.now(UTC)

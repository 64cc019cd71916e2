"""Handler and lanes on a real database, with a real receiver: what fakes cannot show."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from shared.database.collections import DELIVERIES, LANES
from shared.database.mongo import Mongo
from tests.notifier.conftest import Build, all_are, register, states
from tests.notifier.events import KAB, SECRET, agency_event
from tests.notifier.process import abandon, fast_settings
from tests.notifier.receiver import Hit, Receiver
from tests.support.builders import complaint_id

pytestmark = pytest.mark.connected
Eventually = Callable[..., Awaitable[None]]


def seqs_by_complaint(hits: list[Hit]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for hit in hits:
        data = json.loads(hit.body)["data"]
        found[data["complaint_id"]].append(data["seq"])
    return found


async def test_each_complaint_is_told_in_order(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    names = [f"c{number}" for number in range(5)]

    async with build() as notifier:
        notifier.hold(KAB)
        for seq in range(1, 5):
            await notifier.read(*(agency_event(n, seq) for n in names), first=seq * 10)
        await eventually(all_are(mongo, "delivered", 20), "all 20 are delivered")

    order = seqs_by_complaint(receiver.hits)
    assert order == {str(complaint_id(n)): [1, 2, 3, 4] for n in names}
    assert len({hit.webhook_id for hit in receiver.hits}) == 20


async def test_a_hanging_endpoint_holds_up_nobody_else(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    others = [f"kab-{number}" for number in range(10)]
    await register(mongo, receiver.url, KAB, *others)
    receiver.answers[f"/{KAB}"] = lambda _: None

    async with build(fast_settings(request_seconds=5, lease_seconds=10)) as notifier:
        notifier.hold(KAB, *others)
        await notifier.read(
            *(agency_event(f"{code}-{n}", 1, code) for n in range(8) for code in (KAB, *others))
        )
        await eventually(lambda: notifier.delivered() == 80, "ten others are done")

        assert len(receiver.of(f"/{KAB}")) == 4
        assert receiver.most_at_once[f"/{KAB}"] == 4
        receiver.released.set()
        await eventually(all_are(mongo, "delivered", 88), "the slow one too")


async def test_a_broken_endpoint_is_probed_and_then_gets_everything_in_order(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    broken = True
    receiver.answers[f"/{KAB}"] = lambda _: 500 if broken else 200
    events = [agency_event(f"c{n % 3}", 1 + n // 3) for n in range(9)]
    settings = fast_settings(ladder={"first_seconds": 0.05, "longest_seconds": 0.1})

    async with build(settings) as notifier:
        notifier.hold(KAB)
        await notifier.read(*events)
        await eventually(lambda: len(receiver.hits) >= 6, "some probes have gone out")
        lane = (await mongo.private(LANES).find({}))[0]
        assert lane["state"] == "failing"
        await notifier.read(agency_event("c0", 4), first=100)
        broken = False
        receiver.hits.clear()
        await eventually(all_are(mongo, "delivered", 10), "all are delivered")

    order = seqs_by_complaint(receiver.hits)
    assert order[str(complaint_id("c0"))] == [1, 2, 3, 4]
    assert order[str(complaint_id("c1"))] == [1, 2, 3]
    assert (await mongo.private(LANES).find({}))[0]["state"] == "ok"


async def test_at_the_end_of_the_ladder_rows_are_parked_and_a_probe_releases_them(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    broken = True
    receiver.answers[f"/{KAB}"] = lambda _: 503 if broken else 200

    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(*(agency_event("one", seq) for seq in range(1, 5)))
        await eventually(all_are(mongo, "parked", 4), "the endpoint is given up")
        await notifier.read(agency_event("one", 5), first=5)
        assert await states(mongo) == ["parked"] * 5
        broken = False
        receiver.hits.clear()
        await eventually(all_are(mongo, "delivered", 5), "a probe released all")

    assert list(seqs_by_complaint(receiver.hits).values()) == [[1, 2, 3, 4, 5]]


async def test_gone_parks_everything_and_disables_the_endpoint(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: 410

    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(*(agency_event("one", seq) for seq in range(1, 4)))
        await eventually(all_are(mongo, "parked", 3), "all are parked")
        await notifier.read(agency_event("two"), first=9)

    assert await states(mongo) == ["parked"] * 4
    assert len(receiver.hits) == 1
    assert (await mongo.private(LANES).find({}))[0]["state"] == "disabled"


async def test_not_found_rejects_that_delivery_only(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda hit: 422 if b'"seq":2' in hit.body else 200

    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(*(agency_event("one", seq) for seq in (1, 2, 3)))

        async def settled() -> bool:
            return await states(mongo) == ["delivered", "delivered", "rejected"]

        await eventually(settled, "one is rejected, two are delivered")

    assert len(receiver.hits) == 3
    rejected = await mongo.private(DELIVERIES).find_one({"state": "rejected"})
    assert rejected is not None
    assert rejected["last"]["status"] == 422


async def test_another_notifier_takes_over_after_a_kill(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    receiver.answers[f"/{KAB}"] = lambda _: None
    killed = build()
    await killed.lanes.start()
    killed.hold(KAB)
    await killed.read(*(agency_event(f"c{n % 2}", 1 + n // 2) for n in range(8)))
    await eventually(lambda: len(receiver.hits) == 2, "it is sending")
    await abandon(killed)
    del receiver.answers[f"/{KAB}"]
    receiver.hits.clear()

    async with build() as heir:
        heir.hold(KAB)
        # Newer rows must not overtake those still under the dead process's lease.
        await heir.read(*(agency_event(f"c{n}", 5) for n in range(2)), first=50)
        await eventually(all_are(mongo, "delivered", 10), "the heir delivered all")

    order = seqs_by_complaint(receiver.hits)
    assert order == {str(complaint_id(f"c{n}")): [1, 2, 3, 4, 5] for n in range(2)}


async def test_a_graceful_stop_hands_over_at_once(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    long = fast_settings(lease_seconds=600, request_seconds=2)
    receiver.answers[f"/{KAB}"] = lambda _: None
    async with build(long) as leaving:
        leaving.hold(KAB)
        await leaving.read(*(agency_event("one", seq) for seq in range(1, 5)))
        await eventually(lambda: len(receiver.hits) == 1, "it is sending")
        receiver.released.set()
        del receiver.answers[f"/{KAB}"]

    async with build(long) as heir:
        heir.hold(KAB)
        await eventually(all_are(mongo, "delivered", 4), "the heir delivered the rest")

    assert list(seqs_by_complaint(receiver.hits).values()) == [[1, 2, 3, 4]]


async def test_a_signature_is_verified_over_the_exact_bytes(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    event = agency_event()

    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(event)
        await eventually(lambda: len(receiver.hits) == 1, "it arrived")

    hit = receiver.hits[0]
    payload = Webhook(SECRET).verify(hit.body, hit.headers)
    assert payload["type"] == "id.salur.complaint.routed.v1"
    assert payload["timestamp"] == event.at.isoformat()
    assert payload["data"] == event.model_dump(mode="json", exclude_none=True)
    assert hit.headers["user-agent"] == "Salur/0.1"
    assert hit.headers["content-type"] == "application/json"


async def test_a_batch_handled_twice_is_sent_once(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    events = [agency_event("one", seq) for seq in (1, 2, 3)]

    async with build() as notifier:
        notifier.hold(KAB)
        await notifier.read(*events)
        await notifier.read(*events)
        await notifier.read(*events, agency_event("one", 4))
        await eventually(all_are(mongo, "delivered", 4), "four rows, delivered")
        await notifier.read(*events)

    assert len(receiver.hits) == 4
    assert len({hit.webhook_id for hit in receiver.hits}) == 4
    assert await states(mongo) == ["delivered"] * 4


async def test_more_than_fits_in_memory_is_claimed_in_order(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)

    async with build(fast_settings(queue_rows=5)) as notifier:
        notifier.hold(KAB)
        for batch in range(4):
            events = (agency_event(f"c{n}", 1 + batch) for n in range(10))
            await notifier.read(*events, first=batch * 10)
        await eventually(all_are(mongo, "delivered", 40), "all are delivered")

    assert len(receiver.hits) == 40
    order = seqs_by_complaint(receiver.hits)
    assert all(seqs == [1, 2, 3, 4] for seqs in order.values())
    assert receiver.most_at_once[f"/{KAB}"] <= 4


async def test_a_fast_clock_elsewhere_does_not_turn_the_order(
    build: Build, mongo: Mongo, receiver: Receiver, *, eventually: Eventually
) -> None:
    await register(mongo, receiver.url, KAB)
    writer = build()  # holds no partition: it only inserts
    await writer.read(agency_event("one", 1))
    rows = mongo.private(DELIVERIES)
    (row,) = await rows.find({})
    await rows.update({}, {"$set": {"due": row["due"] + timedelta(hours=1)}})

    async with build(fast_settings(queue_rows=1)) as notifier:
        notifier.hold(KAB)
        await notifier.read(agency_event("one", 2), first=1)
        await eventually(all_are(mongo, "delivered", 2), "both are delivered")

    assert list(seqs_by_complaint(receiver.hits).values()) == [[1, 2]]
    await abandon(writer)

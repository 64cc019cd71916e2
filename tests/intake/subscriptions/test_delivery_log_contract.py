"""What intake shows of the notifier's own rows, in the database and in memory alike."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.subscriptions.delivery_log import (
    DeliveryQuery,
    DeliveryRow,
    position_of_delivery,
)
from services.intake.subscriptions.store import MongoSubscriptions, SubscriptionStore, to_row
from services.notifier.database import MongoNotifierStore
from services.notifier.documents import delivery_document
from services.notifier.domain.delivery import deliveries as notifiers
from services.notifier.domain.delivery.circuit import (
    BackoffPolicy,
    CircuitState,
    after_failure,
    after_gone,
)
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.store import Settlement
from shared.contracts.deliveries import DeliveryState, LaneState
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from tests.intake.fakes.subscription_store import MemorySubscriptions
from tests.intake.subscriptions.conftest import AGENCY, NAMES, spoil
from tests.support.builders import START, complaint, complaint_id


async def sent(store: SubscriptionStore, mongo: Mongo | None, *rows: notifiers.Delivery) -> None:
    """Have the notifier keep rows."""
    if isinstance(store, MemorySubscriptions):
        for each in rows:
            shown = to_row(delivery_document(each, START), NAMES)
            store.log.setdefault(each.agency, []).append(shown)
    elif mongo is not None:
        kept = (mongo.private(name) for name in (DELIVERIES, LANES, ENDPOINTS))
        await MongoNotifierStore(*kept).insert(rows)


def delivery(number: int, **changes: Any) -> notifiers.Delivery:
    event, endpoint = str(UUID(int=number)), changes.pop("endpoint_id", "id-main")
    row = notifiers.Delivery(
        delivery_id=f"{event}:{endpoint}",
        ce_id=event,
        endpoint_id=endpoint,
        agency=AGENCY,
        complaint_id=complaint_id("one"),
        seq=number,
        source=f"agency-{AGENCY}/0",
        offset=number,
        created=START + timedelta(seconds=number // 5),  # ids must settle the order
        due=START,
        body='{"data":"Jalan rusak"}',
    )
    return replace(row, **changes)


async def walk(store: SubscriptionStore, agency: str = AGENCY, **query: Any) -> list[DeliveryRow]:
    """Return the rows of all pages."""
    wanted, after = DeliveryQuery.model_validate(query), None
    found: list[DeliveryRow] = []
    while True:
        page = await store.deliveries(agency, wanted, names=NAMES, after=after)
        found += page[: wanted.limit]
        if len(page) <= wanted.limit:
            return found
        after = position_of_delivery(found[-1])


def numbers(rows: Iterable[DeliveryRow]) -> list[int]:
    return [UUID(row.event_id).int for row in rows]


async def test_every_delivery_is_on_one_page_newest_first(
    store: SubscriptionStore, backing: Mongo | None
) -> None:
    await sent(store, backing, *(delivery(number) for number in range(1, 41)))
    await sent(store, backing, delivery(99, agency="kab-36"))

    for limit in (1, 7, 39, 40, 41):
        assert numbers(await walk(store, limit=limit)) == list(range(40, 0, -1))
    assert numbers(await walk(store, "kab-36")) == [99]


async def test_filters_leave_what_they_say(store: SubscriptionStore, backing: Mongo | None) -> None:
    parked = DeliveryState.PARKED
    await sent(
        store,
        backing,
        delivery(1),
        delivery(2, state=parked),
        delivery(3, endpoint_id="id-mail", state=parked),
        delivery(4, endpoint_id="id-that-was-replaced"),
    )

    assert numbers(await walk(store, endpoint="main")) == [2, 1]
    assert numbers(await walk(store, state=[DeliveryState.PARKED])) == [3, 2]
    assert numbers(await walk(store, endpoint="surat", state=["parked", "pending"])) == [3]
    assert await walk(store, endpoint="tiada") == []
    assert [row.endpoint for row in await walk(store)] == [None, "surat", "main", "main"]


@pytest.mark.connected
async def test_a_row_tells_the_last_attempt_and_no_word_of_the_message(
    stored: MongoSubscriptions, notifier: MongoNotifierStore
) -> None:
    sent = delivery(1, owner="me", until=START + timedelta(days=1))
    await notifier.insert([sent])
    rejected = DeliveryState.REJECTED
    done = Settlement(sent.delivery_id, rejected, DeliveryOutcome.REJECTED, 404)
    await notifier.settle("me", [done], START + timedelta(minutes=1))

    (row,) = await walk(stored)

    assert (row.state, row.outcome, row.status, row.attempts) == ("rejected", "rejected", 404, 1)
    assert (row.created_at, row.last_at) == (START, START + timedelta(minutes=1))
    assert (row.number, row.seq, row.test) == (complaint().number, 1, False)
    assert "Jalan" not in row.model_dump_json()


async def test_a_test_message_is_of_no_complaint(
    store: SubscriptionStore, backing: Mongo | None
) -> None:
    await sent(store, backing, delivery(7, complaint_id=UUID(int=7), seq=0))

    (row,) = await walk(store)

    assert (row.test, row.number, row.seq) == (True, None, None)


@pytest.mark.connected
async def test_lanes_tell_since_when_and_until_when(
    stored: MongoSubscriptions, notifier: MongoNotifierStore
) -> None:
    ladder = after_failure(CircuitState(), BackoffPolicy(), now=START, chance=0.5)
    assert await notifier.save_ladder("id-main", AGENCY, ladder)

    lanes = await stored.lanes(["id-main", "id-mail"])

    assert list(lanes) == ["id-main"]
    lane = lanes["id-main"]
    assert lane.state is LaneState.FAILING
    assert (lane.first_failure_at, lane.next_probe_at) == (START, START + timedelta(seconds=5))


@pytest.mark.connected
async def test_an_endpoint_that_is_given_up_is_told_apart_from_one_that_is_gone(
    stored: MongoSubscriptions, notifier: MongoNotifierStore
) -> None:
    later = START + timedelta(seconds=BackoffPolicy().total_seconds)
    failing = after_failure(CircuitState(), BackoffPolicy(), now=START, chance=0.5)
    failed = after_failure(failing, BackoffPolicy(), now=later, chance=0.5)
    assert await notifier.save_ladder("id-main", AGENCY, failing)
    assert await notifier.save_ladder("id-main", AGENCY, failed)
    assert await notifier.save_ladder("id-mail", AGENCY, after_gone(CircuitState()))

    lanes = await stored.lanes(["id-main", "id-mail"])

    states = {identifier: lane.state for identifier, lane in lanes.items()}
    assert states == {"id-main": LaneState.FAILED, "id-mail": LaneState.DISABLED}
    assert lanes["id-main"].first_failure_at == START
    assert lanes["id-mail"].next_probe_at is None


@pytest.mark.connected
async def test_a_lane_that_cannot_be_read_hides_no_other(
    stored: MongoSubscriptions,
    notifier: MongoNotifierStore,
    mongo: Mongo,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for identifier in ("id-main", "id-mail"):
        assert await notifier.save_ladder(identifier, AGENCY, after_gone(CircuitState()))
    await spoil(mongo, LANES, "id-main", state="asleep")

    assert list(await stored.lanes(["id-main", "id-mail"])) == ["id-mail"]
    assert "id-main" in caplog.text

"""A row keeps the trace of its record, also in the database, and the webhook is told of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.notifier.channels.webhook import WebhookSender
from services.notifier.database import MongoNotifierStore
from services.notifier.store import RowRequest
from shared.contracts.deliveries import DeliveryState
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from shared.stage.handler import DecodedRecord
from tests.notifier.events import ROW, agency_event, agency_record, endpoint
from tests.notifier.receiver import Receiver
from tests.notifier.rig import Rig

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
Eventually = Callable[..., Awaitable[None]]


async def test_a_records_trace_comes_to_its_sender(rig: Rig, eventually: Eventually) -> None:
    handler = rig.notifier.handler
    records = [agency_record(agency_event(name), place) for place, name in enumerate("ab")]
    traced, plain = (handler.decode(record) for record in records)

    await handler.handle(
        [DecodedRecord(records[0], traced, GIVEN), DecodedRecord(records[1], plain)]
    )
    await eventually(lambda: len(rig.sender.sent) == 2, "both are sent")

    assert [sent.row.trace for sent in rig.sender.sent] == [GIVEN, None]


async def test_a_webhook_has_the_header_where_its_row_has_a_trace(
    webhooks: WebhookSender, receiver: Receiver
) -> None:
    for row in (replace(ROW, trace=GIVEN), ROW):
        await webhooks.send(endpoint(url=receiver.url), row, datetime.now(UTC))

    assert [hit.headers.get("traceparent") for hit in receiver.hits] == [GIVEN, None]


@pytest.mark.connected
async def test_a_trace_survives_the_database_and_costs_nothing_without_one(mongo: Mongo) -> None:
    store = MongoNotifierStore(*map(mongo.private, (DELIVERIES, LANES, ENDPOINTS)))
    await store.insert([replace(ROW, trace=GIVEN), replace(ROW, delivery_id="two", offset=1)])

    wanted = RowRequest("e", frozenset({ROW.source}), DeliveryState.PENDING, 10)
    kept = await store.waiting(wanted)

    assert [row.trace for row in kept] == [GIVEN, None]
    documents = await mongo.private(DELIVERIES).find({}, sort=[("offset", 1)])
    assert ["trace" in document for document in documents] == [True, False]

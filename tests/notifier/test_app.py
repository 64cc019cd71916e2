"""The whole service, from the institution's topic to its webhook, on real parts."""

import json
from collections.abc import Awaitable, Callable

import httpx
import pytest
from aiokafka.admin import NewTopic
from pymongo import InsertOne

from deploy.dev.local.parts import Part
from services.notifier.app import create_app
from shared.contracts.events import ENDPOINT_TEST
from shared.contracts.topics import agency_topic
from shared.database.collections import ENDPOINTS
from shared.database.mongo import Mongo
from shared.kafka.clients import create_admin
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings, MongoSettings
from tests.notifier.events import (
    agency_event,
    agency_record,
    outgoing,
    request_for_a_test,
    subscription,
)
from tests.notifier.process import fast_settings
from tests.notifier.receiver import Receiver

Eventually = Callable[..., Awaitable[None]]
CODE = "kab-7301"
pytestmark = pytest.mark.connected


@pytest.fixture
async def topics(kafka: KafkaSettings) -> None:
    admin = create_admin(kafka)
    await admin.start()
    try:
        names = (agency_topic(CODE), "notifier-dlq")
        await admin.create_topics([NewTopic(name, 1, 1) for name in names])
    finally:
        await admin.close()


@pytest.mark.usefixtures("topics")
async def test_what_an_institution_hears_on_its_topic_reaches_its_webhook(
    kafka: KafkaSettings,
    database: Part,
    *,
    mongo: Mongo,
    receiver: Receiver,
    eventually: Eventually,
) -> None:
    names = mongo._settings
    app = create_app(
        fast_settings(
            kafka=kafka,
            mongo=MongoSettings(
                url=database.url,
                cases_database=names.cases_database,
                private_database=names.private_database,
            ),
        )
    )
    url = f"{receiver.url}/hook"
    await mongo.private(ENDPOINTS).write([InsertOne(subscription(CODE, url))])
    publisher = Publisher(kafka)
    events = [agency_record(agency_event("one", seq, CODE)) for seq in (1, 2, 3)]
    asked = request_for_a_test(CODE, f"of-{CODE}")
    await publisher.publish([outgoing(record) for record in (*events, asked)])

    async with app.router.lifespan_context(app):
        await eventually(lambda: len(receiver.hits) >= 4, "all four arrived")
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
            ready = await client.get("/readyz")
            metrics = await client.get("/metrics")
    await publisher.stop()

    bodies = [json.loads(hit.body) for hit in receiver.hits]
    assert [one["data"]["seq"] for one in bodies if one["type"] != ENDPOINT_TEST] == [1, 2, 3]
    assert [one["data"]["endpoint_id"] for one in bodies if one["type"] == ENDPOINT_TEST] == [
        f"of-{CODE}"
    ]
    assert ready.status_code == 200
    assert 'salur_deliveries_total{outcome="delivered"} 4.0' in metrics.text
    assert url not in metrics.text

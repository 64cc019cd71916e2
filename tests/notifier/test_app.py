"""The whole service, from the institution's topic to its webhook, on real parts."""

import json
from collections.abc import Awaitable, Callable

import httpx
import pytest
from aiokafka.admin import NewTopic
from pymongo import InsertOne

from deploy.local.parts import Part
from services.notifier.app import create_app
from shared.collections import ENDPOINTS
from shared.envelope import Outgoing
from shared.kafka import create_admin
from shared.mongo import Mongo
from shared.publisher import Publisher
from shared.settings import KafkaSettings, MongoSettings
from shared.topics import agency_topic
from tests.notifier.conftest import SECRET, Receiver, agency_event, agency_record, fast_settings

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


def outgoing(seq: int) -> Outgoing:
    event = agency_event("one", seq, CODE)
    record = agency_record(event)
    attributes = {name: (value or b"").decode() for name, value in record.headers}
    return Outgoing(
        topic=record.topic,
        key=record.key or b"",
        value=record.value or b"",
        ce_id=attributes["ce_id"],
        ce_type=attributes["ce_type"],
        ce_source="test",
        ce_time=event.at,
    )


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
    document = {"_id": CODE, "agency": CODE, "endpoint_id": "e", "url": url, "secret": SECRET}
    await mongo.private(ENDPOINTS).write([InsertOne(document)])
    publisher = Publisher(kafka)
    await publisher.publish([outgoing(seq) for seq in (1, 2, 3)])

    async with app.router.lifespan_context(app):
        await eventually(lambda: len(receiver.hits) >= 3, "all three arrived")
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
            ready = await client.get("/readyz")
            metrics = await client.get("/metrics")
    await publisher.stop()

    assert [json.loads(hit.body)["data"]["seq"] for hit in receiver.hits] == [1, 2, 3]
    assert ready.status_code == 200
    assert 'salur_deliveries_total{outcome="delivered"} 3.0' in metrics.text
    assert url not in metrics.text

"""Intake on a real broker and a real database, started as it is in production."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import SecretStr

from deploy.dev.local.parts import Part
from deploy.operate.provisioning.topic_creation import create_topics
from services.intake.app import create_app
from services.intake.audit.store import MongoAudit
from services.intake.erasure.store import MongoErasures
from services.intake.identity.store import MongoIdentities
from services.intake.identity.vault import VaultCodec
from services.intake.ports import IntakePorts
from services.intake.preferences.store import MongoOptOuts
from services.intake.settings import IntakeSettings
from services.intake.store import MongoIntakeStore
from services.intake.subscriptions.store import MongoSubscriptions
from services.intake.unsent.store import MongoUnsent
from shared.contracts.identifiers import agency_record_id
from shared.contracts.topics import INPUT, action_topic
from shared.database.collections import RECEIPTS, VAULT
from shared.database.mongo import Mongo
from shared.kafka.clients import client_options
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings, MongoSettings
from tests.intake.conftest import SECRET, TEXT
from tests.intake.fakes.memory_stores import MemoryKeys
from tests.intake.fakes.subscription_store import MemoryResolver
from tests.support.builders import RING, VAULT_KEYS

pytestmark = pytest.mark.connected
AGENCY = "kab-3603"
Eventually = Callable[..., Awaitable[None]]


async def records(kafka: KafkaSettings, topic: str, partitions: int) -> list[tuple[str, bytes]]:
    """Return id and value of every record on a topic."""
    consumer = AIOKafkaConsumer(**client_options(kafka))
    await consumer.start()
    try:
        places = [TopicPartition(topic, n) for n in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[tuple[str, bytes]] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += [(dict(r.headers).get("ce_id", b"").decode(), r.value) for r in batch]
        return found
    finally:
        await consumer.stop()


@pytest.fixture
async def intake(
    kafka: KafkaSettings, database: Part, eventually: Eventually
) -> AsyncIterator[httpx.AsyncClient]:
    await create_topics(kafka, (AGENCY,))
    name = f"test_{uuid4().hex[:12]}"
    mongo = MongoSettings(
        url=SecretStr(database.url),
        cases_database=name,
        private_database=f"{name}_private",
    )
    app = create_app(
        IntakeSettings(
            secret=SecretStr(SECRET), vault_keys=SecretStr(VAULT_KEYS), kafka=kafka, mongo=mongo
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://intake") as client,
    ):

        async def is_started() -> bool:
            # Joining the group goes on in the background; the doors do not wait for it.
            return "is not started" not in (await client.get("/readyz")).text

        await eventually(is_started, "intake is started")
        yield client


async def test_a_complaint_and_an_agencys_record_reach_the_router(
    intake: httpx.AsyncClient, kafka: KafkaSettings, eventually: Eventually
) -> None:
    key = str(uuid4())
    answers = [
        await intake.post(
            "/v1/complaints",
            json={"text": f"{TEXT} 081234567890"},
            headers={"Idempotency-Key": key},
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].text == answers[1].text
    told = answers[0].json()
    own_id = str(uuid4())
    body = {"complaint_id": told["complaint_id"], "action": {"kind": "complete", "text": "Beres."}}

    producer = AIOKafkaProducer(**client_options(kafka))
    await producer.start()
    for value in (b"rusak", json.dumps(body).encode()):
        await producer.send_and_wait(
            action_topic(AGENCY), value, headers=[("ce_id", own_id.encode())]
        )
    await producer.stop()

    action_id = str(agency_record_id(AGENCY, own_id))

    async def is_forwarded() -> bool:
        return action_id in dict(await records(kafka, INPUT, 24))

    await eventually(is_forwarded, "the action is on complaint-input")
    found = await records(kafka, INPUT, 24)
    mine = [(name, value) for name, value in found if told["complaint_id"] in value.decode()]
    assert [name for name, _ in mine] == [told["complaint_id"], action_id]
    assert b"0812" not in mine[0][1]
    assert b"rusak" in [value for _, value in await records(kafka, "intake-dlq", 1)]


async def test_many_at_once_are_all_kept(mongo: Mongo, kafka: KafkaSettings) -> None:
    await create_topics(kafka, (AGENCY,))
    store, publisher = MongoIntakeStore(mongo, VaultCodec(RING)), Publisher(kafka)
    await store.start()
    ports = IntakePorts(
        store,
        publisher,
        subscriptions=MongoSubscriptions(mongo),
        resolver=MemoryResolver(),
        keys=MemoryKeys(),
        identities=MongoIdentities(mongo, VaultCodec(RING)),
        audit=MongoAudit(mongo, days=1),
        opt_outs=MongoOptOuts(mongo),
        erasures=MongoErasures(mongo),
        unsent=MongoUnsent(mongo),
    )
    app = create_app(
        IntakeSettings(secret=SecretStr(SECRET), vault_keys=SecretStr(VAULT_KEYS)), ports=ports
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://intake"
    ) as client:
        answers = await asyncio.gather(
            *(client.post("/v1/complaints", json={"text": TEXT}) for _ in range(50))
        )
    await app.state.reception.stop()
    await store.stop()
    await publisher.stop()

    ids = {answer.json()["complaint_id"] for answer in answers}
    assert len(ids) == await mongo.private(VAULT).count({}) == 50
    assert await mongo.private(RECEIPTS).count({"acknowledged": True}) == 50
    assert ids <= {name for name, _ in await records(kafka, INPUT, 24)}

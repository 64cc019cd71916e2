"""What a replica set does and one node never: no majority confirms, an answer is lost."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.dev.chaos.oracle.facts import Stream
from shared.contracts.identifiers import agency_record_id
from shared.contracts.topics import SERVICES, spec_of
from shared.kafka.clients import client_options
from shared.settings import MongoSettings
from tests.journeys.conftest import Journey, NewJourney, bearer
from tests.support.mongo_proxy import Fault, MongoProxy

pytestmark = [pytest.mark.connected, pytest.mark.timeout(400)]
Eventually = Callable[..., Any]
WRITTEN = (
    ("update", "vault"),
    ("insert", "receipts"),
    ("update", "receipts"),
    ("insert", "cases"),
    ("insert", "deliveries"),
    ("update", "deliveries"),
    ("update", "facts"),
)
HOLDER, INPUT = "kab-3603", "complaint-input"


@contextmanager
def proxied(journey: Journey, env: dict[str, str], *services: str) -> Iterator[MongoProxy]:
    """Add one of each service, these with the proxy between them and the database."""
    with MongoProxy(journey.stack.database.port) as proxy:
        env.update({f"{service.upper()}_MONGO__URL": proxy.url for service in services})
        for service in SERVICES:
            journey.stack.add(service, start=False).child.start()
        journey.stack.wait_ready()
        yield proxy


async def committed(journey: Journey, group: str) -> dict[int, int | None]:
    """Return the offsets that a group has committed of `complaint-input`."""
    reader = AIOKafkaConsumer(
        **client_options(journey.stack.kafka), group_id=group, enable_auto_commit=False
    )
    await reader.start()
    try:
        places = [TopicPartition(INPUT, number) for number in range(spec_of(INPUT).partitions)]
        reader.assign(places)
        return {place.partition: await reader.committed(place) for place in places}
    finally:
        await reader.stop()


def put_back(journey: Journey) -> float:
    """Return how often the router has put a batch back."""
    scrape = journey.stack.of("router")[0].get("/metrics")[1]
    lines = [x for x in scrape.splitlines() if x.startswith("salur_stage_failures_total")]
    return sum(float(line.split()[-1]) for line in lines)


async def follow_up(journey: Journey, complaint: str) -> Callable[[], Any]:
    """Have the institution act on a case; return what tells whether it is applied."""
    action = {"kind": "follow_up", "text": "Petugas meninjau."}
    value = json.dumps({"complaint_id": complaint, "action": action}).encode()
    await journey.write(f"agency-{HOLDER}-action", [(complaint.encode(), value, [("ce_id", b"1")])])
    headers = bearer(await journey.key("agency", HOLDER, HOLDER))
    path = f"/v1/actions/{agency_record_id(HOLDER, '1')}"

    async def is_applied() -> bool:
        _, seen = await journey.call("GET", path, headers=headers)
        return bool(seen.get("status") == "applied")

    return is_applied


async def test_what_no_majority_confirms_is_committed_nowhere(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    env = {"SALUR_MONGO__TIMEOUT_MS": "1000"}
    journey = await new_journey(env=env, services=())
    with proxied(journey, env, "router") as proxy:
        await journey.listen()
        report = {"text": "Jalan rusak parah di depan pasar.", "place": {"region_code": "36.03"}}
        _, told = await journey.call("POST", "/v1/complaints", body=report)
        journey.acknowledged["first"] = frozenset({told["number"]})
        await journey.arrives()
        before = await committed(journey, "router")
        events = len(journey.observer.on(Stream.EVENT))

        with proxy.without_majority(*names()):
            is_applied = await follow_up(journey, told["complaint_id"])
            await journey.feed(10)
            failed = put_back(journey)
            await eventually(lambda: put_back(journey) >= failed + 3, "batches put back")
            assert await committed(journey, "router") == before
            assert len(journey.observer.on(Stream.EVENT)) == events

        await eventually(is_applied, "the institution's action")
        verdict = await journey.arrives()
        assert verdict.counts.accepted == 11


async def test_an_answer_that_is_lost_neither_loses_nor_doubles(new_journey: NewJourney) -> None:
    env = {"SALUR_MONGO__TIMEOUT_MS": "2000"}
    journey = await new_journey(env=env, services=())
    with proxied(journey, env, *SERVICES) as proxy:
        await journey.listen()
        for command, collection in WRITTEN:
            proxy.spoil(command, Fault(cut=True), collection=collection, times=2)

        await journey.feed(60)
        verdict = await journey.arrives()

        assert verdict.counts.accepted == 60
        assert proxy.cuts == 2 * len(WRITTEN)


def names() -> tuple[str, str]:
    settings = MongoSettings()
    return settings.cases_database, settings.private_database

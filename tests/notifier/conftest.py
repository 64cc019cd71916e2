"""Events on institutions' topics, and the notifier without Kafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from pymongo import InsertOne

from services.notifier.database import MongoNotifierStore
from services.notifier.domain.deliveries import Delivery
from services.notifier.domain.destinations import Destination
from services.notifier.domain.ladder import Rungs
from services.notifier.domain.outcomes import Reply
from services.notifier.gateways import Senders, WebhookSender
from services.notifier.handlers import STAGE, NotifierHandler
from services.notifier.lanes import Lanes, LanesPorts
from services.notifier.settings import NotifierSettings
from services.notifier.store import NotifierStore
from shared.case import Channel, Place, ReportType, Status
from shared.clock import Clock, SetClock, WallClock
from shared.collections import DELIVERIES, ENDPOINTS, LANES
from shared.endpoints import Endpoint, EndpointKind
from shared.envelope import Outgoing
from shared.events import (
    ENDPOINT_TEST,
    AgencyComplaint,
    AgencyEvent,
    AgencyOutcome,
    EndpointTest,
    agency_event_type,
)
from shared.identifiers import complaint_number, event_id
from shared.mongo import Mongo
from shared.telemetry import Telemetry
from shared.topics import agency_topic
from shared.work import Item
from tests.builders import START, FakeRecord, complaint_id
from tests.notifier.memory import MemoryStore
from tests.notifier.receiver import Receiver

Build = Callable[..., "Notifier"]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KAB = "kab-3603"

ROW = Delivery(
    delivery_id="one:e",
    ce_id="one",
    endpoint_id="e",
    agency="kab-1",
    complaint_id=complaint_id("one"),
    seq=1,
    source="agency-kab-1/0",
    offset=0,
    created=START,
    due=START,
    body='{"type":"é"}',
)


def agency_event(name: str = "one", seq: int = 1, agency: str = KAB) -> AgencyEvent:
    """Return what an institution hears of a complaint."""
    identifier = complaint_id(name)
    return AgencyEvent(
        complaint_id=identifier,
        number=complaint_number(identifier),
        agency=agency,
        seq=seq,
        outcome=AgencyOutcome.ROUTED if seq == 1 else AgencyOutcome.FOLLOWED_UP,
        at=START,
        status=Status.ROUTED,
        complaint=AgencyComplaint(
            type=ReportType.COMPLAINT,
            title="Jalan rusak",
            text='Jalan "utama" berlubang — sejak hujan.',
            place=Place(),
            channel=Channel.WEB,
            anonymous=True,
            secret=False,
            received_at=START,
        ),
    )


def agency_record(event: AgencyEvent, offset: int = 0, **changes: Any) -> FakeRecord:
    """Return the event as the router publishes it."""
    topic = agency_topic(event.agency)
    ce_id = event_id(event.complaint_id, event.seq, topic)
    values: dict[str, Any] = {
        "topic": topic,
        "offset": offset,
        "key": str(event.complaint_id).encode(),
        "value": event.model_dump_json(exclude_none=True).encode(),
        "headers": (
            ("ce_type", agency_event_type(event.outcome).encode()),
            ("ce_id", str(ce_id).encode()),
            ("ce_time", event.at.isoformat().encode()),
        ),
    }
    return FakeRecord(**(values | changes))


def outgoing(record: FakeRecord) -> Outgoing:
    """Return what a publisher sends so that a record comes out like this one."""
    attributes = {name: (value or b"").decode() for name, value in record.headers}
    return Outgoing(
        topic=record.topic,
        key=record.key or b"",
        value=record.value or b"",
        ce_id=attributes["ce_id"],
        ce_type=attributes["ce_type"],
        ce_source="test",
        ce_time=datetime.fromisoformat(attributes["ce_time"]),
    )


def request_for_a_test(agency: str, endpoint_id: str) -> FakeRecord:
    """Return what intake publishes when an institution asks for a test message."""
    asked = EndpointTest(agency=agency, endpoint_id=endpoint_id, at=START)
    headers = (
        ("ce_type", ENDPOINT_TEST.encode()),
        ("ce_id", b"6f1c1a52-0000-4000-8000-000000000001"),
        ("ce_time", START.isoformat().encode()),
    )
    value = asked.model_dump_json().encode()
    return agency_record(agency_event(agency=agency), value=value, headers=headers)


def endpoint(agency: str = KAB, url: str = "http://127.0.0.1:1/hook", **changes: Any) -> Endpoint:
    """Return an institution's endpoint."""
    values = {"endpoint_id": f"of-{agency}", "agency": agency, "url": url, "secrets": [SECRET]}
    return Endpoint.model_validate(values | changes)


def subscription(agency: str, *urls: str) -> dict[str, Any]:
    """Return the document that intake keeps of an institution with a webhook at each URL."""
    endpoints = [
        endpoint(agency, url, endpoint_id=f"of-{agency}" + (f"-{place}" if place else ""))
        for place, url in enumerate(urls)
    ]
    documents = [
        {**one.model_dump(mode="json"), "secrets": [s.get_secret_value() for s in one.secrets]}
        for one in endpoints
    ]
    return {"_id": agency, "agency": agency, "version": 1, "endpoints": documents}


def fast_settings(**changes: Any) -> NotifierSettings:
    """Return settings under which the ladder is climbed in a fraction of a second."""
    values: dict[str, Any] = {
        "request_seconds": 0.5,
        "lease_seconds": 1.5,
        "scan_seconds": 0.1,
        "retry_seconds": 0.05,
        "allow_private_webhooks": True,
        "ladder": Rungs(
            first_seconds=0.05, longest_seconds=0.2, total_seconds=0.4, failed_probe_seconds=0.2
        ),
    }
    return NotifierSettings(**(values | changes))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return a receiver on loopback."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}"
    yield receiver
    receiver.released.set()
    await runner.cleanup()


@dataclass
class Sent:
    """One attempt of a fake sender that waits for its reply."""

    row: Delivery
    reply: asyncio.Future[Reply]

    def answer(self, status: int | None = 200, **more: Any) -> None:
        """Let the attempt end."""
        self.reply.set_result(Reply(status, **more))


class FakeSender:
    """Answers 200, or holds every attempt open until the test answers it."""

    def __init__(self, *, holds: bool = False) -> None:
        self.sent: list[Sent] = []
        self.holds = holds
        self.status = 200

    @property
    def open(self) -> list[Sent]:
        """Return the attempts not answered yet."""
        return [one for one in self.sent if not one.reply.done()]

    @property
    def seqs(self) -> list[int]:
        """Return the seq of every attempt, in order."""
        return [one.row.seq for one in self.sent]

    async def send(self, destination: Destination, row: Delivery, at: datetime) -> Reply:
        sent = Sent(row, asyncio.get_running_loop().create_future())
        self.sent.append(sent)
        if not self.holds:
            sent.answer(self.status)
        return await sent.reply


class Notifier:
    """Handler and lanes of one process, without Kafka."""

    def __init__(
        self, store: NotifierStore, sender: Any, clock: Clock, settings: NotifierSettings
    ) -> None:
        self.telemetry = Telemetry()
        ports = LanesPorts(store, sender, clock, self.telemetry, lambda: 0.5)
        self.lanes = Lanes(ports, settings)
        self.handler = NotifierHandler(store, self.lanes, clock)
        self.store = store

    async def __aenter__(self) -> "Notifier":
        await self.lanes.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.lanes.stop()

    def hold(self, *agencies: str) -> None:
        """Have the partitions of these institutions assigned, and no others."""
        self.lanes.assigned(STAGE, frozenset(f"{agency_topic(code)}/0" for code in agencies))

    async def read(self, *events: AgencyEvent, first: int = 0) -> None:
        """Have a batch with these events, at offsets from `first`."""
        records = [agency_record(event, first + place) for place, event in enumerate(events)]
        await self.handler.handle([Item(r, self.handler.decode(r)) for r in records])

    def delivered(self, outcome: str = "delivered") -> float:
        """Return how many attempts ended so."""
        counter = self.telemetry.counter("salur_deliveries_total")
        return float(counter.labels(outcome)._value.get())


async def abandon(notifier: Notifier) -> None:
    """End a notifier as a kill would: nothing is released, nothing more is written."""
    lanes = notifier.lanes
    tasks = [lanes._watcher, lanes._ledger._writer]
    for lane in lanes._lanes.values():
        lane._stopping = True
        tasks += [*lane._attempts, lane._worker]
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    lanes._watcher = lanes._ledger._writer = None


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def memory() -> MemoryStore:
    """Return a store that knows one institution's endpoint."""
    return MemoryStore(known={KAB: (endpoint(),)})


@pytest.fixture
async def webhooks() -> AsyncIterator[WebhookSender]:
    """Return a sender that reaches the receivers of this machine."""
    sender = WebhookSender(request_seconds=0.5, allow_private=True)
    await sender.start()
    yield sender
    await sender.stop()


@pytest.fixture
async def build(mongo: Mongo, webhooks: WebhookSender) -> Build:
    """Return what makes notifiers on a real database."""
    store = MongoNotifierStore(*map(mongo.private, (DELIVERIES, LANES, ENDPOINTS)))
    await store.prepare()
    sender = Senders({EndpointKind.WEBHOOK: webhooks}, {})

    def notifier(settings: NotifierSettings | None = None) -> Notifier:
        return Notifier(store, sender, WallClock(), settings or fast_settings())

    return notifier


async def register(mongo: Mongo, url: str, *agencies: str) -> None:
    """Do what intake does when an institution sets its subscription."""
    await mongo.private(ENDPOINTS).write(
        [InsertOne(subscription(code, f"{url}/{code}")) for code in agencies]
    )


async def states(mongo: Mongo) -> list[str]:
    """Return the states of all rows, sorted."""
    rows = await mongo.private(DELIVERIES).find({}, fields=["state"], sort=[("due", 1)])
    return sorted(row["state"] for row in rows)


def all_are(mongo: Mongo, state: str, count: int) -> Callable[[], Awaitable[bool]]:
    """Return a condition: there are so many rows, and all are in this state."""

    async def check() -> bool:
        return await states(mongo) == [state] * count

    return check

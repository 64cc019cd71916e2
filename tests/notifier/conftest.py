"""What the notifier's tests stand on: stores, rows, a receiver, conditions on the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from pymongo import InsertOne

from services.notifier.channels.webhook import Senders, WebhookSender
from services.notifier.database import DeliveryRetention, MongoNotifierStore
from services.notifier.domain.delivery.deliveries import Delivery, Lease
from services.notifier.settings import NotifierSettings
from services.notifier.store import NotifierStore, RowRequest
from shared.contracts.deliveries import DeliveryState
from shared.contracts.subscriptions import EndpointKind
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from shared.privacy.contacts import Contact
from shared.runtime.clock import SetClock, WallClock
from tests.notifier.book import EMAIL, FakeBook
from tests.notifier.events import KAB, ROW, endpoint, subscription
from tests.notifier.mailbox import Mailbox
from tests.notifier.memory import MemoryStore
from tests.notifier.process import Notifier, fast_settings
from tests.notifier.receiver import Receiver
from tests.support.builders import START, complaint_id

Build = Callable[..., Notifier]
PENDING, PARKED, DELIVERED = (
    DeliveryState.PENDING,
    DeliveryState.PARKED,
    DeliveryState.DELIVERED,
)
SOURCE, OTHER = ROW.source, "agency-kab-1/1"
FOR_EVER = timedelta(days=36_500)  # else the database ends the rows of tests


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


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.start()
    yield box
    await box.stop()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def memory() -> MemoryStore:
    """Return a store that knows one institution's endpoint."""
    return MemoryStore(known={KAB: (endpoint(),)})


@pytest.fixture
def book() -> FakeBook:
    """Return a book that knows one reporter, by both ways."""
    return FakeBook({complaint_id("one"): {Contact.EMAIL: EMAIL, Contact.PHONE: "+6281234567890"}})


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


def over(mongo: Mongo | None) -> NotifierStore:
    """Return a store over the database; over a dictionary where there is none."""
    if mongo is None:
        return MemoryStore()
    kept = map(mongo.private, (DELIVERIES, LANES, ENDPOINTS))
    return MongoNotifierStore(*kept, keeping=DeliveryRetention(FOR_EVER, FOR_EVER))


async def prepared(mongo: Mongo | None) -> NotifierStore:
    """Return such a store, ready to be asked."""
    store = over(mongo)
    if isinstance(store, MongoNotifierStore):
        await store.prepare()
    return store


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


MINE, THEIRS = Lease("me", later(30)), Lease("they", later(30))


def row(number: int, **changes: Any) -> Delivery:
    """Return the `number`-th row of an endpoint, each of a complaint of its own."""
    own: dict[str, Any] = {"delivery_id": f"{number}:e", "complaint_id": complaint_id(str(number))}
    return replace(ROW, offset=number, **own | changes)


def held(number: int, lease: Lease = MINE, **changes: Any) -> Delivery:
    return row(number, owner=lease.owner, until=lease.until, **changes)


def ids(*numbers: int) -> list[str]:
    return [f"{number}:e" for number in numbers]


def wanted(**changes: Any) -> RowRequest:
    usual: dict[str, Any] = {
        "endpoint_id": "e",
        "sources": {SOURCE},
        "state": PENDING,
        "limit": 100,
    }
    return RowRequest(**usual | changes)


async def rows(store: NotifierStore, *states: DeliveryState) -> list[Delivery]:
    """Return all rows of the endpoint in these states, by default in any."""
    asked = [wanted(state=state, sources={SOURCE, OTHER}) for state in states or DeliveryState]
    found = [each for one in asked for each in await store.waiting(one)]
    return sorted(found, key=lambda each: each.offset)

"""The store of subscriptions, and the notifier's own beside it."""

import pytest

from services.intake.subscriptions.store import MongoSubscriptions, SubscriptionStore
from services.notifier.database import MongoNotifierStore
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from tests.intake.fakes.subscription_store import MemorySubscriptions

AGENCY = "kab-3603"
NAMES = {"id-main": "main", "id-mail": "surat"}


@pytest.fixture
def store(backing: Mongo | None) -> SubscriptionStore:
    return MongoSubscriptions(backing) if backing else MemorySubscriptions()


@pytest.fixture
def stored(mongo: Mongo) -> MongoSubscriptions:
    return MongoSubscriptions(mongo)


@pytest.fixture
async def notifier(mongo: Mongo) -> MongoNotifierStore:
    kept = (mongo.private(name) for name in (DELIVERIES, LANES, ENDPOINTS))
    store = MongoNotifierStore(*kept)
    await store.prepare()
    return store


async def spoil(mongo: Mongo, collection: str, identifier: str, **fields: str) -> None:
    """Leave a document with what this release does not know."""
    await mongo.private(collection).update({"_id": identifier}, {"$set": fields})

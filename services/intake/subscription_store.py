"""Institutions' subscriptions, which intake writes, and the notifier's log, which it reads."""

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from pymongo import UpdateOne

from services.intake.domain.deliveries import DeliveryQuery, DeliveryRow, Lane, Place
from shared.collections import DELIVERIES, ENDPOINTS, LANES
from shared.endpoints import Endpoint, Subscription
from shared.identifiers import complaint_number
from shared.mongo import Mongo

Document = dict[str, Any]
MOST_SECONDS = 5.0  # for one page of the log
# Neither the body, nor who sends it.
_LOGGED = (
    *("ce_id", "endpoint_id", "complaint_id", "seq", "state", "attempts", "created", "last"),
)
_OF_LANE = ("state", "first_failure_at", "next_probe_at")


class SubscriptionStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def subscription(self, agency: str) -> Subscription:
        """Return an institution's subscription; an empty one of version 0 where it has none."""
        ...

    async def put_subscription(self, subscription: Subscription) -> bool:
        """Keep a subscription in place of the version before it; False where that is another."""
        ...

    async def lanes(self, endpoint_ids: Iterable[str]) -> Mapping[str, Lane]:
        """Return how endpoints are doing; those that were never in trouble are left out."""
        ...

    async def deliveries(
        self, agency: str, query: DeliveryQuery, *, names: Mapping[str, str], after: Place | None
    ) -> Sequence[DeliveryRow]:
        """Return an institution's deliveries, newest first: a page and one row more.

        `names` are those of its endpoints, by id.
        """
        ...


class MongoSubscriptions:
    """The collections `endpoints` (written), `deliveries` and `lanes` (read)."""

    def __init__(self, mongo: Mongo) -> None:
        self._endpoints = mongo.private(ENDPOINTS)
        self._deliveries = mongo.private(DELIVERIES)
        self._lanes = mongo.private(LANES)

    async def subscription(self, agency: str) -> Subscription:
        """Return an institution's subscription."""
        found = await self._endpoints.find_one({"_id": agency})
        return Subscription.model_validate(found) if found else Subscription(agency=agency)

    async def put_subscription(self, subscription: Subscription) -> bool:
        """Keep a subscription under a guard: of two at once, one wins."""
        guard = {"_id": subscription.agency, "version": subscription.version - 1}
        change = {"$set": to_document(subscription)}
        return not await self._endpoints.write([UpdateOne(guard, change, upsert=True)])

    async def lanes(self, endpoint_ids: Iterable[str]) -> Mapping[str, Lane]:
        """Return how endpoints are doing."""
        where = {"_id": {"$in": sorted(endpoint_ids)}}
        found = await self._lanes.find(where, fields=_OF_LANE)
        return {document["_id"]: Lane.model_validate(document) for document in found}

    async def deliveries(
        self, agency: str, query: DeliveryQuery, *, names: Mapping[str, str], after: Place | None
    ) -> Sequence[DeliveryRow]:
        """Return a page by the notifier's index of institutions and times."""
        found = await self._deliveries.find(
            _that_match(agency, query, names=names, after=after),
            fields=_LOGGED,
            sort=(("created", -1), ("_id", -1)),
            limit=query.limit + 1,
            most_seconds=MOST_SECONDS,
        )
        return [to_row(document, names) for document in found]


def to_document(subscription: Subscription) -> Document:
    """Return the document of a subscription, as the notifier reads it."""
    return {
        "agency": subscription.agency,
        "version": subscription.version,
        "endpoints": [_endpoint(endpoint) for endpoint in subscription.endpoints],
    }


def to_row(document: Document, names: Mapping[str, str]) -> DeliveryRow:
    """Return the row in a document."""
    complaint, last = document["complaint_id"], document.get("last") or {}
    # A test message goes under its own id: no complaint has it.
    is_test = str(complaint) == document["ce_id"]
    return DeliveryRow(
        event_id=document["ce_id"],
        endpoint=names.get(document["endpoint_id"]),
        endpoint_id=document["endpoint_id"],
        state=document["state"],
        test=is_test,
        number=None if is_test else complaint_number(UUID(str(complaint))),
        seq=None if is_test else document["seq"],
        attempts=document["attempts"],
        outcome=last.get("outcome"),
        status=last.get("status"),
        created_at=document["created"],
        last_at=last.get("at"),
    )


def _endpoint(endpoint: Endpoint) -> Document:
    secrets = [secret.get_secret_value() for secret in endpoint.secrets]
    return endpoint.model_dump(mode="json", exclude={"secrets"}) | {"secrets": secrets}


def _that_match(
    agency: str, query: DeliveryQuery, *, names: Mapping[str, str], after: Place | None
) -> Document:
    where: Document = {"agency": agency}
    if query.endpoint is not None:
        where["endpoint_id"] = {"$in": _ids(names, query.endpoint)}
    if query.state:
        where["state"] = {"$in": [state.value for state in query.state]}
    if after is not None:
        # The bound lets the index begin there; the choice within it settles equal instants.
        where["created"] = {"$lte": after.at}
        same = {"created": after.at, "_id": {"$lt": after.delivery_id}}
        where["$or"] = [{"created": {"$lt": after.at}}, same]
    return where


def _ids(names: Mapping[str, str], wanted: str) -> Group[str]:
    return [identifier for identifier, name in names.items() if name == wanted]

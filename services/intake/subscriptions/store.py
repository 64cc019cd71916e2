"""Institutions' subscriptions, which intake writes, and the notifier's log, which it reads."""

import logging
from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pymongo import UpdateOne

from services.intake.subscriptions.delivery_log import (
    DeliveryPosition,
    DeliveryQuery,
    DeliveryRow,
    EndpointHealth,
)
from shared.contracts.deliveries import DeliveryDocument
from shared.contracts.identifiers import complaint_number
from shared.contracts.subscriptions import Endpoint, Subscription
from shared.database.collections import DELIVERIES, ENDPOINTS, LANES
from shared.database.mongo import Mongo
from shared.errors import Transient

log = logging.getLogger(__name__)
Kept = TypeVar("Kept", bound=BaseModel)
Document = dict[str, Any]
MOST_SECONDS = 5.0  # for one page of the log
# Neither the body, nor who sends it.
_LOGGED = (
    *("ce_id", "endpoint_id", "complaint_id", "seq", "state", "attempts", "created", "last"),
)
_OF_LANE = tuple(EndpointHealth.model_fields)


class UnreadableStoredSubscription(Transient):
    """This release cannot read all of an institution's subscription; a new one mends it.

    `endpoints` are those that can be read singly. `version` is what a change is guarded by; None
    where not even that is a number.
    """

    def __init__(
        self, agency: str, *, version: int | None = None, endpoints: Sequence[Endpoint] = ()
    ) -> None:
        super().__init__(f"the subscription of {agency} cannot be read; PUT it anew")
        self.version = version
        self.endpoints = tuple(endpoints)


class SubscriptionStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def subscription(self, agency: str) -> Subscription:
        """Return an institution's subscription; an empty one of version 0 where it has none.

        Raises:
            UnreadableStoredSubscription: there is one that this release cannot read.
        """
        ...

    async def put_subscription(self, subscription: Subscription) -> bool:
        """Keep a subscription in place of the version before it; False where that is another."""
        ...

    async def lanes(self, endpoint_ids: Iterable[str]) -> Mapping[str, EndpointHealth]:
        """Return how endpoints are doing; those never in trouble, or unreadable, are left out."""
        ...

    async def deliveries(
        self,
        agency: str,
        query: DeliveryQuery,
        *,
        names: Mapping[str, str],
        after: DeliveryPosition | None,
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
        if found is None:
            return Subscription(agency=agency)
        subscription = _read(Subscription, found)
        if subscription is None:
            log.error("the subscription of %s cannot be read", agency, extra={"agency": agency})
            raise _unreadable(agency, found)
        return subscription

    async def put_subscription(self, subscription: Subscription) -> bool:
        """Keep a subscription under a guard: of two at once, one wins."""
        guard = {"_id": subscription.agency, "version": subscription.version - 1}
        change = {"$set": subscription.document()}
        return not await self._endpoints.write([UpdateOne(guard, change, upsert=True)])

    async def lanes(self, endpoint_ids: Iterable[str]) -> Mapping[str, EndpointHealth]:
        """Return how endpoints are doing."""
        where = {"_id": {"$in": sorted(endpoint_ids)}}
        found = await self._lanes.find(where, fields=_OF_LANE)
        lanes = {document["_id"]: _read(EndpointHealth, document) for document in found}
        for identifier in (each for each, lane in lanes.items() if lane is None):
            log.error("lane %s cannot be read", identifier)
        return {identifier: lane for identifier, lane in lanes.items() if lane is not None}

    async def deliveries(
        self,
        agency: str,
        query: DeliveryQuery,
        *,
        names: Mapping[str, str],
        after: DeliveryPosition | None,
    ) -> Sequence[DeliveryRow]:
        """Return a page by the notifier's index of institutions and times."""
        found = await self._deliveries.find(
            _that_match(agency, query, names=names, after=after),
            fields=_LOGGED,
            sort=(("created", -1), ("_id", -1)),
            limit=query.limit + 1,
            most_seconds=MOST_SECONDS,
        )
        return [to_row(cast("DeliveryDocument", document), names) for document in found]


def to_row(document: DeliveryDocument, names: Mapping[str, str]) -> DeliveryRow:
    """Return the row in a document, of which the fields of the log were read."""
    complaint, last = document["complaint_id"], document.get("last")
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
        outcome=last.get("outcome") if last else None,
        status=last.get("status") if last else None,
        created_at=document["created"],
        last_at=last.get("at") if last else None,
    )


def _read(kind: type[Kept], document: object) -> Kept | None:
    try:
        return kind.model_validate(document)
    except ValidationError:
        return None  # the error quotes secrets: nobody may see it


def _unreadable(agency: str, document: Document) -> UnreadableStoredSubscription:
    """Return what of a subscription can be read."""
    parts, version = document.get("endpoints"), document.get("version")
    found = (_read(Endpoint, part) for part in (parts if isinstance(parts, list) else ()))
    return UnreadableStoredSubscription(
        agency,
        version=version if isinstance(version, int) else None,
        endpoints=[endpoint for endpoint in found if endpoint is not None],
    )


def _that_match(
    agency: str, query: DeliveryQuery, *, names: Mapping[str, str], after: DeliveryPosition | None
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

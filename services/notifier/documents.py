"""How rows and circuits lie in MongoDB."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from shared.contracts.deliveries import (
    DeliveryDocument,
    DeliveryState,
    LaneDocument,
    LastAttempt,
)

_FIELDS = frozenset(one.name for one in fields(Delivery))


def delivery_document(row: Delivery, expires: datetime) -> DeliveryDocument:
    """Return the document of a row before its first attempt."""
    document: DeliveryDocument = {
        "ce_id": row.ce_id,
        "endpoint_id": row.endpoint_id,
        "agency": row.agency,
        "complaint_id": row.complaint_id,
        "seq": row.seq,
        "source": row.source,
        "offset": row.offset,
        "created": row.created,
        "due": row.due,
        "body": row.body,
        "state": row.state.value,
        "attempts": row.attempts,
        "owner": row.owner,
        "until": row.until,
        "trace": row.trace,
        "_id": row.delivery_id,
        "expires": expires,
    }
    if row.trace is None:
        del document["trace"]
    return document


def last_attempt(outcome: DeliveryOutcome, status: int | None, at: datetime) -> LastAttempt:
    """Return the part of a row's document that tells its newest attempt."""
    return {"outcome": outcome.value, "status": status, "at": at}


def lane_document(ladder: CircuitState, agency: str) -> LaneDocument:
    """Return the document of an endpoint's ladder, but for its id."""
    return {
        "state": ladder.state.value,
        "failures": ladder.failures,
        "first_failure_at": ladder.first_failure_at,
        "next_probe_at": ladder.next_probe_at,
        "pause": ladder.pause,
        "probe_owner": ladder.probe_owner,
        "probe_until": ladder.probe_until,
        "reason": ladder.reason,
        "refuses": ladder.refuses,
        "version": ladder.version,
        "agency": agency,
    }


def to_delivery(document: dict[str, Any]) -> Delivery:
    """Return the row in a document."""
    # Its own fields alone: what another release wrote beside them stops no lane.
    own = {name: value for name, value in document.items() if name in _FIELDS}
    own |= {"delivery_id": document["_id"], "state": DeliveryState(document["state"])}
    return Delivery(**own)

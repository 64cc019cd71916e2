"""What the notifier keeps of deliveries and endpoints, and intake shows to their institution.

The notifier writes these documents and intake reads them, both by the names that are given here.
"""

from datetime import datetime
from enum import StrEnum
from typing import NotRequired, TypedDict
from uuid import UUID


class DeliveryState(StrEnum):
    """Where a delivery stands, in the notifier's words."""

    PENDING = "pending"  # to be sent, or being sent
    DELIVERED = "delivered"  # the endpoint said 2xx
    REJECTED = "rejected"  # the endpoint refuses this one for good
    PARKED = "parked"  # the endpoint is given up for now; kept, visible, replayable


class LaneState(StrEnum):
    """How an endpoint is doing, in the notifier's words."""

    OK = "ok"
    FAILING = "failing"  # in trouble: one probe at a time
    FAILED = "failed"  # given up for now: its rows are parked
    DISABLED = "disabled"  # it said 410: nothing is sent until it is set anew or replayed


class LastAttempt(TypedDict):
    """What came of the newest attempt of a delivery."""

    outcome: str
    status: int | None  # None: no answer in HTTP
    at: datetime


class DeliveryDocument(TypedDict):
    """A row of `deliveries`: an event for an endpoint, under its `delivery_id`."""

    _id: str
    ce_id: str
    endpoint_id: str
    agency: str
    complaint_id: UUID  # of a test message, its own `ce_id`
    seq: int
    source: str  # the partition that the event came from, and its offset there
    offset: int
    created: datetime
    due: datetime
    body: str
    state: str  # a DeliveryState
    attempts: int
    owner: str  # who may send it, and until when
    until: datetime
    trace: NotRequired[str | None]
    expires: datetime  # the database deletes it then
    last: NotRequired[LastAttempt]


class LaneDocument(TypedDict):
    """A row of `lanes`: an endpoint that is or was in trouble, under its id."""

    state: str  # a LaneState
    failures: int
    first_failure_at: datetime | None
    next_probe_at: datetime | None
    pause: float | None
    probe_owner: str
    probe_until: datetime | None
    reason: str
    refuses: bool
    version: int
    agency: str


def delivery_id(ce_id: UUID | str, endpoint_id: str) -> str:
    """Return the id of the row that tells an endpoint of an event."""
    return f"{ce_id}:{endpoint_id}"

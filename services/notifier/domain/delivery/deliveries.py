"""A delivery: one event for one endpoint, with the exact text that is signed and sent."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.contracts.deliveries import DeliveryState, delivery_id
from shared.contracts.events import AgencyEvent, EndpointTest
from shared.contracts.subscriptions import Endpoint

NOBODY = ""
DEFERRED = "deferred"  # in the place of an owner: the row waits on its own until its lease ends
FREE = datetime(1970, 1, 1, tzinfo=UTC)  # a lease that has run out: anybody may take the row

CLOCKS_APART = timedelta(seconds=30)  # what the clocks of two machines may differ by


@dataclass(frozen=True, slots=True)
class Notice:
    """A record of an institution's topic: the event, its attributes, and its place."""

    event: AgencyEvent | EndpointTest
    ce_id: UUID
    ce_type: str
    ce_time: str
    source: str
    offset: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may send a row, and until when."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row: an event for an endpoint. `due` and `offset` give the order within a lane."""

    delivery_id: str
    ce_id: str
    endpoint_id: str
    agency: str
    complaint_id: UUID
    seq: int
    source: str
    offset: int
    created: datetime
    due: datetime
    body: str = field(repr=False)
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    owner: str = NOBODY
    until: datetime = FREE
    trace: str | None = None  # the `traceparent` of what brought it about

    @property
    def order(self) -> tuple[datetime, int]:
        """Return the place within the lane."""
        return self.due, self.offset


def held_until(row: Delivery, now: datetime, *, lease: timedelta) -> datetime:
    """Return until when a row is not to be taken from who holds it."""
    return row.until if row.owner == DEFERRED else believed_until(row.until, now, lease=lease)


def believed_until(until: datetime, now: datetime, *, lease: timedelta) -> datetime:
    """Return when a lease ends.

    One that ends further ahead than a `lease` that begins now was given by a clock that was ahead.
    """
    return until if until - now <= lease + CLOCKS_APART else FREE


def source_of(topic: str, partition: int) -> str:
    """Return the name under which rows know the partition that they came from."""
    return f"{topic}/{partition}"


def delivery_of(
    notice: Notice, endpoint: Endpoint, now: datetime, *, trace: str | None = None
) -> Delivery:
    """Return the row that tells an endpoint of an event; the same event gives the same id.

    A test message is about no complaint and keeps no order: its own id stands for one.
    """
    return _row(notice, endpoint.endpoint_id, now, trace=trace)


def unaddressed(notice: Notice, now: datetime, *, trace: str | None = None) -> Delivery:
    """Return the row of an event whose institution's endpoints are not known.

    It lies parked at `unaddressed-<code>` until it is moved to an endpoint.
    """
    row = _row(notice, f"unaddressed-{notice.event.agency}", now, trace=trace)
    return replace(row, state=DeliveryState.PARKED)


def _row(notice: Notice, endpoint_id: str, now: datetime, *, trace: str | None) -> Delivery:
    event = notice.event
    about, seq = (
        (notice.ce_id, 0) if isinstance(event, EndpointTest) else (event.complaint_id, event.seq)
    )
    return Delivery(
        delivery_id=delivery_id(notice.ce_id, endpoint_id),
        ce_id=str(notice.ce_id),
        endpoint_id=endpoint_id,
        agency=event.agency,
        complaint_id=about,
        seq=seq,
        source=notice.source,
        offset=notice.offset,
        created=now,
        due=now,
        body=body_of(notice),
        trace=trace,
    )


def body_of(notice: Notice) -> str:
    """Return the payload of Standard Webhooks; `data` is the topic's record, letter by letter."""
    kind, timestamp = json.dumps(notice.ce_type), json.dumps(notice.ce_time)
    return f'{{"type":{kind},"timestamp":{timestamp},"data":{notice.text}}}'

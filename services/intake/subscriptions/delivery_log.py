"""The delivery log: what became of each message to an institution, without its words."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from services.intake.cases.models import PageQuery
from shared.contracts.deliveries import DeliveryState, LaneState, delivery_id
from shared.contracts.subscriptions import EndpointName
from shared.contracts.value_objects import Frozen, Instant


class EndpointHealth(Frozen):
    """How an endpoint is doing, as the notifier keeps it."""

    state: LaneState = LaneState.OK
    first_failure_at: Instant | None = None
    next_probe_at: Instant | None = None


class DeliveryQuery(PageQuery):
    """Which deliveries: of one endpoint of the present subscription, in some states."""

    endpoint: EndpointName | None = Field(
        None, description="the name of an endpoint of the present subscription"
    )
    state: tuple[DeliveryState, ...] = Field((), description="may be repeated")


class DeliveryRow(Frozen):
    """One event for one endpoint; of one that was replaced since, only the id is known.

    `number` and `seq` say which complaint and which entry of it; a test message has none.
    `outcome` and `status` are of the last attempt, `status` only where HTTP gave one.
    """

    event_id: str
    endpoint: str | None = None
    endpoint_id: str
    state: str
    test: bool = False
    number: str | None = None
    seq: int | None = None
    attempts: int
    outcome: str | None = None
    status: int | None = None
    created_at: Instant
    last_at: Instant | None = None


class DeliveryPage(Frozen):
    """A page of deliveries; `next` is the cursor of the next one, if there is one."""

    items: tuple[DeliveryRow, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPosition:
    """Where a page ended: the row's time, and its event and endpoint for rows of one instant."""

    at: datetime
    delivery_id: str


def position_of_delivery(row: DeliveryRow) -> DeliveryPosition:
    """Return the place behind a row."""
    return DeliveryPosition(row.created_at, delivery_id(row.event_id, row.endpoint_id))

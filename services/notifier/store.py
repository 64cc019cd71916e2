"""What the notifier keeps, as its lanes and handler see it: rows, and each endpoint's ladder."""

from collections.abc import Collection as Group
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.deliveries import NOBODY, Delivery, Lease
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from shared.contracts.deliveries import DeliveryState
from shared.contracts.subscriptions import Endpoint

Endpoints = dict[str, tuple[Endpoint, ...] | None]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of one attempt; the row is nobody's afterwards."""

    delivery_id: str
    state: DeliveryState
    outcome: DeliveryOutcome
    status: int | None
    until: datetime | None = None  # a pending row that waits on its own is not taken before


@dataclass(frozen=True, slots=True)
class WaitingEndpoint:
    """An endpoint with pending rows: when one may be taken at the earliest, and the last due."""

    endpoint_id: str
    agency: str
    until: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class DeferredComplaint:
    """A complaint at an endpoint whose next row waits on its own until then."""

    endpoint_id: str
    agency: str
    complaint_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class RowRequest:
    """Which rows of one endpoint are asked for, by due time; those of `skip` wait."""

    endpoint_id: str
    sources: Group[str]
    state: DeliveryState
    limit: int
    skip: Group[UUID] = ()


class NotifierStore(Protocol):
    """What the notifier keeps; every method raises DatabaseAway if the outcome is not certain."""

    async def endpoints(self, agencies: Iterable[str]) -> Endpoints:
        """Return the present endpoints of each institution that has a subscription.

        None stands for a subscription that cannot be read; whoever asks says so.
        """
        ...

    async def insert(self, rows: Sequence[Delivery]) -> frozenset[str]:
        """Insert rows; return the ids that were there already and stayed as they were."""
        ...

    async def blank(self, complaints: Group[UUID]) -> None:
        """Take the words out of all rows of these complaints, whatever their state."""
        ...

    async def survey(
        self, sources: Group[str], *, but_not_of: str = NOBODY, skip: Group[str] = ()
    ) -> list[WaitingEndpoint]:
        """Return the endpoints with pending rows from these partitions.

        Rows leased by `but_not_of`, deferred rows and the endpoints in `skip` are left out.
        """
        ...

    async def deferred(self, sources: Group[str]) -> list[DeferredComplaint]:
        """Return what waits on its own, of the rows from these partitions."""
        ...

    async def waiting(self, wanted: RowRequest) -> list[Delivery]:
        """Return an endpoint's rows, first due first, leased or not."""
        ...

    async def claim(
        self, ids: Sequence[str], lease: Lease, *, state: DeliveryState, now: datetime
    ) -> frozenset[str]:
        """Lease rows that are in this state and free, or the owner's own; return which.

        Free is also a row whose lease `held_until` does not believe.
        """
        ...

    async def renew(self, ids: Sequence[str], lease: Lease) -> bool:
        """Prolong the owner's leases; return False where it has lost one."""
        ...

    async def release(self, sources: Group[str], owner: str, *, keep: Group[str]) -> None:
        """End the owner's leases on rows from these partitions, but for those in `keep`."""
        ...

    async def settle(self, owner: str, done: Sequence[Settlement], at: datetime) -> None:
        """Record attempts on rows that the owner holds."""
        ...

    async def park(self, endpoint_id: str, *, keep: Group[str] = ()) -> None:
        """Park an endpoint's pending rows, but for those in `keep`."""
        ...

    async def unpark(self, endpoint_id: str) -> None:
        """Make an endpoint's parked rows pending again; they keep their place."""
        ...

    async def ladders(self, also: Iterable[str] = ()) -> dict[str, tuple[str, CircuitState]]:
        """Return agency and ladder of the endpoints not well, and of those in `also`.

        One that cannot be read counts as well, under its version: the next write replaces it.
        """
        ...

    async def save_ladder(self, endpoint_id: str, agency: str, ladder: CircuitState) -> bool:
        """Keep a ladder in place of the version before it; False where that is not the newest."""
        ...

"""The notifier's store in memory."""

from collections import defaultdict
from collections.abc import Collection as Group
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.deliveries import (
    DEFERRED,
    FREE,
    NOBODY,
    Delivery,
    Lease,
    held_until,
)
from services.notifier.domain.delivery.erasure import blanked_body
from services.notifier.store import (
    DeferredComplaint,
    Endpoints,
    NotifierStore,
    RowRequest,
    Settlement,
    WaitingEndpoint,
)
from shared.contracts.deliveries import DeliveryState, LaneState
from shared.errors import DatabaseAway
from tests.notifier.pace import Pace, answers


@dataclass
class MemoryStore(NotifierStore):
    """Keeps the database's promises in a dictionary; `away` makes it fail, `pace` slow."""

    rows: dict[str, Delivery] = field(default_factory=dict)
    last: dict[str, Settlement] = field(default_factory=dict)
    known: Endpoints = field(default_factory=dict)
    kept: dict[str, tuple[str, CircuitState]] = field(default_factory=dict)
    odd: dict[str, tuple[str, int | None]] = field(default_factory=dict)  # ladders unread: versions
    away: bool = False
    reads: int = 0
    pace: Pace = field(default_factory=Pace)

    def states(self) -> list[str]:
        return [row.state.value for row in sorted(self.rows.values(), key=lambda r: r.order)]

    @answers
    async def endpoints(self, agencies: Iterable[str]) -> Endpoints:
        return {agency: self.known[agency] for agency in agencies if agency in self.known}

    @answers
    async def insert(self, rows: Sequence[Delivery]) -> frozenset[str]:
        return frozenset(
            row.delivery_id for row in rows if self.rows.setdefault(row.delivery_id, row) is not row
        )

    @answers
    async def blank(self, complaints: Group[UUID]) -> None:
        for key, row in self.rows.items():
            if row.complaint_id in complaints:
                self.rows[key] = replace(row, body=blanked_body(row.body))

    @answers
    async def survey(
        self, sources: Group[str], *, but_not_of: str = NOBODY, skip: Group[str] = ()
    ) -> list[WaitingEndpoint]:
        found: dict[str, list[Delivery]] = defaultdict(list)
        for row in self.rows.values():
            skipped = row.endpoint_id in skip or (but_not_of and row.owner == but_not_of)
            skipped = skipped or row.owner == DEFERRED
            if row.state is DeliveryState.PENDING and row.source in sources and not skipped:
                found[row.endpoint_id].append(row)
        return [
            WaitingEndpoint(
                one, rows[0].agency, min(r.until for r in rows), max(r.due for r in rows)
            )
            for one, rows in found.items()
        ]

    @answers
    async def deferred(self, sources: Group[str]) -> list[DeferredComplaint]:
        return [
            DeferredComplaint(row.endpoint_id, row.agency, row.complaint_id, row.until)
            for row in self.rows.values()
            if row.owner == DEFERRED
            and row.source in sources
            and row.state is DeliveryState.PENDING
        ]

    @answers
    async def waiting(self, wanted: RowRequest) -> list[Delivery]:
        self.reads += 1
        found = [
            row
            for row in self.rows.values()
            if row.endpoint_id == wanted.endpoint_id
            and row.state is wanted.state
            and row.source in wanted.sources
            and row.complaint_id not in wanted.skip
        ]
        return sorted(found, key=lambda row: row.order)[: wanted.limit]

    @answers
    async def claim(
        self, ids: Sequence[str], lease: Lease, *, state: DeliveryState, now: datetime
    ) -> frozenset[str]:
        taken = frozenset(
            row.delivery_id
            for row in self._known(ids)
            if row.state is state
            and (held_until(row, now, lease=lease.until - now) <= now or row.owner == lease.owner)
        )
        self._change(taken, owner=lease.owner, until=lease.until)
        return taken

    @answers
    async def renew(self, ids: Sequence[str], lease: Lease) -> bool:
        mine = [row.delivery_id for row in self._known(ids) if row.owner == lease.owner]
        self._change(mine, until=lease.until)
        return len(mine) == len(ids)

    @answers
    async def release(self, sources: Group[str], owner: str, *, keep: Group[str]) -> None:
        mine = [
            one
            for one, row in self.rows.items()
            if row.owner == owner
            and row.source in sources
            and row.state in (DeliveryState.PENDING, DeliveryState.PARKED)
            and one not in keep
        ]
        self._change(mine, owner=NOBODY, until=FREE)

    @answers
    async def settle(self, owner: str, done: Sequence[Settlement], at: datetime) -> None:
        for one in done:
            for row in self._known([one.delivery_id]):
                if row.owner == owner:
                    self.last[one.delivery_id] = one
                    self._change(
                        [one.delivery_id],
                        state=one.state,
                        owner=DEFERRED if one.until else NOBODY,
                        until=one.until or FREE,
                        attempts=row.attempts + 1,
                    )

    @answers
    async def park(self, endpoint_id: str, *, keep: Group[str] = ()) -> None:
        found = [one for one in self._of(endpoint_id, DeliveryState.PENDING) if one not in keep]
        self._change(found, state=DeliveryState.PARKED, owner=NOBODY, until=FREE)

    @answers
    async def unpark(self, endpoint_id: str) -> None:
        self._change(self._of(endpoint_id, DeliveryState.PARKED), state=DeliveryState.PENDING)

    @answers
    async def ladders(self, also: Iterable[str] = ()) -> dict[str, tuple[str, CircuitState]]:
        also = set(also)
        return {
            one: (agency, ladder)
            for one, (agency, ladder) in self.kept.items()
            if ladder.state is not LaneState.OK or one in also
        } | {
            one: (agency, CircuitState(version=number or 0))
            for one, (agency, number) in self.odd.items()
        }

    @answers
    async def save_ladder(self, endpoint_id: str, agency: str, ladder: CircuitState) -> bool:
        present = self.kept.get(endpoint_id)
        known = self.odd.get(endpoint_id, ("", present[1].version if present else None))[1]
        if known is not None and known != ladder.version - 1:
            return False
        self.odd.pop(endpoint_id, None)
        self.kept[endpoint_id] = (agency, ladder)
        return True

    def refuse_if_away(self) -> None:
        if self.away:
            raise DatabaseAway("the store in memory is away")

    def _known(self, ids: Iterable[str]) -> list[Delivery]:
        return [self.rows[one] for one in ids if one in self.rows]

    def _of(self, endpoint_id: str, state: DeliveryState) -> list[str]:
        return [
            one
            for one, row in self.rows.items()
            if row.endpoint_id == endpoint_id and row.state is state
        ]

    def _change(self, ids: Iterable[str], **change: Any) -> None:
        for one in ids:
            self.rows[one] = replace(self.rows[one], **change)

"""What a queue does in the database: each action asks, writes, and tells the state what came of it.

One action at a time, from the queue's worker. The state may change while an action waits for the
database, so each takes what it needs before, and its end is judged by the state.
"""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.domain.delivery.circuit import CircuitState, with_probe
from services.notifier.domain.delivery.deliveries import Delivery, held_until
from services.notifier.domain.delivery.destinations import Destination, find_destination
from services.notifier.domain.delivery.queue_state import Claimed, QueueState
from services.notifier.ports import DeliveryPorts, QueueOwner
from services.notifier.store import RowRequest
from shared.contracts.deliveries import DeliveryState


class QueueDatabase:
    """The rows and the circuit of one endpoint, as the database has them."""

    def __init__(self, state: QueueState, ports: DeliveryPorts, owner: QueueOwner) -> None:
        self._state = state
        self._store = ports.store
        self._ports = ports
        self._owner = owner

    # The circuit

    async def save_circuit(self) -> None:
        """Write the circuit; where another notifier was first, take its word instead."""
        await self._save(self._state.circuit)

    async def begin_probe(self) -> bool:
        """Claim the next probe; return False where another notifier has it."""
        lease = self._owner.lease()
        return await self._save(with_probe(self._state.circuit, lease.owner, lease.until))

    async def _save(self, circuit: CircuitState) -> bool:
        over = self._state.circuit
        version = self._state.saved_version + 1
        circuit = circuit.model_copy(update={"version": version})
        if await self._store.save_ladder(self._state.endpoint_id, self._state.agency, circuit):
            self._state.saved(circuit, over=over)
            return True
        newest = await self._store.ladders([self._state.endpoint_id])
        self._state.learn(newest[self._state.endpoint_id][1])
        return False

    async def tidy(self) -> None:
        """Park what is pending of an endpoint given up; else make pending what is parked."""
        self._state.is_untidy = False
        try:
            if self._state.circuit.is_given_up:
                await self._park()
            else:
                await self._store.unpark(self._state.endpoint_id)
        except BaseException:
            self._state.is_untidy = True
            raise
        self._state.backlog.tell()

    async def _park(self) -> None:
        # What is being sent right now gets its state from its own outcome.
        await self._store.park(self._state.endpoint_id, keep=self._state.rows.busy)

    # Rows

    async def claim(self, state: DeliveryState, limit: int) -> None:
        """Take the first rows that are free; a complaint of which another holds a row waits."""
        if not await self.look_up():
            return
        self._state.blocked_until = None
        mark, known = self._state.backlog.look(), self._state.rows.ids
        rows = await self._waiting(state, limit + len(known))
        now = self._ports.clock.now()
        theirs = [row for row in rows if self._is_theirs(row, now)]
        blocked = {row.complaint_id for row in theirs}
        free = [
            row for row in rows if row.complaint_id not in blocked and row.delivery_id not in known
        ]
        taken, until = await self._take(free, state, now)
        is_all = not theirs and len(rows) < limit + len(known) and len(taken) == len(free)
        result = Claimed(taken, until, [row.until for row in theirs], is_all)
        self._state.claimed(mark, result, soon=self._ports.clock.now() + self._state.limits.rescan)

    def _is_theirs(self, row: Delivery, now: datetime) -> bool:
        if row.owner == self._owner.lease().owner:
            return False
        return held_until(row, now, lease=self._state.limits.lease) > now

    async def _waiting(self, state: DeliveryState, limit: int) -> list[Delivery]:
        sources, skip = self._owner.sources_of(self._state.agency), frozenset(self._state.deferred)
        return await self._store.waiting(
            RowRequest(self._state.endpoint_id, sources, state, limit, skip=skip)
        )

    async def _take(
        self, rows: Sequence[Delivery], state: DeliveryState, now: datetime
    ) -> tuple[list[Delivery], datetime]:
        lease = self._owner.lease()
        ids = [row.delivery_id for row in rows]
        claimed = await self._store.claim(ids, lease, state=state, now=now)
        held = self._owner.sources_of(self._state.agency)  # may have changed meanwhile
        taken = [row for row in rows if row.delivery_id in claimed and row.source in held]
        return taken, lease.until

    async def renew(self) -> None:
        """Prolong the leases of what is in memory; drop it where one was lost."""
        lease = self._owner.lease()
        ids = {row.delivery_id for row in self._state.rows.rows}
        if await self._store.renew(sorted(ids), lease):
            self._state.renewed(ids, lease.until)
        else:
            self._state.forget()

    # The endpoint

    async def look_up(self) -> bool:
        """Tell whether the institution still has the endpoint; put its rows away if not."""
        now = self._ports.clock.now()
        destination = await self._destination()
        if destination is None:
            await self._put_away()
            return False
        self._state.look_up(destination, now)
        return True

    async def _destination(self) -> Destination | None:
        if way := find_destination(self._state.endpoint_id, self._ports.ways):
            return way
        endpoints = await self._owner.subscriptions.of_one(self._state.agency)
        return find_destination(self._state.endpoint_id, endpoints)

    async def _put_away(self) -> None:
        # Kept and replayable, but not for an address that the institution has given up.
        self._state.forget()
        self._state.is_replaced, mark = True, self._state.backlog.look()
        await self._park()
        self._state.forget()
        if self._state.is_replaced:  # else it was set again, and rows came in for it
            self._state.backlog.clear(mark)

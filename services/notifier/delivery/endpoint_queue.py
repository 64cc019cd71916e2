"""The queue of one endpoint: carries out what `next_action` says, until there is nothing to do.

Its worker ends when it waits; `look` starts it again. A slow or broken endpoint holds up its own
queue's worker and nobody else's. Attempts run beside it, each until what came of it is written.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notifier.delivery.attempt import about, attempt
from services.notifier.delivery.queue_database import QueueDatabase
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.conclusions import Moment, conclude
from services.notifier.domain.delivery.deliveries import Delivery, believed_until
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.next_action import Action, Wait, next_action
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.domain.delivery.queue_state import Admission, QueueState
from services.notifier.ports import DeliveryPorts, QueueOwner
from services.notifier.store import Settlement, WaitingEndpoint
from shared.contracts.deliveries import DeliveryState, LaneState
from shared.errors import Transient
from shared.runtime.tls import WAY_OUT

log = logging.getLogger(__name__)
PROBE_CHOICE = 10  # rows looked at to choose a probe from


class EndpointQueue:
    """One endpoint's queue in this process."""

    def __init__(self, state: QueueState, ports: DeliveryPorts, owner: QueueOwner) -> None:
        self.agency = state.agency
        self.wake_at: datetime | None = None
        self._state = state
        self._database = QueueDatabase(state, ports, owner)
        self._ports = ports
        self._owner = owner
        self._act: Mapping[Action, Callable[[], Awaitable[object]]] = {
            Action.SAVE_CIRCUIT: self._database.save_circuit,
            Action.TIDY: self._database.tidy,
            Action.CLAIM: self._claim,
            Action.LOOK_UP: self._database.look_up,
            Action.RENEW: self._database.renew,
            Action.SEND: self._send_next,
            Action.PROBE: self._probe,
        }
        self._attempts: set[asyncio.Task[None]] = set()
        self._worker: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._logged = LaneState.OK

    # What the process asks of it

    @property
    def circuit(self) -> CircuitState:
        """Return how the endpoint stands."""
        return self._state.circuit

    @property
    def busy(self) -> frozenset[str]:
        """Return the ids of the rows that are being sent, or whose outcome is being written."""
        return self._state.rows.busy

    @property
    def size(self) -> int:
        """Return how many letters wait in memory."""
        return self._state.rows.size

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is in hand here."""
        return self._state.is_idle

    @property
    def is_replaced(self) -> bool:
        """Tell whether the institution has the endpoint no more."""
        return self._state.is_replaced

    @property
    def is_informed(self) -> bool:
        """Tell whether it knows of its rows and may take them, so that no scan need tell it."""
        return self._state.waits and self._state.blocked_until is None

    # What it hears

    def admit(self, rows: Sequence[Delivery], destination: Destination) -> Admission:
        """Return the rows as they are to be inserted: leased for memory, free, or parked."""
        held, room = self._owner.sources_of(self.agency), 0
        if self._owner.is_spacious() and all(row.source in held for row in rows):
            room = max(0, self._state.limits.queue_rows - len(self._state.rows))
        now = self._ports.clock.now()
        self._state.look_up(destination, now)
        return self._state.admit(rows, self._owner.lease(), now=now, room=room)

    def inserted(self, admission: Admission, *, repeated: bool) -> None:
        """Take over rows that were inserted; `repeated` where some had been there before."""
        self._state.inserted(admission, repeated=repeated)
        self.look()

    def insert_unknown(self) -> None:
        """Learn that nobody knows whether the admitted rows were inserted."""
        self._state.insert_unknown()
        self.look()

    def found(self, found: WaitingEndpoint, *, at_once: bool) -> None:
        """Learn that rows wait in the database that are not in memory."""
        now = self._ports.clock.now()
        until = believed_until(found.until, now, lease=self._state.limits.lease)
        self._state.found(found.due, None if at_once else until)
        self.look()

    def learn(self, circuit: CircuitState) -> None:
        """Take the circuit that the database holds, if it is newer."""
        if circuit.version > self._state.circuit.version:
            self._state.learn(circuit)
            self.look()

    def defer(self, complaint: UUID, until: datetime) -> None:
        """Learn that a complaint's next row waits on its own until then."""
        self._state.deferred[complaint] = until

    def resume(self) -> None:
        """Go on with rows that have waited long enough on their own."""
        if self._state.resume(self._ports.clock.now()):
            self.look()

    def lose(self, sources: Collection[str]) -> None:
        """Drop rows whose partitions another process works now; what is being sent goes on."""
        self._state.lose(sources)

    def erase(self, complaints: Collection[UUID]) -> None:
        """Drop rows of these complaints; they stay in the database, blank."""
        self._state.erase(complaints)
        self.look()

    # The worker

    def look(self) -> None:
        """Do what can be done now, in the background."""
        self.wake_at = None
        self._log_state()
        if not self._is_stopping and (self._worker is None or self._worker.done()):
            self._worker = asyncio.create_task(self._work())

    async def stop(self, seconds: float) -> None:
        """Send nothing more; wait, bounded, for what is being sent and its record."""
        self._is_stopping = True
        self._state.forget()
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=seconds)
        await self.cancel()

    async def cancel(self) -> None:
        """End at once, wherever it stands."""
        self._is_stopping = True
        tasks = [*self._attempts, *([self._worker] if self._worker else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        try:
            wake_at = await self._work_on()
        except Transient as error:
            log.warning("a lane waits: %s", error, extra={"endpoint_id": self._state.endpoint_id})
            wake_at = self._ports.clock.now() + self._state.limits.retry
        except Exception as error:
            # Ours to mend, and no other queue's trouble. The message may quote a citizen.
            log.error(
                "queue: %s", type(error).__name__, extra={"endpoint_id": self._state.endpoint_id}
            )
            wake_at = self._ports.clock.now() + self._state.limits.retry
        if wake_at is not None:
            self.wake_at = wake_at
            self._owner.wake(wake_at)

    async def _work_on(self) -> datetime | None:
        """Act until there is nothing to do; return when there will be."""
        while not self._is_stopping:
            action = next_action(self._state, self._ports.clock.now())
            if isinstance(action, Wait):
                return action.until
            await self._act[action]()
        return None

    async def _claim(self) -> None:
        rows, limits = DeliveryState.PENDING, self._state.limits
        roomy = self._owner.is_spacious()
        await self._database.claim(rows, limits.queue_rows if roomy else limits.sends_at_once)

    async def _send_next(self) -> None:
        if self._owner.outcomes.is_full:
            await self._owner.outcomes.room()
        elif (row := self._state.rows.take()) is not None:
            self._start(row)

    async def _probe(self) -> None:
        failed = self._state.circuit.state is LaneState.FAILED
        rows = DeliveryState.PARKED if failed else DeliveryState.PENDING
        try:
            await self._database.claim(rows, PROBE_CHOICE)
            if self._state.rows.is_ready and await self._database.begin_probe():
                self._send_probe()
        finally:
            self._state.forget()

    def _send_probe(self) -> None:
        # Claiming may have taken as long as the lease; another may have the rows by now.
        if self._is_stopping or not self._state.is_leased(self._ports.clock.now()):
            return
        if (row := self._state.rows.take_least_tried()) is not None:
            self._start(row)

    # Attempts

    def _start(self, row: Delivery) -> None:
        if self._state.destination is None:
            raise RuntimeError("a queue sends only what it admitted or claimed")
        self._state.sending += 1
        self._attempts.add(asyncio.create_task(self._attempt(row, self._state.destination)))

    async def _attempt(self, row: Delivery, destination: Destination) -> None:
        state = DeliveryState.PENDING
        try:
            settlement = await self._deliver(row, destination)
            self.look()
            await self._owner.outcomes.record(settlement)
            state = settlement.state
        except Exception as error:
            log.error("attempt: %s", type(error).__name__, extra=about(row))
            self._state.blocked_until = self._ports.clock.now() + self._state.limits.rescan
        finally:
            self._state.recorded(row, state)
            self._attempts.discard(asyncio.current_task())
            self.look()

    async def _deliver(self, row: Delivery, destination: Destination) -> Settlement:
        started = self._state.circuit.version
        try:
            reply, meaning = await attempt(row, destination, self._ports)
        finally:
            self._state.sending -= 1
        at = Moment(self._ports.clock.now(), started, self._ports.chance())
        end = conclude(self._state, row, meaning, at)
        return Settlement(row.delivery_id, end.state, meaning.outcome, reply.status, end.until)

    def _log_state(self) -> None:
        circuit = self._state.circuit
        if circuit.state is not self._logged:
            self._logged = circuit.state
            level = logging.INFO if circuit.state is LaneState.OK else logging.WARNING
            about = {"endpoint_id": self._state.endpoint_id, "agency": self.agency}
            log.log(level, "an endpoint is %s", _said(circuit), extra=about)


def _said(circuit: CircuitState) -> str:
    if circuit.reason == DeliveryOutcome.UNTRUSTED:
        return f"{circuit.state}: its certificate is not trusted; {WAY_OUT}"
    return f"{circuit.state}: {circuit.reason}" if circuit.reason else circuit.state.value

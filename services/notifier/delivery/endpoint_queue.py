"""A lane: sends what waits for one endpoint, in order, at most a few at once.

Its worker does what can be done now and ends; `look` starts it again. A slow or broken endpoint
holds up its own lane's worker and nobody else's.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.delivery.circuit_breaker import CircuitBreaker
from services.notifier.delivery.in_flight import InFlight
from services.notifier.delivery.leased_buffer import LeasedBuffer
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.deliveries import FREE, Delivery, believed_until
from services.notifier.domain.delivery.destinations import Destination, find_destination
from services.notifier.ports import EndpointQueuePorts
from services.notifier.store import WaitingEndpoint
from shared.contracts.deliveries import DeliveryState, LaneState
from shared.errors import Transient

log = logging.getLogger(__name__)
PROBE_CHOICE = 10  # rows looked at to choose a probe from


class EndpointQueue:
    """One endpoint's lane in this process."""

    def __init__(self, endpoint_id: str, agency: str, ports: EndpointQueuePorts) -> None:
        self.endpoint_id = endpoint_id
        self.agency = agency
        self.stock = LeasedBuffer(endpoint_id, agency, ports)
        self.standing = CircuitBreaker(
            endpoint_id, agency, ports, busy=lambda: self.stock.queue.busy
        )
        self.wake_at: datetime | None = None
        self.is_replaced = False  # the institution has it no more
        self._ports = ports
        self._settings = ports.settings
        self._destination: Destination | None = None
        self._looked_at = FREE  # when the institution was last known to have it
        self._last_due = FREE
        self._admitted: CircuitState = self.standing.ladder
        self._stopping = False
        self._attempts = InFlight(self.stock, self.standing, ports, look=self.look)
        self._worker: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is in hand here."""
        waits = len(self.stock.queue) or self.stock.backlog or self.standing.is_untidy
        return not (waits or self._attempts.tasks)

    # Rows from the stage

    def admit(self, rows: Sequence[Delivery], destination: Destination) -> list[Delivery]:
        """Return the rows as they are to be inserted: leased for memory, free, or parked."""
        self._destination, self._looked_at = destination, self._ports.clock.now()
        self.standing.is_untidy = self.standing.is_untidy or self.is_replaced
        self.is_replaced = False
        self._admitted = self.standing.ladder
        # Never before what waits already, whatever another process's clock said.
        self._last_due = max(self._ports.clock.now(), self._last_due)
        rows = [replace(row, due=self._last_due) for row in rows]
        if self.standing.is_given_up:
            return [replace(row, state=DeliveryState.PARKED) for row in rows]
        if self.standing.is_untidy:
            self.stock.tell()  # what is parked and should not be comes before these
        return self.stock.admit(rows) if self.standing.is_ok else rows

    def confirm(self, rows: Sequence[Delivery], *, repeated: bool) -> None:
        """Take over rows that were inserted; `repeated` where some had been there before.

        Those may still wait in the database before the new ones, so all are claimed from there.
        """
        unmoved = self._admitted.version == self.standing.ladder.version
        if unmoved and self.standing.is_ok and not repeated:
            self.stock.confirm(rows)
        else:
            self.stock.tell()
        parked = any(row.state is DeliveryState.PARKED for row in rows)
        if parked != self.standing.is_given_up:
            self.standing.is_untidy = True
        self.look()

    def abandon(self) -> None:
        """Learn that nobody knows whether the admitted rows were inserted."""
        self.stock.tell()
        self.standing.is_untidy = True
        self.look()

    # Word from elsewhere

    def found(self, found: WaitingEndpoint, *, at_once: bool) -> None:
        """Learn that rows wait in the database that are not in memory."""
        self._last_due = max(self._last_due, found.due)
        self.stock.tell()
        now, lease = self._ports.clock.now(), timedelta(seconds=self._settings.lease_seconds)
        until = believed_until(found.until, now, lease=lease)
        self.stock.blocked_until = None if at_once else until
        self.standing.is_untidy = self.standing.is_untidy or self.standing.is_given_up
        self.look()

    def learn(self, ladder: CircuitState) -> None:
        """Take the ladder that the database holds, if it is newer."""
        if ladder.version > self.standing.ladder.version:
            self.stock.forget()
            self.stock.tell()
            self.standing.learn(ladder)
            self.look()

    def defer(self, complaint: UUID, until: datetime) -> None:
        """Learn that a complaint's next row waits on its own until then."""
        self.stock.defer(complaint, until)

    def resume(self) -> None:
        """Go on with rows that have waited long enough on their own."""
        if self.stock.resume():
            self.look()

    def lose(self, sources: Collection[str]) -> None:
        """Drop rows whose partitions another process works now; what is being sent goes on."""
        self.stock.lose(sources)

    # The worker

    def look(self) -> None:
        """Do what can be done now, in the background."""
        self.wake_at = None
        self._changed.set()
        if not self._stopping and (self._worker is None or self._worker.done()):
            self._worker = asyncio.create_task(self._work())

    async def stop(self, seconds: float) -> None:
        """Send nothing more; wait, bounded, for what is being sent and its record."""
        self._stopping = True
        self.stock.forget()
        if self._attempts.tasks:
            await asyncio.wait(self._attempts.tasks, timeout=seconds)
        tasks = [*self._attempts.tasks, *([self._worker] if self._worker else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        wake_at = None
        try:
            await self._work_on()
            wake_at = self._next_look()
        except Transient as error:
            log.warning("a lane waits: %s", error, extra={"endpoint_id": self.endpoint_id})
            wake_at = self._ports.after(self._settings.retry_seconds)
        except Exception as error:
            # Ours to mend, and no other lane's trouble. The message may quote a citizen.
            log.error("lane: %s", type(error).__name__, extra={"endpoint_id": self.endpoint_id})
            wake_at = self._ports.after(self._settings.retry_seconds)
        if wake_at is not None:
            self.wake_at = wake_at
            self._ports.poke()

    async def _work_on(self) -> None:
        while not self._stopping:
            self._changed.clear()
            await self._tidy()
            if self.standing.is_ok:
                await self._send_on()
            else:
                await self._probe()
            if self._attempts.tasks:
                await self._changed.wait()
            elif not self._has_more():
                return

    async def _tidy(self) -> None:
        was_untidy = self.standing.is_untidy
        await self.standing.tidy()
        if was_untidy:
            self.stock.tell()

    def _has_more(self) -> bool:
        if self.standing.is_untidy:
            return True
        if self.standing.is_ok:
            return self.stock.queue.is_ready or self.stock.may_claim
        return self.stock.may_claim and self._is_probe_due()

    def _is_probe_due(self) -> bool:
        now = self._ports.clock.now()
        due = self.standing.probe_at(now)
        return due is not None and due <= now

    def _next_look(self) -> datetime | None:
        times = [self.stock.blocked_until] if self.stock.backlog else []
        now = self._ports.clock.now()
        times.append(self.standing.probe_at(now))
        return min((time for time in times if time is not None and time > now), default=None)

    async def _send_on(self) -> None:
        if self.stock.may_claim:
            roomy = self._ports.is_spacious()
            rows = self._settings.queue_rows if roomy else self._settings.sends_at_once
            await self._claim(DeliveryState.PENDING, rows)
        while self._may_send():
            await self._ports.ledger.room()
            if not await self._is_wanted() or not await self.stock.holds_leases():
                return
            # Everything may have changed while it waited.
            row = self.stock.queue.take() if self._may_send() else None
            if row is not None:
                self._start(row)

    def _may_send(self) -> bool:
        return (
            self.stock.queue.is_ready
            and self._attempts.sending < self._settings.sends_at_once
            and self.standing.is_ok
            and not self._stopping
        )

    async def _probe(self) -> None:
        if self.standing.ladder.state is LaneState.DISABLED:
            self.stock.clear(self.stock.look())
        if self._attempts.sending or not self._is_probe_due():
            return
        failed = self.standing.ladder.state is LaneState.FAILED
        self.stock.forget()
        await self._claim(DeliveryState.PARKED if failed else DeliveryState.PENDING, PROBE_CHOICE)
        if self.stock.queue.is_ready and await self.standing.begin_probe():
            row = self.stock.queue.take_least_tried()
            if row is not None and not self._stopping:
                self._start(row)
        self.stock.forget()

    async def _claim(self, state: DeliveryState, limit: int) -> None:
        if await self._find_destination():
            await self.stock.claim(state, limit)

    async def _is_wanted(self) -> bool:
        """Tell whether the institution still has the endpoint; look again after a scan's time."""
        if self._looked_at >= self._ports.after(-self._settings.scan_seconds):
            return True
        return await self._find_destination()

    async def _find_destination(self) -> bool:
        now = self._ports.clock.now()
        destination = await self._present()
        if destination is not None:
            self._destination, self._looked_at = destination, now
            return True
        await self._put_away()
        return False

    async def _put_away(self) -> None:
        # Kept and replayable, but not for an address that the institution has given up.
        self.stock.forget()
        self.is_replaced, look = True, self.stock.look()
        await self._ports.store.park(self.endpoint_id, keep=self.stock.queue.busy)
        self.stock.forget()
        if self.is_replaced:  # else it was set again, and rows came in for it
            self.stock.clear(look)

    async def _present(self) -> Destination | None:
        if way := find_destination(self.endpoint_id, self._ports.ways):
            return way
        return find_destination(
            self.endpoint_id, await self._ports.subscriptions.of_one(self.agency)
        )

    def _start(self, row: Delivery) -> None:
        if self._destination is None:
            raise RuntimeError("a lane sends only what it admitted or claimed")
        self._attempts.start(row, self._destination)

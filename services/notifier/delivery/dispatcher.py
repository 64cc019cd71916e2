"""All queues of this process: rows go in from the stage, and are looked for where nobody told.

A queue works only for partitions that this process holds. After every assignment one query tells
which endpoints have rows waiting from them; until it is answered no new row goes in, so none
overtakes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection as Group
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from services.notifier.delivery.endpoint_queue import EndpointQueue
from services.notifier.delivery.health_metrics import HealthMetrics
from services.notifier.delivery.outcome_writer import OutcomeWriter
from services.notifier.delivery.subscriptions import Subscriptions
from services.notifier.domain.delivery.assignments import Assignments
from services.notifier.domain.delivery.deliveries import FREE, NOBODY, Delivery, Lease
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.queue_state import Admission, QueueState
from services.notifier.ports import DeliveryPorts
from services.notifier.settings import NotifierSettings
from shared.contracts.deliveries import LaneState
from shared.errors import Transient
from shared.runtime.component import Component
from shared.telemetry.logs import log_mistake

log = logging.getLogger(__name__)
LAST_WORD_SECONDS = 5.0  # beyond a request: to write what came of it before the end


class Dispatcher(Component):
    """The queues of the endpoints whose rows come from the partitions held here."""

    def __init__(self, ports: DeliveryPorts, settings: NotifierSettings) -> None:
        self.owner = f"{settings.instance or 'notifier'}-{uuid4()}"
        self.subscriptions = Subscriptions(ports.store, ports.telemetry)
        self.outcomes = OutcomeWriter(
            ports.store, ports.clock, owner=self.owner, retry_seconds=settings.retry_seconds
        )
        self._ports = ports
        self._store = ports.store
        self._clock = ports.clock
        self._settings = settings
        self._limits = settings.limits
        self._health = HealthMetrics(
            ports.store, self.subscriptions, ports.telemetry, ways=ports.ways
        )
        self._queues: dict[str, EndpointQueue] = {}
        self._assignments = Assignments()
        self._surveyed = -1  # the number of the assignment that the last whole survey was for
        self._next_scan = FREE
        self._wakes_at = FREE  # when it looks at the queues next; FREE while it does
        self._trouble: str | None = None
        self._stopped = False
        self._watcher: asyncio.Task[None] | None = None
        self._poked = asyncio.Event()
        self._lock = asyncio.Lock()

    # Life cycle

    async def start(self) -> None:
        """Begin to look for rows and to write what came of them."""
        await self.outcomes.start()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Finish what is being sent, release all leases: others go on at once."""
        if self._watcher is None or self._stopped:
            return
        self._stopped = True
        self._watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watcher
        most = self._settings.request_seconds + LAST_WORD_SECONDS
        await asyncio.gather(*(queue.stop(most) for queue in self._queues.values()))
        await self.outcomes.stop()
        with contextlib.suppress(Transient):
            mine = self._assignments.sources | self._assignments.lost
            await self._store.release(mine, self.owner, keep=())

    def trouble(self) -> str | None:
        """Return None, or why rows are not looked for or not recorded."""
        return self._trouble or self.outcomes.trouble()

    def alive(self) -> bool:
        """Tell whether both background tasks run."""
        return (self._watcher is None or not self._watcher.done()) and self.outcomes.alive()

    # From the stage

    def assigned(self, stage: str, sources: frozenset[str]) -> None:
        """Work for these partitions of a stage from now on, and for no others of it.

        The queues serve several stages, each of which has its own group and its own assignments.
        """
        self._assignments.assign(stage, sources)
        for queue in self._queues.values():
            queue.lose(self._assignments.lost)
        self._next_scan = FREE
        self._poked.set()

    async def accept(
        self, rows: Sequence[Delivery], destinations: Mapping[str, Destination]
    ) -> None:
        """Insert rows and have them sent; the destination of each is given by its endpoint's id.

        Raises:
            DatabaseAway: some may have been inserted; the caller comes again with the same.
        """
        async with self._lock:
            while self._is_new:
                await self._survey()
            admitted = self._admit(rows, destinations)
            try:
                repeated = await self._store.insert(
                    [row for _, one in admitted for row in one.rows]
                )
            except BaseException:
                for queue, _ in admitted:
                    queue.insert_unknown()
                raise
            for queue, one in admitted:
                again = any(row.delivery_id in repeated for row in one.rows)
                queue.inserted(one, repeated=again)

    async def erase(self, complaints: Group[UUID]) -> None:
        """Blank all rows of these complaints, and send none of them with its words any more.

        Raises:
            DatabaseAway: some may be blank; the caller comes again with the same.
        """
        await self._store.blank(complaints)
        for queue in self._queues.values():
            queue.erase(complaints)

    def _admit(
        self, rows: Sequence[Delivery], destinations: Mapping[str, Destination]
    ) -> list[tuple[EndpointQueue, Admission]]:
        by_endpoint: dict[str, list[Delivery]] = {}
        for row in rows:
            by_endpoint.setdefault(row.endpoint_id, []).append(row)
        admitted = []
        for endpoint_id, some in by_endpoint.items():
            queue = self._queue(endpoint_id, some[0].agency)
            admitted.append((queue, queue.admit(some, destinations[endpoint_id])))
        return admitted

    # Looking for rows

    async def _watch(self) -> None:
        while True:
            self._poked.clear()
            self._wakes_at = FREE
            try:
                await self._round()
                self._trouble = None
            except Transient as error:
                self._wait(str(error))
            except Exception as error:
                # Ours to mend. Ended here, no institution would be told of anything any more.
                log_mistake(log, "lanes", error)
                self._wait(type(error).__name__)
            await self._rest()

    def _wait(self, trouble: str) -> None:
        self._trouble = f"lanes wait: {trouble}"
        log.warning("%s", self._trouble)
        self._next_scan = self._clock.now() + self._limits.retry

    async def _round(self) -> None:
        now = self._clock.now()
        if now >= self._next_scan:
            async with self._lock:
                await self._survey()
        for queue in list(self._queues.values()):
            if queue.wake_at is not None and queue.wake_at <= now:
                queue.look()

    async def _rest(self) -> None:
        wakes = [one.wake_at for one in self._queues.values() if one.wake_at is not None]
        self._wakes_at = min([self._next_scan, *wakes])
        seconds = (self._wakes_at - self._clock.now()).total_seconds()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.001)):
                await self._poked.wait()

    async def _survey(self) -> None:
        assignment, whole = self._assignments.number, self._is_new
        await self._release()
        informed = [] if whole else [e for e, one in self._queues.items() if one.is_informed]
        sources, but_not_of = self._assignments.sources, NOBODY if whole else self.owner
        waiting = await self._store.survey(sources, but_not_of=but_not_of, skip=informed)
        deferred = await self._store.deferred(sources) if whole else []
        unwell = [e for e, one in self._queues.items() if one.circuit.state is not LaneState.OK]
        circuits = await self._health.take(unwell, self._assignments.held)
        if assignment != self._assignments.number:
            return
        for endpoint_id, (agency, circuit) in circuits.items():
            self._queue(endpoint_id, agency).learn(circuit)
        for one in deferred:
            self._queue(one.endpoint_id, one.agency).defer(one.complaint_id, one.until)
        for found in waiting:
            self._queue(found.endpoint_id, found.agency).found(found, at_once=whole)
        self._look_again(informed)
        self._surveyed = assignment
        self._next_scan = self._clock.now() + self._limits.rescan

    def _look_again(self, informed: Sequence[str]) -> None:
        for endpoint_id in informed:
            self._queues[endpoint_id].look()
        for queue in self._queues.values():
            queue.resume()
        for endpoint_id, queue in list(self._queues.items()):
            if queue.is_idle and queue.agency not in self._assignments.held:
                del self._queues[endpoint_id]
        present = (queue for queue in self._queues.values() if not queue.is_replaced)
        self._health.count(queue.circuit.state for queue in present)

    async def _release(self) -> None:
        if lost := self._assignments.lost:
            busy = {row for queue in self._queues.values() for row in queue.busy}
            await self._store.release(lost, self.owner, keep=busy)
            self._assignments.released(lost)

    # What all queues share

    @property
    def _is_new(self) -> bool:
        """Tell whether the present assignment is still to be surveyed."""
        return self._surveyed != self._assignments.number

    def lease(self) -> Lease:
        """Return a lease of this process that begins now."""
        return Lease(self.owner, self._clock.now() + self._limits.lease)

    def sources_of(self, agency: str) -> frozenset[str]:
        """Return the partitions that rows may be claimed from; none before the survey of them.

        Until then the leases of what was lost, and may have come back since, are being ended.
        """
        return frozenset() if self._is_new else self._assignments.held.get(agency, frozenset())

    def is_spacious(self) -> bool:
        """Tell whether memory allows whole queues."""
        size = sum(queue.size for queue in self._queues.values())
        return size < self._settings.queue_bytes

    def wake(self, at: datetime) -> None:
        """Look at the queues again at that instant at the latest."""
        if at < self._wakes_at:
            self._poked.set()

    def _queue(self, endpoint_id: str, agency: str) -> EndpointQueue:
        if endpoint_id not in self._queues:
            state = QueueState(endpoint_id, agency, self._limits)
            self._queues[endpoint_id] = EndpointQueue(state, self._ports, self)
        return self._queues[endpoint_id]

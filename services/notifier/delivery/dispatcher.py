"""All lanes of this process: rows go in from the stage, and are looked for where nobody told.

A lane works only for partitions that this process holds. After every assignment one query tells
which endpoints have rows waiting from them; until it is answered no new row goes in, so none
overtakes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Group
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.notifier.channels.webhook import Sender
from services.notifier.delivery.endpoint_queue import EndpointQueue
from services.notifier.delivery.health_metrics import HealthMetrics
from services.notifier.delivery.outcome_writer import OutcomeWriter
from services.notifier.delivery.subscriptions import Subscriptions
from services.notifier.domain.delivery.deliveries import FREE, NOBODY, Delivery
from services.notifier.domain.delivery.destinations import Destination, ReporterDestination
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.ports import EndpointQueuePorts
from services.notifier.settings import NotifierSettings
from services.notifier.store import NotifierStore
from shared.contracts.topics import agency_of
from shared.errors import Transient
from shared.runtime.clock import Clock
from shared.runtime.component import Component
from shared.telemetry.logs import log_mistake
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import OFF, Tracing

log = logging.getLogger(__name__)
LAST_WORD_SECONDS = 5.0  # beyond a request: to write what came of it before the end


@dataclass(frozen=True, slots=True)
class DispatcherPorts:
    """What the lanes need from outside."""

    store: NotifierStore
    sender: Sender
    clock: Clock
    telemetry: Telemetry
    chance: Callable[[], float]
    ways: Sequence[ReporterDestination] = ()
    tracing: Tracing = OFF


class Dispatcher(Component):
    """The lanes of the endpoints whose rows come from the partitions held here."""

    def __init__(self, ports: DispatcherPorts, settings: NotifierSettings) -> None:
        self.owner = f"{settings.instance or 'notifier'}-{uuid4()}"
        self._store = ports.store
        self._clock = ports.clock
        self._settings = settings
        self._telemetry = ports.telemetry
        self.subscriptions = Subscriptions(ports.store, ports.telemetry)
        self._census = HealthMetrics(
            ports.store, self.subscriptions, ports.telemetry, ways=ports.ways
        )
        self._lanes: dict[str, EndpointQueue] = {}
        self._assigned: dict[str, frozenset[str]] = {}  # partitions by stage
        self._held: dict[str, frozenset[str]] = {}  # partitions by institution
        self._lost: frozenset[str] = frozenset()
        self._assignment = 0
        self._surveyed = -1  # the assignment that the last whole survey was for
        self._next_scan = FREE
        self._trouble: str | None = None
        self._stopped = False
        self._watcher: asyncio.Task[None] | None = None
        self._poked = asyncio.Event()
        self._lock = asyncio.Lock()
        self._ledger = OutcomeWriter(
            ports.store, ports.clock, owner=self.owner, retry_seconds=settings.retry_seconds
        )
        self._lane_ports = EndpointQueuePorts(
            store=ports.store,
            subscriptions=self.subscriptions,
            sender=ports.sender,
            ledger=self._ledger,
            clock=ports.clock,
            settings=settings,
            owner=self.owner,
            chance=ports.chance,
            seen=self._seen,
            sources=self._sources_of,
            ways=ports.ways,
            tracing=ports.tracing,
            is_spacious=self._is_spacious,
            poke=self._poked.set,
        )

    # Life cycle

    async def start(self) -> None:
        """Begin to look for rows and to write what came of them."""
        await self._ledger.start()
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
        await asyncio.gather(*(lane.stop(most) for lane in self._lanes.values()))
        await self._ledger.stop()
        with contextlib.suppress(Transient):
            await self._store.release(self._sources | self._lost, self.owner, keep=())

    def trouble(self) -> str | None:
        """Return None, or why rows are not looked for or not recorded."""
        return self._trouble or self._ledger.trouble()

    def alive(self) -> bool:
        """Tell whether both background tasks run."""
        return (self._watcher is None or not self._watcher.done()) and self._ledger.alive()

    # From the stage

    def assigned(self, stage: str, sources: frozenset[str]) -> None:
        """Work for these partitions of a stage from now on, and for no others of it.

        The lanes serve several stages, each of which has its own group and its own assignments.
        """
        before = self._sources
        self._assigned[stage] = sources
        self._held = {}
        for source in frozenset[str]().union(*self._assigned.values()):
            agency = agency_of(source.partition("/")[0]) or ""
            self._held[agency] = self._held.get(agency, frozenset()) | {source}
        self._lost = (self._lost | before) - self._sources
        for lane in self._lanes.values():
            lane.lose(self._lost)
        self._assignment += 1
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
            while self._surveyed != self._assignment:
                await self._survey()
            admitted = self._admit(rows, destinations)
            try:
                repeated = await self._store.insert([row for _, some in admitted for row in some])
            except BaseException:
                for lane, _ in admitted:
                    lane.abandon()
                raise
            for lane, some in admitted:
                lane.confirm(some, repeated=any(row.delivery_id in repeated for row in some))

    async def erase(self, complaints: Group[UUID]) -> None:
        """Blank all rows of these complaints, and send none of them with its words any more.

        Raises:
            DatabaseAway: some may be blank; the caller comes again with the same.
        """
        await self._store.blank(complaints)
        for lane in self._lanes.values():
            lane.stock.erase(complaints)
            lane.look()

    def _admit(
        self, rows: Sequence[Delivery], destinations: Mapping[str, Destination]
    ) -> list[tuple[EndpointQueue, list[Delivery]]]:
        by_lane: dict[str, list[Delivery]] = {}
        for row in rows:
            by_lane.setdefault(row.endpoint_id, []).append(row)
        admitted = []
        for endpoint_id, some in by_lane.items():
            lane = self._lane(endpoint_id, some[0].agency)
            admitted.append((lane, lane.admit(some, destinations[endpoint_id])))
        return admitted

    # Looking for rows

    async def _watch(self) -> None:
        while True:
            self._poked.clear()
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
        self._next_scan = self._after(self._settings.retry_seconds)

    async def _round(self) -> None:
        now = self._clock.now()
        if now >= self._next_scan:
            async with self._lock:
                await self._survey()
        for lane in list(self._lanes.values()):
            if lane.wake_at is not None and lane.wake_at <= now:
                lane.look()

    async def _rest(self) -> None:
        wakes = [lane.wake_at for lane in self._lanes.values() if lane.wake_at is not None]
        seconds = (min([self._next_scan, *wakes]) - self._clock.now()).total_seconds()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.001)):
                await self._poked.wait()

    async def _survey(self) -> None:
        assignment, whole = self._assignment, self._surveyed != self._assignment
        await self._release()
        informed = [] if whole else [e for e, lane in self._lanes.items() if _is_informed(lane)]
        but_not_of = NOBODY if whole else self.owner
        waiting = await self._store.survey(self._sources, but_not_of=but_not_of, skip=informed)
        deferred = await self._store.deferred(self._sources) if whole else []
        unwell = [e for e, lane in self._lanes.items() if not lane.standing.is_ok]
        ladders = await self._census.take(unwell, self._held)
        if assignment != self._assignment:
            return
        for endpoint_id, (agency, ladder) in ladders.items():
            self._lane(endpoint_id, agency).learn(ladder)
        for one in deferred:
            self._lane(one.endpoint_id, one.agency).defer(one.complaint_id, one.until)
        for found in waiting:
            self._lane(found.endpoint_id, found.agency).found(found, at_once=whole)
        for endpoint_id in informed:
            self._lanes[endpoint_id].look()
        for lane in self._lanes.values():
            lane.resume()
        self._prune()
        self._surveyed = assignment
        self._next_scan = self._after(self._settings.scan_seconds)

    async def _release(self) -> None:
        lost = self._lost
        if lost:
            busy = {row for lane in self._lanes.values() for row in lane.stock.queue.busy}
            await self._store.release(lost, self.owner, keep=busy)
            self._lost -= lost

    def _prune(self) -> None:
        for endpoint_id, lane in list(self._lanes.items()):
            if lane.is_idle and lane.agency not in self._held:
                del self._lanes[endpoint_id]
        lanes = (lane for lane in self._lanes.values() if not lane.is_replaced)
        self._census.count(lane.standing.ladder.state for lane in lanes)

    # What all lanes share

    @property
    def _sources(self) -> frozenset[str]:
        return frozenset(source for some in self._held.values() for source in some)

    def _sources_of(self, agency: str) -> frozenset[str]:
        """Return the partitions that rows may be claimed from; none before the survey of them.

        Until then the leases of what was lost, and may have come back since, are being ended.
        """
        if self._surveyed != self._assignment:
            return frozenset()
        return self._held.get(agency, frozenset())

    def _lane(self, endpoint_id: str, agency: str) -> EndpointQueue:
        if endpoint_id not in self._lanes:
            self._lanes[endpoint_id] = EndpointQueue(endpoint_id, agency, self._lane_ports)
        return self._lanes[endpoint_id]

    def _is_spacious(self) -> bool:
        size = sum(lane.stock.queue.size for lane in self._lanes.values())
        return size < self._settings.queue_bytes

    def _seen(self, outcome: DeliveryOutcome, seconds: float) -> None:
        self._telemetry.counter("salur_deliveries_total").labels(outcome.value).inc()
        self._telemetry.histogram("salur_delivery_seconds").observe(seconds)

    def _after(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)


def _is_informed(lane: EndpointQueue) -> bool:
    """Tell whether a lane knows of its rows and may take them, so that no scan need tell it."""
    return lane.stock.backlog and lane.stock.blocked_until is None

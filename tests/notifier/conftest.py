"""Events on institutions' topics, an endpoint that answers as told, and a store in memory."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from collections.abc import Collection as Group
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from services.notifier.domain.deliveries import FREE, NOBODY, Delivery, DeliveryState, Lease
from services.notifier.domain.ladder import Ladder, LaneState, Rungs
from services.notifier.domain.outcomes import Reply
from services.notifier.handlers import NotifierHandler
from services.notifier.lanes import Lanes, LanesPorts
from services.notifier.settings import NotifierSettings
from services.notifier.store import Found, NotifierStore, Settlement, Wanted
from shared.case import Channel, Place, ReportType, Status
from shared.clock import Clock, SetClock
from shared.endpoints import Endpoint
from shared.errors import DatabaseAway
from shared.events import AgencyComplaint, AgencyEvent, AgencyOutcome, agency_event_type
from shared.identifiers import complaint_number, event_id
from shared.telemetry import Telemetry
from shared.topics import agency_topic
from shared.work import Item
from tests.builders import START, FakeRecord, complaint_id

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KAB = "kab-3603"


def agency_event(name: str = "one", seq: int = 1, agency: str = KAB) -> AgencyEvent:
    """Return what an institution hears of a complaint."""
    identifier = complaint_id(name)
    return AgencyEvent(
        complaint_id=identifier,
        number=complaint_number(identifier),
        agency=agency,
        seq=seq,
        outcome=AgencyOutcome.ROUTED if seq == 1 else AgencyOutcome.FOLLOWED_UP,
        at=START,
        status=Status.ROUTED,
        complaint=AgencyComplaint(
            type=ReportType.COMPLAINT,
            title="Jalan rusak",
            text='Jalan "utama" berlubang — sejak hujan.',
            place=Place(),
            channel=Channel.WEB,
            anonymous=True,
            secret=False,
            received_at=START,
        ),
    )


def agency_record(event: AgencyEvent, offset: int = 0, **changes: Any) -> FakeRecord:
    """Return the event as the router publishes it."""
    topic = agency_topic(event.agency)
    ce_id = event_id(event.complaint_id, event.seq, topic)
    values: dict[str, Any] = {
        "topic": topic,
        "offset": offset,
        "key": str(event.complaint_id).encode(),
        "value": event.model_dump_json(exclude_none=True).encode(),
        "headers": (
            ("ce_type", agency_event_type(event.outcome).encode()),
            ("ce_id", str(ce_id).encode()),
            ("ce_time", event.at.isoformat().encode()),
        ),
    }
    return FakeRecord(**(values | changes))


def endpoint(agency: str = KAB, url: str = "http://127.0.0.1:1/hook", **changes: Any) -> Endpoint:
    """Return an institution's endpoint."""
    values = {"endpoint_id": f"of-{agency}", "agency": agency, "url": url, "secret": SECRET}
    return Endpoint.model_validate(values | changes)


def fast_settings(**changes: Any) -> NotifierSettings:
    """Return settings under which the ladder is climbed in a fraction of a second."""
    values: dict[str, Any] = {
        "request_seconds": 0.5,
        "lease_seconds": 1.5,
        "scan_seconds": 0.1,
        "retry_seconds": 0.05,
        "ladder": Rungs(
            first_seconds=0.05, longest_seconds=0.2, total_seconds=0.4, failed_probe_seconds=0.2
        ),
    }
    return NotifierSettings(**(values | changes))


@dataclass
class Hit:
    """One request that the receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """An HTTP server whose paths answer as told: a status, or None to hang."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.at_once: dict[str, int] = defaultdict(int)
        self.most_at_once: dict[str, int] = defaultdict(int)
        self.answers: dict[str, Callable[[Hit], int | None]] = {}
        self.headers: dict[str, str] = {}
        self.reply = b"ok"
        self.released = asyncio.Event()
        self.url = ""

    def of(self, path: str) -> list[Hit]:
        """Return the requests to a path."""
        return [hit for hit in self.hits if hit.path == path]

    async def take(self, request: web.Request) -> web.Response:
        """Answer one request."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        hit = Hit(request.path, headers, await request.read())
        self.at_once[hit.path] += 1
        self.most_at_once[hit.path] = max(self.most_at_once[hit.path], self.at_once[hit.path])
        try:
            answer = self.answers.get(hit.path)
            status = answer(hit) if answer else 200
            self.hits.append(hit)
            if status is None:
                await self.released.wait()
            await asyncio.sleep(0)
            return web.Response(status=status or 200, body=self.reply, headers=self.headers)
        finally:
            self.at_once[hit.path] -= 1


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return a receiver on loopback."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    receiver.url = f"http://{host}:{port}"
    yield receiver
    receiver.released.set()
    await runner.cleanup()


@dataclass
class Sent:
    """One attempt of a fake sender that waits for its reply."""

    row: Delivery
    reply: asyncio.Future[Reply]

    def answer(self, status: int | None = 200, **more: Any) -> None:
        """Let the attempt end."""
        self.reply.set_result(Reply(status, **more))


class FakeSender:
    """Answers 200, or holds every attempt open until the test answers it."""

    def __init__(self, *, holds: bool = False) -> None:
        self.sent: list[Sent] = []
        self.holds = holds
        self.status = 200

    @property
    def open(self) -> list[Sent]:
        """Return the attempts not answered yet."""
        return [one for one in self.sent if not one.reply.done()]

    @property
    def seqs(self) -> list[int]:
        """Return the seq of every attempt, in order."""
        return [one.row.seq for one in self.sent]

    async def send(self, endpoint: Endpoint, row: Delivery, at: datetime) -> Reply:
        sent = Sent(row, asyncio.get_running_loop().create_future())
        self.sent.append(sent)
        if not self.holds:
            sent.answer(self.status)
        return await sent.reply


@dataclass
class MemoryStore(NotifierStore):
    """Keeps the database's promises in a dictionary; `away` makes it fail."""

    rows: dict[str, Delivery] = field(default_factory=dict)
    last: dict[str, Settlement] = field(default_factory=dict)
    known: dict[str, Endpoint] = field(default_factory=dict)
    kept: dict[str, tuple[str, Ladder]] = field(default_factory=dict)
    away: bool = False
    reads: int = 0

    def states(self) -> list[str]:
        return [row.state.value for row in sorted(self.rows.values(), key=lambda r: r.order)]

    async def endpoints(self, agencies: Iterable[str]) -> dict[str, Endpoint]:
        await self._answer()
        return {agency: self.known[agency] for agency in agencies if agency in self.known}

    async def insert(self, rows: Sequence[Delivery]) -> frozenset[str]:
        await self._answer()
        repeated = frozenset(row.delivery_id for row in rows if row.delivery_id in self.rows)
        self.rows |= {row.delivery_id: row for row in rows if row.delivery_id not in repeated}
        return repeated

    async def survey(
        self, sources: Group[str], *, but_not_of: str = NOBODY, skip: Group[str] = ()
    ) -> list[Found]:
        await self._answer()
        found: dict[str, list[Delivery]] = defaultdict(list)
        for row in self.rows.values():
            skipped = row.endpoint_id in skip or (but_not_of and row.owner == but_not_of)
            if row.state is DeliveryState.PENDING and row.source in sources and not skipped:
                found[row.endpoint_id].append(row)
        return [
            Found(one, rows[0].agency, min(r.until for r in rows), max(r.due for r in rows))
            for one, rows in found.items()
        ]

    async def waiting(self, wanted: Wanted) -> list[Delivery]:
        await self._answer()
        self.reads += 1
        found = [
            row
            for row in self.rows.values()
            if row.endpoint_id == wanted.endpoint_id
            and row.state is wanted.state
            and row.source in wanted.sources
        ]
        return sorted(found, key=lambda row: row.order)[: wanted.limit]

    async def claim(
        self, ids: Sequence[str], lease: Lease, *, state: DeliveryState, now: datetime
    ) -> frozenset[str]:
        await self._answer()
        taken = frozenset(
            one
            for one in ids
            if self.rows[one].state is state
            and (self.rows[one].until <= now or self.rows[one].owner == lease.owner)
        )
        self._change(taken, owner=lease.owner, until=lease.until)
        return taken

    async def renew(self, ids: Sequence[str], lease: Lease) -> bool:
        await self._answer()
        mine = [one for one in ids if self.rows[one].owner == lease.owner]
        self._change(mine, until=lease.until)
        return len(mine) == len(ids)

    async def release(self, sources: Group[str], owner: str, *, keep: Group[str]) -> None:
        await self._answer()
        mine = [
            one
            for one, row in self.rows.items()
            if row.owner == owner and row.source in sources and one not in keep
        ]
        self._change(mine, owner=NOBODY, until=FREE)

    async def settle(self, owner: str, done: Sequence[Settlement], at: datetime) -> None:
        await self._answer()
        for one in done:
            row = self.rows[one.delivery_id]
            if row.owner == owner:
                self.last[one.delivery_id] = one
                self._change(
                    [one.delivery_id],
                    state=one.state,
                    owner=NOBODY,
                    until=FREE,
                    attempts=row.attempts + 1,
                )

    async def park(self, endpoint_id: str, *, keep: Group[str] = ()) -> None:
        await self._answer()
        found = [one for one in self._of(endpoint_id, DeliveryState.PENDING) if one not in keep]
        self._change(found, state=DeliveryState.PARKED, owner=NOBODY, until=FREE)

    async def unpark(self, endpoint_id: str) -> None:
        await self._answer()
        self._change(self._of(endpoint_id, DeliveryState.PARKED), state=DeliveryState.PENDING)

    async def ladders(self, also: Iterable[str] = ()) -> dict[str, tuple[str, Ladder]]:
        await self._answer()
        also = set(also)
        return {
            one: (agency, ladder)
            for one, (agency, ladder) in self.kept.items()
            if ladder.state is not LaneState.OK or one in also
        }

    async def save_ladder(self, endpoint_id: str, agency: str, ladder: Ladder) -> bool:
        await self._answer()
        present = self.kept.get(endpoint_id)
        if present is not None and present[1].version != ladder.version - 1:
            return False
        self.kept[endpoint_id] = (agency, ladder)
        return True

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise DatabaseAway("the store in memory is away")

    def _of(self, endpoint_id: str, state: DeliveryState) -> list[str]:
        return [
            one
            for one, row in self.rows.items()
            if row.endpoint_id == endpoint_id and row.state is state
        ]

    def _change(self, ids: Iterable[str], **change: Any) -> None:
        for one in ids:
            self.rows[one] = replace(self.rows[one], **change)


class Notifier:
    """Handler and lanes of one process, without Kafka."""

    def __init__(
        self, store: NotifierStore, sender: Any, clock: Clock, settings: NotifierSettings
    ) -> None:
        self.telemetry = Telemetry()
        ports = LanesPorts(store, sender, clock, self.telemetry, lambda: 0.5)
        self.lanes = Lanes(ports, settings)
        self.handler = NotifierHandler(store, self.lanes, clock)
        self.store = store

    async def __aenter__(self) -> "Notifier":
        await self.lanes.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.lanes.stop()

    def hold(self, *agencies: str) -> None:
        """Have the partitions of these institutions assigned, and no others."""
        self.lanes.assigned(frozenset(f"{agency_topic(code)}/0" for code in agencies))

    async def read(self, *events: AgencyEvent, first: int = 0) -> None:
        """Have a batch with these events, at offsets from `first`."""
        records = [agency_record(event, first + place) for place, event in enumerate(events)]
        await self.handler.handle([Item(r, self.handler.decode(r)) for r in records])

    def delivered(self, outcome: str = "delivered") -> float:
        """Return how many attempts ended so."""
        counter = self.telemetry.counter("salur_deliveries_total")
        return float(counter.labels(outcome)._value.get())


async def abandon(notifier: Notifier) -> None:
    """End a notifier as a kill would: nothing is released, nothing more is written."""
    lanes = notifier.lanes
    tasks = [lanes._watcher, lanes._ledger._writer]
    for lane in lanes._lanes.values():
        lane._stopping = True
        tasks += [*lane._attempts, lane._worker]
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    lanes._watcher = lanes._ledger._writer = None


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def memory() -> MemoryStore:
    """Return a store that knows one institution's endpoint."""
    return MemoryStore(known={KAB: endpoint()})

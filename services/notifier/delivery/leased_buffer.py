"""A lane's stock: its rows in memory under a live lease, and what is known of the rest.

Rows come in two ways: straight from the stage, already leased; or, once something waits in the
database that is not in memory (the backlog), by claiming from there. While there is a backlog
nothing takes the straight way, so the order holds. Each wait for the database begins with a look
at the backlog, and what it brings is used only as far as nothing was heard meanwhile.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.domain.delivery.deliveries import FREE, NOBODY, Delivery, held_until
from services.notifier.domain.delivery.row_queue import RowQueue
from services.notifier.domain.delivery.stored_backlog import BacklogMark, StoredBacklog
from services.notifier.ports import EndpointQueuePorts
from services.notifier.store import RowRequest
from shared.contracts.deliveries import DeliveryState


class LeasedBuffer:
    """The rows of one endpoint that this process may send."""

    def __init__(self, endpoint_id: str, agency: str, ports: EndpointQueuePorts) -> None:
        self.queue = RowQueue()
        self.blocked_until: datetime | None = None  # another notifier holds what waits
        self._endpoint_id = endpoint_id
        self._agency = agency
        self._ports = ports
        self._leased_until = FREE
        self._deferred: dict[UUID, datetime] = {}  # complaints whose next row waits on its own
        self._backlog = StoredBacklog()
        self._admitted = self._backlog.look()

    @property
    def backlog(self) -> bool:
        """Tell whether rows may wait in the database that are not in memory."""
        return self._backlog.is_there

    @property
    def may_claim(self) -> bool:
        """Tell whether rows wait in the database and memory is ready for them."""
        if not self.backlog or len(self.queue):
            return False
        return self.blocked_until is None or self.blocked_until <= self._ports.clock.now()

    def admit(self, rows: Sequence[Delivery]) -> list[Delivery]:
        """Return rows as they are to be inserted: leased as far as memory goes, then free."""
        held = self._ports.sources(self._agency)
        room = 0
        straight = all(r.source in held and r.complaint_id not in self._deferred for r in rows)
        if straight and not self.backlog and self._ports.is_spacious():
            room = self._ports.settings.queue_rows - len(self.queue)
        self._admitted = self._backlog.look()
        lease = self._ports.lease()
        leased = [replace(row, owner=lease.owner, until=lease.until) for row in rows[:room]]
        return [*leased, *rows[room:]]

    def confirm(self, rows: Sequence[Delivery]) -> None:
        """Take rows into memory that were inserted as `admit` said, unless others wait by now."""
        leased = [row for row in rows if row.owner != NOBODY]
        unheard = self._backlog.is_unheard(self._admitted)
        if leased and unheard:
            self._remember(leased, leased[0].until)
        if len(leased) < len(rows) or not unheard:
            self._backlog.tell()

    def tell(self) -> None:
        """Learn that rows may wait in the database that are not in memory."""
        self._backlog.tell()

    def look(self) -> BacklogMark:
        """Return what was heard of the backlog up to now."""
        return self._backlog.look()

    def clear(self, look: BacklogMark) -> None:
        """Learn that nothing waited in the database at that moment."""
        self._backlog.clear(look)

    def done(self, row: Delivery, *, returned: bool) -> None:
        """Let a row's complaint go on; `returned` where the row waits again in the database.

        Then what is in memory of the complaint comes after it, and must be claimed with it.
        """
        if returned:
            self._backlog.tell()
            # A claim under way left this one out as busy: what it read may be its successor.
            self._backlog.void()
            self.queue.forget(lambda other: other.complaint_id == row.complaint_id)
        self.queue.done(row)

    def defer(self, complaint: UUID, until: datetime) -> None:
        """Let a complaint's rows wait in the database until then, and nobody else's for them."""
        self._deferred[complaint] = until

    def resume(self) -> bool:
        """Let go on what has waited long enough; tell whether there is any."""
        now = self._ports.clock.now()
        over = [complaint for complaint, until in self._deferred.items() if until <= now]
        for complaint in over:
            del self._deferred[complaint]
        if over:
            self._backlog.tell()
        return bool(over)

    async def claim(self, state: DeliveryState, limit: int) -> None:
        """Take the first rows that are free; a complaint of which another holds a row waits."""
        self.blocked_until = None
        look, known = self._backlog.look(), self.queue.ids
        rows = await self._waiting(state, limit + len(known))
        now = self._ports.clock.now()
        lease = timedelta(seconds=self._ports.settings.lease_seconds)
        others = [row for row in rows if row.owner != self._ports.owner]
        theirs = [row for row in others if held_until(row, now, lease=lease) > now]
        blocked = {row.complaint_id for row in theirs}
        free = [
            row for row in rows if row.complaint_id not in blocked and row.delivery_id not in known
        ]
        taken, until = await self._take(free, state, now)
        if self._backlog.is_void(look):
            self._backlog.tell()
            return
        self._remember(taken, until)
        if theirs or len(rows) == limit + len(known) or len(taken) < len(free):
            self._wait_for(theirs, claimed=len(taken))
        else:
            self._backlog.clear(look)

    def _wait_for(self, theirs: Sequence[Delivery], *, claimed: int) -> None:
        self._backlog.tell()
        if not claimed:
            # Not at once again: nothing changes before a lease ends or somebody tells.
            soon = self._ports.after(self._ports.settings.scan_seconds)
            self.blocked_until = min((row.until for row in theirs), default=soon)

    async def holds_leases(self) -> bool:
        """Tell whether a row can be sent under a live lease, renewing it where it ends too soon."""
        while self._leased_until <= self._ports.after(self._ports.settings.request_seconds):
            lease = self._ports.lease()
            ids = {row.delivery_id for row in self.queue.rows}
            if not await self._ports.store.renew(sorted(ids), lease):
                self.forget()
                return False
            # What came into memory meanwhile has a lease of its own, which may end sooner.
            if ids.issuperset(row.delivery_id for row in self.queue.rows):
                self._leased_until = lease.until
        return True

    def forget(self) -> None:
        """Drop all rows that wait; they stay in the database and are claimed again."""
        if len(self.queue):
            self._backlog.tell()
        self._backlog.void()
        self.queue.forget()

    def erase(self, complaints: Collection[UUID]) -> None:
        """Drop rows of these complaints, and what a claim under way has read: both hold words.

        They stay in the database, blank, and are claimed again in their order.
        """
        self._backlog.void()
        if any(row.complaint_id in complaints for row in self.queue.rows):
            self._backlog.tell()
            self.queue.forget(lambda row: row.complaint_id in complaints)

    def lose(self, sources: Collection[str]) -> None:
        """Drop rows whose partitions another process works now."""
        self._backlog.void()
        self.queue.forget(lambda row: row.source in sources)

    async def _waiting(self, state: DeliveryState, limit: int) -> list[Delivery]:
        sources, skip = self._ports.sources(self._agency), frozenset(self._deferred)
        return await self._ports.store.waiting(
            RowRequest(self._endpoint_id, sources, state, limit, skip=skip)
        )

    async def _take(
        self, rows: Sequence[Delivery], state: DeliveryState, now: datetime
    ) -> tuple[list[Delivery], datetime]:
        lease = self._ports.lease()
        ids = [row.delivery_id for row in rows]
        claimed = await self._ports.store.claim(ids, lease, state=state, now=now)
        held = self._ports.sources(self._agency)  # may have changed meanwhile
        taken = [row for row in rows if row.delivery_id in claimed and row.source in held]
        return taken, lease.until

    def _remember(self, rows: Sequence[Delivery], until: datetime) -> None:
        self._leased_until = min(self._leased_until, until) if len(self.queue) else until
        self.queue.add(rows)

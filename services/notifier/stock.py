"""A lane's stock: its rows in memory under a live lease, and what is known of the rest.

Rows come in two ways: straight from the stage, already leased; or, once something waits in the
database that is not in memory (`backlog`), by claiming from there. While there is a backlog
nothing takes the straight way, so the order holds.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notifier.domain.deliveries import FREE, NOBODY, Delivery, DeliveryState
from services.notifier.domain.queue import Queue
from services.notifier.ports import LanePorts
from services.notifier.store import Wanted


class Stock:
    """The rows of one endpoint that this process may send."""

    def __init__(self, endpoint_id: str, agency: str, ports: LanePorts) -> None:
        self.queue = Queue()
        self.backlog = False
        self.blocked_until: datetime | None = None  # another notifier holds what waits
        self._endpoint_id = endpoint_id
        self._agency = agency
        self._ports = ports
        self._leased_until = FREE
        self._deferred: dict[UUID, datetime] = {}  # complaints whose next row waits on its own
        self._returned = 0  # rows that went back to wait in the database

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
        self.backlog = self.backlog or len(rows) > room
        lease = self._ports.lease()
        leased = [replace(row, owner=lease.owner, until=lease.until) for row in rows[:room]]
        return [*leased, *rows[room:]]

    def confirm(self, rows: Sequence[Delivery]) -> None:
        """Take rows into memory that were inserted as `admit` said."""
        leased = [row for row in rows if row.owner != NOBODY]
        self.backlog = self.backlog or len(leased) < len(rows)
        if leased:
            self._remember(leased, leased[0].until)

    def done(self, row: Delivery, *, returned: bool) -> None:
        """Let a row's complaint go on; `returned` where the row waits again in the database.

        Then what is in memory of the complaint comes after it, and must be claimed with it.
        """
        if returned:
            self._returned += 1
            self.backlog = True
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
        self.backlog = self.backlog or bool(over)
        return bool(over)

    async def claim(self, state: DeliveryState, limit: int) -> None:
        """Take the first rows that are free; a complaint of which another holds a row waits."""
        self.blocked_until = None
        returned = self._returned
        known = self.queue.ids
        sources = self._ports.sources(self._agency)
        limit += len(known)
        wanted = Wanted(self._endpoint_id, sources, state, limit, skip=frozenset(self._deferred))
        rows = await self._ports.store.waiting(wanted)
        now = self._ports.clock.now()
        theirs = [row for row in rows if row.until > now and row.owner != self._ports.owner]
        blocked = {row.complaint_id for row in theirs}
        free = [
            row for row in rows if row.complaint_id not in blocked and row.delivery_id not in known
        ]
        taken, until = await self._take(free, state, now)
        if returned != self._returned:
            # A row left out as busy waits again by now: what was read may be its successor.
            self.backlog = True
            return
        self._remember(taken, until)
        claimed = len(taken)
        self.backlog = bool(theirs) or len(rows) == limit or claimed < len(free)
        if self.backlog and not claimed:
            # Not at once again: nothing changes before a lease ends or somebody tells.
            soon = self._ports.after(self._ports.settings.scan_seconds)
            self.blocked_until = min((row.until for row in theirs), default=soon)

    async def holds_leases(self) -> bool:
        """Tell whether a row can be sent under a live lease, renewing it where it ends too soon."""
        if self._leased_until > self._ports.after(self._ports.settings.request_seconds):
            return True
        lease = self._ports.lease()
        ids = [row.delivery_id for row in self.queue.rows]
        if await self._ports.store.renew(ids, lease):
            self._leased_until = lease.until
            return True
        self.forget()
        return False

    def forget(self) -> None:
        """Drop all rows that wait; they stay in the database and are claimed again."""
        self.backlog = self.backlog or bool(len(self.queue))
        self.queue.forget()

    def erase(self, complaints: Collection[UUID]) -> None:
        """Drop rows of these complaints, and what a claim under way has read: both hold words.

        They stay in the database, blank, and are claimed again in their order.
        """
        self._returned += 1
        if any(row.complaint_id in complaints for row in self.queue.rows):
            self.backlog = True
            self.queue.forget(lambda row: row.complaint_id in complaints)

    def lose(self, sources: Collection[str]) -> None:
        """Drop rows whose partitions another process works now."""
        self.queue.forget(lambda row: row.source in sources)

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

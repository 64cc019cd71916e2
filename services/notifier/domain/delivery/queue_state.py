"""What one process knows of an endpoint's queue, and how each event changes it; no I/O.

Rows come in two ways: straight from the stage, already leased; or, once something waits in the
database that is not in memory (the backlog), by claiming from there. What always holds:

1. A row in memory is there once, and was leased by this process when it came in.
2. A complaint's rows are handed out by rising seq, the next when the one before is recorded.
3. While there is a backlog, no row takes the straight way.
4. Rows in the database lie parked or pending as the circuit says, unless `is_untidy`.
5. The circuit is in the database as it is here, unless `is_unsaved`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.domain.delivery.circuit import BackoffPolicy, CircuitState
from services.notifier.domain.delivery.deliveries import FREE, NOBODY, Delivery, Lease
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.row_queue import RowQueue
from services.notifier.domain.delivery.stored_backlog import BacklogMark, StoredBacklog
from shared.contracts.deliveries import DeliveryState, LaneState


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """The measures of every queue of a process."""

    queue_rows: int  # in memory
    sends_at_once: int
    row_attempts: int  # a row that failed this often is parked alone
    request: timedelta  # the longest that an attempt lasts
    lease: timedelta
    rescan: timedelta  # how long what was found in the database is believed
    retry: timedelta  # pause after the database did not answer
    backoff: BackoffPolicy


@dataclass(frozen=True, slots=True)
class Admission:
    """Rows as they are to be inserted, and what was known when that was decided."""

    rows: Sequence[Delivery]
    mark: BacklogMark
    version: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought: rows leased until then, and rows that others hold."""

    taken: Sequence[Delivery]
    until: datetime
    theirs_until: Sequence[datetime]
    is_all: bool  # nothing else waits


@dataclass(slots=True)
class QueueState:
    """The state of one endpoint's queue in this process."""

    endpoint_id: str
    agency: str
    limits: QueueLimits
    circuit: CircuitState = field(default_factory=CircuitState)
    rows: RowQueue = field(default_factory=RowQueue)
    backlog: StoredBacklog = field(default_factory=StoredBacklog)
    sending: int = 0  # handed out and not answered yet
    leased_until: datetime = FREE  # when the first lease in memory ends
    blocked_until: datetime | None = None  # another notifier holds what waits
    deferred: dict[UUID, datetime] = field(default_factory=dict)  # their next row waits alone
    last_due: datetime = FREE
    destination: Destination | None = None
    looked_up_at: datetime = FREE  # when the institution was last known to have the endpoint
    is_replaced: bool = False  # the institution has it no more
    is_untidy: bool = False  # rows may be parked that should not be, or the reverse
    is_unsaved: bool = False
    saved_version: int = 0  # of the circuit in the database, as far as known
    rejections: int = 0  # in a row

    @property
    def is_ok(self) -> bool:
        """Tell whether rows may be sent freely."""
        return self.circuit.state is LaneState.OK

    @property
    def waits(self) -> bool:
        """Tell whether rows may wait in the database that somebody should claim."""
        return self.backlog.is_there and self.circuit.state is not LaneState.DISABLED

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is in hand here."""
        in_hand = len(self.rows) or self.rows.is_busy or self.waits
        return not (in_hand or self.is_untidy or self.is_unsaved)

    def may_claim(self, now: datetime) -> bool:
        """Tell whether rows wait in the database and memory is ready for them."""
        if not self.waits or len(self.rows):
            return False
        return self.blocked_until is None or self.blocked_until <= now

    def is_leased(self, now: datetime) -> bool:
        """Tell whether what is in memory is this process's for as long as a request may take."""
        return self.leased_until > now + self.limits.request

    def look_up(self, destination: Destination, now: datetime) -> None:
        """Learn that the institution has the endpoint."""
        self.destination, self.looked_up_at = destination, now

    # Rows from the stage

    def admit(
        self, rows: Sequence[Delivery], lease: Lease, *, now: datetime, room: int
    ) -> Admission:
        """Return the rows as they are to be inserted: leased for memory, free, or parked.

        `room` is how many more may come into memory.
        """
        self.is_untidy = self.is_untidy or self.is_replaced
        self.is_replaced = False
        # Never before what waits already, whatever another process's clock said.
        self.last_due = max(now, self.last_due)
        if self.is_untidy and not self.circuit.is_given_up:
            self.backlog.tell()  # what is parked and should not be comes before these
        straight = self.is_ok and not self.backlog.is_there
        if not straight or any(row.complaint_id in self.deferred for row in rows):
            room = 0
        state = DeliveryState.PARKED if self.circuit.is_given_up else DeliveryState.PENDING
        leased = [
            replace(row, due=self.last_due, owner=lease.owner, until=lease.until)
            for row in rows[:room]
        ]
        free = [replace(row, due=self.last_due, state=state) for row in rows[room:]]
        return Admission([*leased, *free], self.backlog.look(), self.circuit.version)

    def inserted(self, admission: Admission, *, repeated: bool) -> None:
        """Take over rows that were inserted; `repeated` where some had been there before.

        Those may still wait in the database before the new ones, so all are claimed from there.
        """
        unmoved = self.is_ok and admission.version == self.circuit.version
        unheard = self.backlog.is_unheard(admission.mark)
        leased = [row for row in admission.rows if row.owner != NOBODY]
        if unmoved and unheard and not repeated:
            self._remember(leased, admission.rows[0].until)
            leftover = len(leased) < len(admission.rows)
        else:
            leftover = True
        if leftover:
            self.backlog.tell()
        parked = any(row.state is DeliveryState.PARKED for row in admission.rows)
        self.is_untidy = self.is_untidy or parked != self.circuit.is_given_up

    def insert_unknown(self) -> None:
        """Learn that nobody knows whether the admitted rows were inserted."""
        self.backlog.tell()
        self.is_untidy = True

    # Rows from the database

    def found(self, due: datetime, until: datetime | None) -> None:
        """Learn that rows wait in the database, the last due then; others hold them until then."""
        self.last_due = max(self.last_due, due)
        self.backlog.tell()
        self.blocked_until = until
        self.is_untidy = self.is_untidy or self.circuit.is_given_up

    def claimed(self, mark: BacklogMark, result: Claimed, *, soon: datetime) -> None:
        """Take over what a claim brought, unless it must not go into memory any more.

        Where it brought nothing, nothing changes before a lease ends, or before `soon`.
        """
        if self.backlog.is_void(mark):
            self.backlog.tell()
            return
        self._remember(result.taken, result.until)
        if result.is_all:
            self.backlog.clear(mark)
            return
        self.backlog.tell()
        if not result.taken:
            self.blocked_until = min(result.theirs_until, default=soon)

    def renewed(self, ids: Collection[str], until: datetime) -> None:
        """Learn that the leases of these rows last until then."""
        # What came into memory meanwhile has a lease of its own, which may end sooner.
        if all(row.delivery_id in ids for row in self.rows.rows):
            self.leased_until = until

    def forget(self) -> None:
        """Drop all rows that wait; they stay in the database and are claimed again."""
        if len(self.rows):
            self.backlog.tell()
        self.backlog.void()
        self.rows.forget()

    def lose(self, sources: Collection[str]) -> None:
        """Drop rows whose partitions another process works now; what is being sent goes on."""
        self.backlog.void()
        self.rows.forget(lambda row: row.source in sources)

    def erase(self, complaints: Collection[UUID]) -> None:
        """Drop rows of these complaints, and what a claim under way has read: both hold words.

        They stay in the database, blank, and are claimed again in their order.
        """
        self.backlog.void()
        if any(row.complaint_id in complaints for row in self.rows.rows):
            self.backlog.tell()
            self.rows.forget(lambda row: row.complaint_id in complaints)

    def recorded(self, row: Delivery, state: DeliveryState) -> None:
        """Let a row's complaint go on, once what came of it is written."""
        if state in (DeliveryState.PENDING, DeliveryState.PARKED):
            # It waits again, and what is in memory of its complaint comes after it.
            self.backlog.tell()
            # A claim under way left this one out as busy: what it read may be its successor.
            self.backlog.void()
            self.rows.forget(lambda other: other.complaint_id == row.complaint_id)
        self.rows.done(row)

    def resume(self, now: datetime) -> bool:
        """Let go on what has waited alone long enough; tell whether there is any."""
        over = [complaint for complaint, until in self.deferred.items() if until <= now]
        for complaint in over:
            del self.deferred[complaint]
        if over:
            self.backlog.tell()
        return bool(over)

    def _remember(self, rows: Sequence[Delivery], until: datetime) -> None:
        if rows:
            self.leased_until = min(self.leased_until, until) if len(self.rows) else until
            self.rows.add(rows)

    # The circuit

    def change(self, circuit: CircuitState) -> None:
        """Take a circuit that is still to be saved."""
        self._take(circuit)
        self.is_unsaved = True

    def learn(self, circuit: CircuitState) -> None:
        """Take the circuit that the database holds."""
        self.forget()
        self.backlog.tell()
        self._take(circuit)
        self.is_unsaved, self.saved_version = False, circuit.version

    def saved(self, circuit: CircuitState, *, over: CircuitState) -> None:
        """Learn that this one is in the database, as it was made `over` the present one."""
        self.saved_version = circuit.version
        if self.circuit is over:  # else it has changed since, and is saved next
            self.circuit, self.is_unsaved = circuit, False

    def _take(self, circuit: CircuitState) -> None:
        given_up = circuit.is_given_up
        self.is_untidy = self.is_untidy or given_up != self.circuit.is_given_up
        self.circuit = circuit

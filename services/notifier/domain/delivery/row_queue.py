"""The order within a lane: by due time, and one complaint's rows strictly one after the other."""

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from uuid import UUID

from services.notifier.domain.delivery.deliveries import Delivery


class RowQueue:
    """Rows in memory: waiting ones by complaint, and those handed out and not done yet.

    A complaint with a row handed out is busy: its next row waits until `done`.
    """

    def __init__(self) -> None:
        self._waiting: dict[UUID, list[Delivery]] = {}  # each by falling seq, next one last
        self._busy: dict[UUID, Delivery] = {}
        self._heads: list[tuple[tuple[object, int], UUID]] = []
        self._count = 0
        self.size = 0  # letters in the bodies that wait

    def __len__(self) -> int:
        return self._count

    @property
    def ids(self) -> frozenset[str]:
        """Return the ids of all rows in memory."""
        return frozenset(row.delivery_id for row in (*self.rows, *self._busy.values()))

    @property
    def rows(self) -> list[Delivery]:
        """Return the rows that wait."""
        return [row for rows in self._waiting.values() for row in rows]

    @property
    def busy(self) -> frozenset[str]:
        """Return the ids of the rows handed out and not done."""
        return frozenset(row.delivery_id for row in self._busy.values())

    @property
    def is_busy(self) -> bool:
        """Tell whether any row is handed out and not done."""
        return bool(self._busy)

    @property
    def is_ready(self) -> bool:
        """Tell whether `take` would hand out a row."""
        return bool(self._heads)

    def add(self, rows: Iterable[Delivery]) -> None:
        """Let rows wait; the caller sees to it that none is here already."""
        touched = set()
        for row in rows:
            self._waiting.setdefault(row.complaint_id, []).append(row)
            self._count += 1
            self.size += len(row.body)
            touched.add(row.complaint_id)
        for complaint in touched:
            self._waiting[complaint].sort(key=lambda row: row.seq, reverse=True)
        self._rank()

    def take(self) -> Delivery | None:
        """Hand out the first row by due time whose complaint is not busy; None if there is none."""
        return self._hand_out(heappop(self._heads)[1]) if self._heads else None

    def take_least_tried(self) -> Delivery | None:
        """Hand out the row with the fewest attempts among those that may go next.

        A row that its endpoint cannot stomach must not be the only one ever probed with.
        """
        heads = [self._waiting[complaint][-1] for _, complaint in self._heads]
        if not heads:
            return None
        chosen = min(heads, key=lambda row: (row.attempts, row.order)).complaint_id
        self._heads = [head for head in self._heads if head[1] != chosen]
        heapify(self._heads)
        return self._hand_out(chosen)

    def done(self, row: Delivery) -> None:
        """Let the complaint of a row that was handed out go on."""
        self._busy.pop(row.complaint_id, None)
        if row.complaint_id in self._waiting:
            self._push(row.complaint_id)

    def forget(self, which: Callable[[Delivery], bool] = lambda _: True) -> None:
        """Drop waiting rows; they stay in the database."""
        kept = [row for row in self.rows if not which(row)]
        self._waiting, self._count, self.size = {}, 0, 0
        self.add(kept)

    def _hand_out(self, complaint: UUID) -> Delivery:
        rows = self._waiting[complaint]
        row = rows.pop()
        if not rows:
            del self._waiting[complaint]
        self._count -= 1
        self.size -= len(row.body)
        self._busy[complaint] = row
        return row

    def _rank(self) -> None:
        self._heads = []
        for complaint in self._waiting:
            if complaint not in self._busy:
                self._push(complaint)

    def _push(self, complaint: UUID) -> None:
        heappush(self._heads, (self._waiting[complaint][-1].order, complaint))

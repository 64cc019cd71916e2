"""The ledger of erasures in a dictionary, under the same guard as the database's."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, MutableMapping
from datetime import datetime
from uuid import UUID

from services.intake.erasure.model import OPEN, PRESENT, Erasure, ErasureStats
from services.intake.erasure.store import ErasureRows, UnreadableErasure
from services.intake.erasure.views import ErasureQuery
from services.intake.http.cursors import Position
from services.intake.submit.records import VaultRow
from shared.contracts.case import Case
from shared.errors import DatabaseAway


class MemoryErasures:
    """Rows by complaint; `vault` and `cases` are the store's own."""

    def __init__(
        self,
        vault: Callable[[], MutableMapping[UUID, VaultRow]],
        cases: Callable[[], Mapping[UUID, Case]],
    ) -> None:
        self.kept: dict[UUID, Erasure] = {}
        self.unreadable: set[UUID] = set()  # of those kept
        self.before_put: Callable[[], None] | None = None  # once, as if by another intake
        self.is_away = False
        self._vault = vault
        self._cases = cases

    async def erasure(self, complaint_id: UUID) -> Erasure | None:
        self._ask()
        if complaint_id in self.unreadable:
            raise UnreadableErasure("switched on by the test")
        return self.kept.get(complaint_id)

    async def put_erasure(self, row: Erasure) -> bool:
        self._ask()
        if self.before_put is not None:
            act, self.before_put = self.before_put, None
            act()
        present = self.kept.get(row.complaint_id)
        if present is not None and present.version != row.version - 1:
            return False
        self.unreadable.discard(row.complaint_id)
        self.kept[row.complaint_id] = row
        return True

    async def erasures(self, query: ErasureQuery, *, after: Position | None) -> ErasureRows:
        self._ask()
        rows = sorted(self.kept.values(), key=lambda row: (row.asked_at, row.complaint_id))
        found = [row for row in rows if not query.state or row.state in query.state]
        if after is not None:
            start = after.at, after.complaint_id
            found = [row for row in found if (row.asked_at, row.complaint_id) > start]
        shown, more = found[: query.limit], len(found) > query.limit
        end = Position(shown[-1].asked_at, shown[-1].complaint_id) if more else None
        return ErasureRows([row for row in shown if row.complaint_id not in self.unreadable], end)

    async def clear_vault(self, complaint_ids: Collection[UUID]) -> None:
        self._ask()
        for each in complaint_ids:
            self._vault().pop(each, None)

    async def with_words(self, complaint_ids: Collection[UUID]) -> frozenset[UUID]:
        self._ask()
        cases = {key: self._cases().get(key) for key in complaint_ids}
        return frozenset(key for key, case in cases.items() if case and not case.is_erased)

    async def stats(self, now: datetime) -> ErasureStats:
        self._ask()
        rows = self.kept.values()
        return ErasureStats(
            counts=Counter(row.state for row in rows if row.state in PRESENT),
            overdue=sum(row.is_overdue(now) for row in rows),
            oldest=min((row.asked_at for row in rows if row.state in OPEN), default=None),
        )

    def _ask(self) -> None:
        if self.is_away:
            raise DatabaseAway("the ledger is switched off by the test")

"""Keys, identities and the audit of intake, in memory, under the same rules as the database's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.audit.model import AuditChain, AuditEntry, AuditQuery, UnchainedEntry
from services.intake.audit.store import AuditRows
from services.intake.http.cursors import Position
from services.intake.submit.records import ApiKey, VaultRow
from services.intake.submit.submission import Reporter
from shared.errors import DatabaseAway


class _Asked:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away: set[str] = set()  # names of methods that fail

    def _ask(self, method: str) -> None:
        self.asked.append(method)
        if method in self.away:
            raise DatabaseAway(f"{method} is switched off by the test")


class MemoryKeys(_Asked):
    """Keys in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, ApiKey] = {}

    async def add_key(self, key: ApiKey) -> None:
        self._ask("add_key")
        self.kept[key.id] = key

    async def key(self, key_id: str) -> ApiKey | None:
        self._ask("key")
        return self.kept.get(key_id)

    async def all_keys(self) -> Sequence[ApiKey]:
        self._ask("all_keys")
        return sorted(self.kept.values(), key=lambda key: (key.created_at, key.id))

    async def set_key_end(self, key_id: str, at: datetime) -> None:
        self._ask("set_key_end")
        self.kept[key_id] = replace(self.kept[key_id], expires_at=at)

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        self._ask("revoke_key")
        first = self.kept[key_id].revoked_at or at
        self.kept[key_id] = replace(self.kept[key_id], revoked_at=first)

    async def mark_key_used(self, key_id: str, at: datetime) -> None:
        self._ask("mark_key_used")
        self.kept[key_id] = replace(self.kept[key_id], used_at=at)


class MemoryIdentities(_Asked):
    """Reporters as the vault has them."""

    def __init__(self, vault: Callable[[], Mapping[UUID, VaultRow]]) -> None:
        super().__init__()
        self._vault = vault

    async def reporter(self, complaint_id: UUID) -> Reporter | None:
        self._ask("reporter")
        row = self._vault().get(complaint_id)
        return row.reporter if row else None


class MemoryAudit(_Asked):
    """The entries of the audit, newest last."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[AuditEntry] = []
        self.queries: list[tuple[AuditQuery, Position | None]] = []

    async def add(self, done: UnchainedEntry) -> None:
        self._ask("add")
        entry = AuditChain("test", done.at).entry(done, kept=timedelta(days=1))
        self.rows.append(AuditEntry.model_validate({**entry, "id": UUID(int=len(self.rows))}))

    async def entries(self, query: AuditQuery, *, after: Position | None) -> AuditRows:
        self._ask("entries")
        self.queries.append((query, after))
        shown = self.rows[::-1][: query.limit]
        more = len(self.rows) > query.limit
        return AuditRows(shown, Position(shown[-1].at, shown[-1].id) if more else None)

"""Keys, identities and the audit of intake, in memory, under the same rules as the database's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.intake.audit.model import AuditChain, AuditEntry, AuditQuery, UnchainedEntry
from services.intake.audit.store import AuditRows
from services.intake.http.cursors import Position
from services.intake.submit.records import ApiKey, VaultRow
from services.intake.submit.submission import Reporter
from shared.errors import DatabaseAway


def kept_reporter(row: VaultRow) -> Reporter | None:
    """Return who reported, as the vault gives it back: nothing given is nobody."""
    return row.reporter if row.reporter != Reporter() else None


class Asked:
    """Notes which methods are asked, and fails at those that it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away: set[str] = set()  # names of methods that fail

    def _ask(self, method: str) -> None:
        self.asked.append(method)
        if method in self.away:
            raise DatabaseAway(f"{method} is switched off by the test")


class MemoryKeys(Asked):
    """Keys in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, ApiKey] = {}

    async def add_key(self, key: ApiKey) -> None:
        self._ask("add_key")
        self.kept.setdefault(key.id, key)

    async def key(self, key_id: str) -> ApiKey | None:
        self._ask("key")
        return self.kept.get(key_id)

    async def all_keys(self) -> Sequence[ApiKey]:
        self._ask("all_keys")
        return sorted(self.kept.values(), key=lambda key: (key.created_at, key.id))

    async def set_key_end(self, key_id: str, at: datetime) -> None:
        self._ask("set_key_end")
        self._change(key_id, expires_at=at)

    async def revoke_key(self, key_id: str, at: datetime) -> None:
        self._ask("revoke_key")
        if (key := self.kept.get(key_id)) is not None:
            self._change(key_id, revoked_at=key.revoked_at or at)

    async def mark_key_used(self, key_id: str, at: datetime) -> None:
        self._ask("mark_key_used")
        if (key := self.kept.get(key_id)) is not None:
            self._change(key_id, used_at=max(at, key.used_at or at))

    def _change(self, key_id: str, **change: Any) -> None:
        if key_id in self.kept:
            self.kept[key_id] = replace(self.kept[key_id], **change)


class MemoryIdentities(Asked):
    """Reporters as the vault has them."""

    def __init__(self, vault: Callable[[], Mapping[UUID, VaultRow]]) -> None:
        super().__init__()
        self._vault = vault

    async def reporter(self, complaint_id: UUID) -> Reporter | None:
        self._ask("reporter")
        row = self._vault().get(complaint_id)
        return kept_reporter(row) if row else None


class MemoryAudit(Asked):
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
        found = sorted(self.rows, key=_place, reverse=True)
        found = [row for row in found if _is_wanted(row, query)]
        if after is not None:
            found = [row for row in found if _place(row) < (after.at, after.complaint_id)]
        shown, more = found[: query.limit], len(found) > query.limit
        return AuditRows(shown, Position(*_place(shown[-1])) if more else None)


def _place(row: AuditEntry) -> tuple[datetime, UUID]:
    return row.at, row.id


def _is_wanted(row: AuditEntry, query: AuditQuery) -> bool:
    named = query.model_dump(exclude={"limit", "cursor", "since", "until"}, exclude_none=True)
    return (
        all(getattr(row, name) == value for name, value in named.items())
        and (query.since is None or row.at >= query.since)
        and (query.until is None or row.at < query.until)
    )

"""Choices about messages in memory, under the same rules as the database's."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from services.intake.preferences.store import NotificationPreferences
from services.intake.submit.records import VaultRow


class MemoryOptOuts:
    """Choices in a dictionary, beside a vault."""

    def __init__(self, vault: Callable[[], Mapping[UUID, VaultRow]]) -> None:
        self._vault = vault
        self.kept: dict[str, bool] = {}

    async def standing(self, complaint_id: UUID) -> NotificationPreferences:
        row = self._vault().get(complaint_id)
        if row is None:
            return NotificationPreferences(complaint_id, choices=self.kept)
        notify = row.reporter.notify if row.reporter else True
        return NotificationPreferences(complaint_id, notify, row.contacts, self.kept)

    async def choose(self, ids: Iterable[str], *, wanted: bool, at: datetime) -> None:
        self.kept |= dict.fromkeys(ids, wanted)

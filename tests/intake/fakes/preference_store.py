"""Choices about messages in memory, under the same rules as the database's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.intake.preferences.store import NotificationPreferences
from services.intake.submit.records import VaultRow
from shared.errors import DatabaseAway


class MemoryOptOuts:
    """Choices in a dictionary, beside a vault."""

    def __init__(self, vault: Callable[[], Mapping[UUID, VaultRow]]) -> None:
        self._vault = vault
        self.kept: dict[str, bool] = {}
        self.is_away = False

    async def preferences_of(self, complaint_id: UUID) -> NotificationPreferences:
        self._ask()
        row = self._vault().get(complaint_id)
        known = NotificationPreferences(complaint_id)
        if row is not None and row.reporter is not None and row.contacts:
            known = NotificationPreferences(complaint_id, row.reporter.notify, row.contacts)
        choices = {one: self.kept[one] for one in known.ids() if one in self.kept}
        return replace(known, choices=choices)

    async def choose(self, ids: Iterable[str], *, wanted: bool, at: datetime) -> None:
        self._ask()
        self.kept |= dict.fromkeys(ids, wanted)

    def _ask(self) -> None:
        if self.is_away:
            raise DatabaseAway("choices are switched off by the test")

"""Whom reports can be told to, and how often: contacts and an allowance in memory."""

from collections.abc import Collection as Group
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import UUID

from services.notifier.reporters.allowance import Allowance
from services.notifier.reporters.contacts import Addressee, ReporterContacts
from shared.contracts.identifiers import FIRST_CODE, IssuedCode
from shared.errors import DatabaseAway
from shared.privacy.contacts import Contact, choice_of_contact


def mark_of(contact: str) -> bytes:
    """Return the hash under which a contact is known here."""
    return sha256(contact.encode()).digest()


EMAIL = "siti@warga.example"
MARK = mark_of(EMAIL)


@dataclass
class FakeBook(ReporterContacts):
    """Contacts by report: those that are there and wanted."""

    known: dict[UUID, dict[Contact, str]] = field(default_factory=dict)
    asked: list[frozenset[UUID]] = field(default_factory=list)
    away: bool = False
    code: IssuedCode = FIRST_CODE

    async def reachable(self, complaints: Group[UUID]) -> dict[UUID, frozenset[Contact]]:
        self.asked.append(frozenset(complaints))
        self._ask()
        return {one: frozenset(self.known[one]) for one in complaints if self.known.get(one)}

    async def contact(self, complaint: UUID, way: Contact) -> Addressee | None:
        self._ask()
        contact = self.known.get(complaint, {}).get(way)
        if contact is None:
            return None
        return Addressee(contact, choice_of_contact(way, mark_of(contact)), self.code)

    def _ask(self) -> None:
        if self.away:
            raise DatabaseAway("switched off by the test")


@dataclass
class FakeAllowance(Allowance):
    """So many messages to a contact in a day."""

    most: int = 100
    taken: dict[tuple[str, date], list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    async def takes(self, choice: str, row_id: str, at: datetime) -> bool:
        self.asked.append((choice, row_id))
        if self.away:
            raise DatabaseAway("switched off by the test")
        rows = self.taken.setdefault((choice, at.astimezone(UTC).date()), [])
        if row_id not in rows and len(rows) < self.most:
            rows.append(row_id)
        return row_id in rows

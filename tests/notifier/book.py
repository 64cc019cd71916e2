"""Whom reports can be told to: a book of contacts in memory."""

from collections.abc import Collection as Group
from dataclasses import dataclass, field
from uuid import UUID

from services.notifier.reporters.contacts import Addressee, ReporterContacts
from shared.contracts.identifiers import FIRST_CODE, IssuedCode
from shared.errors import DatabaseAway
from shared.privacy.contacts import Contact

EMAIL = "siti@warga.example"
MARK = bytes(range(32))  # the keyed hash under which each contact is known


@dataclass
class FakeBook(ReporterContacts):
    """Contacts by report."""

    known: dict[UUID, dict[Contact, str]] = field(default_factory=dict)
    asked: list[frozenset[UUID]] = field(default_factory=list)
    away: bool = False
    code: IssuedCode = FIRST_CODE

    async def reachable(self, complaints: Group[UUID]) -> dict[UUID, frozenset[Contact]]:
        self.asked.append(frozenset(complaints))
        return {one: frozenset(self.known[one]) for one in complaints if one in self.known}

    async def contact(self, complaint: UUID, way: Contact) -> Addressee | None:
        if self.away:
            raise DatabaseAway("switched off by the test")
        contact = self.known.get(complaint, {}).get(way)
        return Addressee(contact, f"{way}:{MARK.hex()}", self.code) if contact else None

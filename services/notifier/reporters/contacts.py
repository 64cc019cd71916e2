"""Who can be written to, looked up when it is needed and kept nowhere.

Of what intake keeps, contacts alone are read and opened: never an identity, nor a text.
"""

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast
from uuid import UUID

from shared.contracts.documents import ContactDocument, OptOutDocument
from shared.contracts.identifiers import FIRST_CODE, IssuedCode
from shared.database.mongo import Collection
from shared.key_rings import KeyRing
from shared.privacy.contact_rows import FIELD, open_contacts, to_code
from shared.privacy.contacts import Contact, choice_of_complaint, choice_of_contact, is_wanted
from shared.privacy.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Addressee:
    """A contact as it is written to, the keyed hash it is known by, and the report's code."""

    contact: str = field(repr=False)
    mark: str
    code: IssuedCode = FIRST_CODE


class ReporterContacts(Protocol):
    """Every method raises Transient while the database does not answer."""

    async def reachable(self, complaints: Group[UUID]) -> dict[UUID, frozenset[Contact]]:
        """Return by complaint the ways to its reporter that are there and wanted."""
        ...

    async def contact(self, complaint: UUID, way: Contact) -> Addressee | None:
        """Return a reporter's contact; None where it is not there, erased, or not wanted.

        Raises:
            Transient: it cannot be opened with the keys that are here; the message says why.
        """
        ...


class MongoReporterContacts:
    """The collections `contacts` and `opt_outs`, both only read."""

    def __init__(self, contacts: Collection, opt_outs: Collection, *, keys: KeyRing) -> None:
        self._contacts = contacts
        self._opt_outs = opt_outs
        self._sealer = Sealer(keys)

    async def reachable(self, complaints: Group[UUID]) -> dict[UUID, frozenset[Contact]]:
        """Return ways as they are now; the contacts themselves are not read."""
        rows = await self._rows(complaints, fields=("marks", "notify"))
        choices = await self._choices(rows)
        found = {row["_id"]: _wanted(row, choices) for row in rows}
        return {complaint: ways for complaint, ways in found.items() if ways}

    async def contact(self, complaint: UUID, way: Contact) -> Addressee | None:
        """Return the contact as it stands at this moment."""
        rows = await self._rows([complaint], fields=("marks", "notify", "key", "code", FIELD))
        if not rows or way not in _wanted(rows[0], await self._choices(rows)):
            return None
        found = open_contacts(rows[0], self._sealer).get(way)
        mark = choice_of_contact(way, rows[0]["marks"][way])
        return Addressee(found, mark, to_code(rows[0].get("code"))) if found else None

    async def _rows(
        self, complaints: Group[UUID], *, fields: Sequence[str]
    ) -> list[ContactDocument]:
        if not complaints:
            return []
        found = await self._contacts.find({"_id": {"$in": list(complaints)}}, fields=fields)
        return cast("list[ContactDocument]", found)

    async def _choices(self, rows: Iterable[ContactDocument]) -> dict[str, bool]:
        wanted = [choice for row in rows for choice in (choice_of_complaint(row["_id"]), *_of(row))]
        if not wanted:
            return {}
        found = await self._opt_outs.find({"_id": {"$in": wanted}}, fields=("wanted",))
        choices = cast("list[OptOutDocument]", found)
        return {each["_id"]: each["wanted"] for each in choices}


def _of(row: ContactDocument) -> list[str]:
    return [choice_of_contact(Contact(kind), mark) for kind, mark in row["marks"].items()]


def _wanted(row: ContactDocument, choices: Mapping[str, bool]) -> frozenset[Contact]:
    notify = row.get("notify", True)
    return frozenset(
        Contact(kind)
        for kind, mark in row["marks"].items()
        if is_wanted(
            notify=notify,
            of_complaint=choices.get(choice_of_complaint(row["_id"])),
            of_contact=choices.get(choice_of_contact(Contact(kind), mark)),
        )
    )

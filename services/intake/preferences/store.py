"""Who is not to be written to, in the database: by report, and by a contact's keyed hash.

No contact is read here: the marks beside them are enough to know one again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from pymongo import UpdateOne

from shared.contracts.documents import ContactDocument, OptOut, OptOutDocument
from shared.database.collections import CONTACTS, OPT_OUTS
from shared.database.mongo import Mongo
from shared.privacy.contacts import Contact, choice_of_complaint, choice_of_contact, is_wanted


@dataclass(frozen=True, slots=True)
class NotificationPreferences:
    """What is known of a report's messages: the ways there are, and what was chosen of them."""

    complaint_id: UUID
    notify: bool = True
    contacts: Mapping[Contact, bytes] = field(default_factory=dict)
    choices: Mapping[str, bool] = field(default_factory=dict)

    @property
    def ways(self) -> tuple[Contact, ...]:
        """Return the ways by which the reporter is told."""
        own = self.choices.get(choice_of_complaint(self.complaint_id))
        return tuple(
            kind
            for kind, mark in self.contacts.items()
            if is_wanted(
                notify=self.notify,
                of_complaint=own,
                of_contact=self.choices.get(choice_of_contact(kind, mark)),
            )
        )

    def ids(self, *, everywhere: bool = True) -> list[str]:
        """Return the ids of the choices about this report, its contacts' too where asked for."""
        of_contacts = [choice_of_contact(kind, mark) for kind, mark in self.contacts.items()]
        return [choice_of_complaint(self.complaint_id), *(of_contacts if everywhere else ())]


class OptOutStore(Protocol):
    """Every method raises DatabaseAway while the database does not answer or confirm."""

    async def preferences_of(self, complaint_id: UUID) -> NotificationPreferences:
        """Return what is wanted of a report's messages; without ways where nobody is known."""
        ...

    async def choose(self, ids: Iterable[str], *, wanted: bool, at: datetime) -> None:
        """Keep choices in place of those before."""
        ...


class MongoOptOuts:
    """The collections `contacts` (read, nothing of it opened) and `opt_outs`."""

    def __init__(self, mongo: Mongo) -> None:
        self._contacts = mongo.private(CONTACTS)
        self._opt_outs = mongo.private(OPT_OUTS)

    async def preferences_of(self, complaint_id: UUID) -> NotificationPreferences:
        """Return the choices as they are now."""
        row = await self._contacts.find_one({"_id": complaint_id}, fields=("marks", "notify"))
        known = _without_choices(complaint_id, cast("ContactDocument | None", row))
        found = await self._opt_outs.find({"_id": {"$in": known.ids()}}, fields=("wanted",))
        choices = cast("list[OptOutDocument]", found)
        return replace(known, choices={each["_id"]: each["wanted"] for each in choices})

    async def choose(self, ids: Iterable[str], *, wanted: bool, at: datetime) -> None:
        """Write all of them in one bulk."""
        choice: OptOut = {"wanted": wanted, "at": at}
        change = {"$set": choice}
        await self._opt_outs.write([UpdateOne({"_id": one}, change, upsert=True) for one in ids])


def _without_choices(complaint_id: UUID, row: ContactDocument | None) -> NotificationPreferences:
    if row is None:
        return NotificationPreferences(complaint_id)
    marks = {Contact(kind): mark for kind, mark in row["marks"].items()}
    return NotificationPreferences(complaint_id, row.get("notify", True), marks)

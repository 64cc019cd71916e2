"""What intake keeps of reporters for the notifier: where to write to them, what they want."""

from dataclasses import replace
from typing import Any

from services.intake.identity.vault import VaultCodec
from services.intake.preferences.store import MongoOptOuts
from services.intake.submit.records import VaultRow
from services.notifier.reporters.contacts import Addressee, MongoReporterContacts
from shared.contracts.documents import ContactDocument, OptOut
from shared.contracts.identifiers import IssuedCode
from shared.database.collections import CONTACTS, OPT_OUTS
from shared.privacy.contacts import Contact, choice_of_complaint, choice_of_contact
from tests.intake.stored_rows import SITI, vault_row
from tests.support.asked_fields import AskedDatabase, fields_of
from tests.support.builders import CONTACT_RING, RING, START

CODE = IssuedCode("2", 1)


def row(**reporter: Any) -> VaultRow:
    return replace(vault_row(reporter=SITI | reporter), code=CODE)


def kept(one: VaultRow) -> ContactDocument:
    document = VaultCodec(RING).to_contacts(one)
    assert document is not None
    return document


async def chosen(identifier: str, *, wanted: bool) -> dict[str, Any]:
    """Return the document of a choice as intake writes it."""
    database: Any = AskedDatabase()
    await MongoOptOuts(database).choose([identifier], wanted=wanted, at=START)
    (change,) = database.written[OPT_OUTS]
    return {"_id": identifier, **change["$set"]}


def readers(
    contacts: ContactDocument, *choices: dict[str, Any]
) -> tuple[MongoReporterContacts, MongoOptOuts]:
    database: Any = AskedDatabase({CONTACTS: [contacts], OPT_OUTS: choices})
    book = MongoReporterContacts(
        database.private(CONTACTS), database.private(OPT_OUTS), keys=CONTACT_RING
    )
    return book, MongoOptOuts(database)


async def test_intake_keeps_all_that_is_named_and_nothing_else() -> None:
    assert kept(row(notify=False)).keys() == fields_of(ContactDocument).keys()
    assert (await chosen("one", wanted=True)).keys() == {"_id", *fields_of(OptOut)}


async def test_the_notifier_reads_the_contacts_that_intake_wrote() -> None:
    one = row()
    book, door = readers(kept(one))

    mark = choice_of_contact(Contact.EMAIL, one.contacts[Contact.EMAIL])
    assert await book.contact(one.id, Contact.EMAIL) == Addressee(SITI["email"], mark, CODE)
    assert await book.reachable([one.id]) == {one.id: {Contact.EMAIL, Contact.PHONE}}
    assert set((await door.preferences_of(one.id)).ways) == {Contact.EMAIL, Contact.PHONE}


async def test_the_notifier_heeds_the_choices_that_intake_wrote() -> None:
    one = row(notify=False)
    phone = choice_of_contact(Contact.PHONE, one.contacts[Contact.PHONE])
    of_report = await chosen(choice_of_complaint(one.id), wanted=True)

    book, door = readers(kept(one))
    assert await book.reachable([one.id]) == {}
    assert (await door.preferences_of(one.id)).ways == ()
    book, door = readers(kept(one), of_report, await chosen(phone, wanted=False))
    assert await book.reachable([one.id]) == {one.id: {Contact.EMAIL}}
    assert (await door.preferences_of(one.id)).ways == (Contact.EMAIL,)

"""What the book of reporters' contacts promises, in the database and in memory alike."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.intake.identity.vault import VaultCodec
from services.notifier.reporters.contacts import MongoReporterContacts, ReporterContacts
from shared.contracts.identifiers import FIRST_CODE, IssuedCode
from shared.database.collections import CONTACTS, OPT_OUTS
from shared.database.mongo import Mongo
from shared.privacy.contacts import Contact
from tests.intake.stored_rows import SITI, vault_row
from tests.notifier.book import FakeBook
from tests.support.builders import CONTACT_RING, RING, complaint_id
from tests.support.stores import not_away

Keep = Callable[..., Awaitable[UUID]]


def over(mongo: Mongo | None) -> ReporterContacts:
    if mongo is None:
        return FakeBook()
    kept = mongo.private(CONTACTS), mongo.private(OPT_OUTS)
    return MongoReporterContacts(*kept, keys=CONTACT_RING)


@pytest.fixture
def book(backing: Mongo | None) -> ReporterContacts:
    return over(backing)


@pytest.fixture
def keep(book: ReporterContacts, backing: Mongo | None) -> Keep:
    """Return what keeps a complaint's contacts as intake does."""

    async def kept(name: str, *, code: IssuedCode = FIRST_CODE, **form: Any) -> UUID:
        row = replace(vault_row(name, **form), code=code)
        if isinstance(book, FakeBook):
            is_wanted = row.reporter is not None and row.reporter.notify
            book.known[row.id] = dict(row.addresses) if is_wanted else {}
            book.code = code
        elif backing is not None and (document := VaultCodec(RING).to_contacts(row)) is not None:
            await backing.private(CONTACTS).insert(document)
        return row.id

    return kept


async def test_only_reporters_who_can_and_want_to_be_told_are_reachable(
    book: ReporterContacts, keep: Keep
) -> None:
    both = await keep("both")
    mail = await keep("mail", reporter={"email": "a@b.id", "phone": "1708"})
    others = [
        await keep("anonymous", anonymous=True),
        await keep("unwilling", reporter=SITI | {"notify": False}),
        await keep("nobody", reporter={"name": "Siti"}),
        complaint_id("unknown"),
    ]

    assert await book.reachable([both, mail, *others]) == {
        both: {Contact.EMAIL, Contact.PHONE},
        mail: {Contact.EMAIL},
    }
    assert await book.reachable([]) == {}
    for one in others:
        assert await book.contact(one, Contact.EMAIL) is None
    assert await book.contact(mail, Contact.PHONE) is None


async def test_a_contact_is_as_it_is_written_to_under_a_mark_of_its_own(
    book: ReporterContacts, keep: Keep
) -> None:
    one = await keep("one")
    same, other = await keep("same"), await keep("other", reporter={"email": "a@b.id"})

    found = [await book.contact(each, Contact.EMAIL) for each in (one, same, other)]
    sms = await book.contact(one, Contact.PHONE)

    assert [each and each.contact for each in found] == [SITI["email"], SITI["email"], "a@b.id"]
    marks = [each.mark for each in found if each]
    assert marks[0] == marks[1] != marks[2]
    assert [mark.partition(":")[0] for mark in marks] == ["email"] * 3
    assert sms
    assert (sms.contact, sms.mark.partition(":")[0]) == ("+6281234567890", "phone")
    assert "siti" not in repr(found)


async def test_a_contact_comes_with_the_code_that_was_issued_last(
    book: ReporterContacts, keep: Keep
) -> None:
    code = IssuedCode("2", 1)
    found = await book.contact(await keep("one", code=code), Contact.EMAIL)

    assert found
    assert found.code == code


async def test_an_erased_reporter_is_known_no_more(
    book: ReporterContacts, keep: Keep, backing: Mongo | None
) -> None:
    one = await keep("one")
    if isinstance(book, FakeBook):
        book.known.clear()
    elif backing is not None:
        await backing.private(CONTACTS).delete({"_id": one})

    assert await book.contact(one, Contact.EMAIL) is None
    assert await book.reachable([one]) == {}


async def test_every_call_says_that_the_book_is_away(away: Mongo | None) -> None:
    book = over(away)
    if isinstance(book, FakeBook):
        book.away = True
    one = complaint_id("one")

    assert await not_away(book.reachable([one]), book.contact(one, Contact.EMAIL)) == []

"""Intake's store in a real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.erasure.store import MongoErasures
from services.intake.identity.vault import VaultCodec
from services.intake.store import MongoIntakeStore
from services.intake.submit.documents import to_receipt
from services.intake.submit.records import Receipt, ReceiptKind
from services.intake.submit.unsent_store import MongoUnsent
from shared.contracts.case import Case
from shared.contracts.identifiers import complaint_number
from shared.database.collections import CASES, CONTACTS, RECEIPTS, VAULT
from shared.database.mongo import Mongo
from shared.privacy.contact_rows import open_contacts
from shared.privacy.contacts import Contact
from shared.privacy.sealing import Sealer
from tests.intake.conftest import entry
from tests.intake.stored_rows import SITI, vault_row
from tests.support.builders import CONTACT_RING, RING, START, complaint, complaint_id

pytestmark = pytest.mark.connected


def receipt(name: str = "one", number: bool = True) -> Receipt:
    identifier = complaint_id(name)
    return Receipt(
        id=identifier,
        kind=ReceiptKind.COMPLAINT if number else ReceiptKind.ACTION,
        complaint_id=identifier,
        caller="public",
        fingerprint=b"\x00\xff" * 16,
        at=START,
        number=complaint_number(identifier) if number else None,
        tracking_hash=b"\x01" * 32 if number else None,
    )


@pytest.fixture
async def store(mongo: Mongo) -> MongoIntakeStore:
    store = MongoIntakeStore(mongo, VaultCodec(RING))
    await store.start()
    return store


async def test_a_receipt_comes_back_as_it_was_kept(store: MongoIntakeStore) -> None:
    kept = receipt()

    assert await store.add_receipt(kept)
    assert await store.receipt(kept.id) == kept
    assert await store.receipt_of(kept.number or "") == kept
    assert await store.receipt_of("0" * 16) is None


async def test_an_id_is_kept_once(store: MongoIntakeStore) -> None:
    first = receipt()
    await store.add_receipt(first)

    assert not await store.add_receipt(replace(first, fingerprint=b"other"))
    assert await store.receipt(first.id) == first


async def test_a_number_is_kept_once(store: MongoIntakeStore) -> None:
    await store.add_receipt(receipt())

    assert not await store.add_receipt(replace(receipt("two"), number=receipt().number))
    assert await store.receipt(complaint_id("two")) is None


async def test_actions_have_no_number_and_do_not_collide(store: MongoIntakeStore) -> None:
    kept = [await store.add_receipt(receipt(name, number=False)) for name in ("a", "b")]

    assert kept == [True, True]


async def test_of_many_at_once_each_learns_whether_it_was_first(
    store: MongoIntakeStore, mongo: Mongo
) -> None:
    await store.add_receipt(receipt("5"))

    results = await asyncio.gather(*(store.add_receipt(receipt(str(n))) for n in range(20)))

    assert [place for place, is_new in enumerate(results) if not is_new] == [5]
    assert await mongo.private(RECEIPTS).count({}) == 20


async def test_marks_reach_their_receipts(store: MongoIntakeStore, mongo: Mongo) -> None:
    names = ("a", "b", "c")
    await asyncio.gather(*(store.add_receipt(receipt(name)) for name in names))

    await asyncio.gather(*(store.acknowledge(complaint_id(name)) for name in names[:2]))

    found = [to_receipt(document) for document in await mongo.private(RECEIPTS).find({})]
    assert {each.id for each in found if each.acknowledged} == {
        complaint_id("a"),
        complaint_id("b"),
    }


async def test_only_complaints_are_known(store: MongoIntakeStore) -> None:
    await store.add_receipt(receipt("complaint"))
    await store.add_receipt(receipt("action", number=False))
    asked: set[UUID] = {complaint_id(name) for name in ("complaint", "action", "nothing")}

    assert await store.known(asked) == {complaint_id("complaint"): receipt("complaint").at}


async def test_the_last_vault_row_of_an_id_is_kept(store: MongoIntakeStore, mongo: Mongo) -> None:
    await asyncio.gather(store.put_vault_row(vault_row(text="pertama")))
    await store.put_vault_row(replace(vault_row(text="kedua"), fingerprint=b"2"))

    (found,) = await mongo.private(VAULT).find({})
    assert found["fingerprint"] == b"2"
    form = await store.submission(complaint_id("one"))
    assert form
    assert (form.text, form.reporter) == ("kedua", vault_row().reporter)
    assert await store.submission(complaint_id("nothing")) is None


async def test_of_what_identifies_a_person_nothing_lies_open_in_the_database(
    store: MongoIntakeStore, mongo: Mongo
) -> None:
    given: dict[str, Any] = {
        "title": "Lubang di Gang Melati",
        "place": {"text": "RT 02 RW 05", "region_code": "36.03"},
        "category": "jalan",
        "reporter": {**SITI, "nik": "3603010101010001", "address": "Gang Melati 7"},
    }
    await store.put_vault_row(vault_row(text="Saya Siti, rumah saya di Gang Melati 7", **given))

    database = mongo.stored_private()
    stored = [
        document
        for name in await database.names()
        async for documents in database.documents(name)
        for document in documents
    ]
    assert len(stored) == 2  # vault and contacts
    words = ("Siti", "Melati", "RT 02", "jalan", "36.03", "3603010101010001", "warga", "3456")
    assert [word for word in words if any(word.encode() in each for each in stored)] == []


async def test_contacts_are_kept_apart_and_end_with_the_row(
    store: MongoIntakeStore, mongo: Mongo
) -> None:
    for name, reporter in (("one", SITI), ("erased", SITI), ("nobody", None)):
        await store.put_vault_row(vault_row(name, reporter=reporter))
    contacts = mongo.private(CONTACTS)
    assert {each["_id"] for each in await contacts.find({})} == {
        complaint_id("one"),
        complaint_id("erased"),
    }

    await MongoErasures(mongo).clear_vault([complaint_id("erased")])

    (left,) = await contacts.find({})
    assert open_contacts(left, Sealer(CONTACT_RING)) == {
        Contact.EMAIL: "siti@warga.example",
        Contact.PHONE: "+6281234567890",
    }


async def test_what_kafka_may_not_have_is_found_and_forgotten(
    store: MongoIntakeStore, mongo: Mongo
) -> None:
    unsent, later = MongoUnsent(mongo), START + timedelta(days=1)
    for name in ("one", "again", "marked", "arrived"):
        await store.add_receipt(replace(receipt(name), tried_at=START))
        await store.put_vault_row(replace(vault_row(), id=complaint_id(name)))
    await store.acknowledge(complaint_id("marked"))
    young = {"_id": complaint_id("arrived"), "status": "routed", "received_at": later}
    await mongo.cases(CASES).insert(young)
    assert await unsent.has_case_since(later)
    assert not await unsent.has_case_since(later + timedelta(seconds=1))
    names = ("one", "again", "arrived")
    found = await unsent.unsent(before=later, most=10)
    assert set(found) == {complaint_id(name) for name in names}
    assert len(await unsent.unsent(before=later, most=2)) == 2
    assert await unsent.unsent(before=START, most=10) == []

    assert await unsent.with_case(found) == {complaint_id("arrived")}
    await unsent.mark([complaint_id("arrived")])
    assert await store.renew_receipt(complaint_id("again"), later)
    await store.put_vault_row(replace(vault_row(), id=complaint_id("again"), at=later))

    assert await unsent.forget(found, before=later) == 1
    assert await store.receipt(complaint_id("one")) is None
    kept = await mongo.private(RECEIPTS).find({"acknowledged": True})
    assert all("tried_at" not in each for each in kept)
    assert {each["_id"] for each in kept} == {complaint_id("marked"), complaint_id("arrived")}
    for collection in (VAULT, CONTACTS):
        assert await mongo.private(collection).find_one({"_id": complaint_id("again")})
        assert not await mongo.private(collection).find_one({"_id": complaint_id("one")})


async def test_a_receipt_is_renewed_until_it_is_marked_or_gone(store: MongoIntakeStore) -> None:
    kept, later = replace(receipt(), tried_at=START), START + timedelta(days=1)
    await store.add_receipt(kept)

    assert await store.renew_receipt(kept.id, later)
    assert await store.receipt(kept.id) == replace(kept, tried_at=later)

    await store.acknowledge(kept.id)
    assert await store.renew_receipt(kept.id, later)
    assert await store.receipt(kept.id) == replace(kept, acknowledged=True, tried_at=None)
    assert not await store.renew_receipt(complaint_id("nobody"), later)


async def test_a_case_is_read_as_the_router_keeps_it(store: MongoIntakeStore, mongo: Mongo) -> None:
    case = Case(complaint=complaint(), history=(entry(),))
    document = {"_id": complaint_id("one"), "seq": 1, **case.model_dump(exclude_none=True)}
    await mongo.cases(CASES).insert(document)

    assert await store.case(complaint_id("one")) == case
    assert await store.case(complaint_id("two")) is None


async def test_receipts_wait_until_their_case_was_seen_or_another_claims_them(
    store: MongoIntakeStore, mongo: Mongo
) -> None:
    unsent, later = MongoUnsent(mongo), START + timedelta(days=1)
    for name in ("one", "seen", "unsent"):
        await store.add_receipt(replace(receipt(name), tried_at=START))
    await store.add_receipt(replace(receipt("action", number=False), kind=ReceiptKind.ACTION))
    await store.acknowledge(complaint_id("one"))
    await store.acknowledge(complaint_id("seen"))
    assert await unsent.awaiting_case(before=START, most=10) == []
    found = await unsent.awaiting_case(before=later, most=10)
    assert {each.id for each in found} == {complaint_id("one"), complaint_id("seen")}

    await unsent.settle_case([complaint_id("seen")])
    assert await unsent.claim_case(complaint_id("one"), before=later, until=later)
    assert not await unsent.claim_case(complaint_id("one"), before=later, until=later)

    assert await unsent.awaiting_case(before=later, most=10) == []

"""What intake's store promises, in the database and in memory alike; how it lies there."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from services.intake.cases.models import AgencyQuery, TriageQuery
from services.intake.erasure.store import MongoErasures
from services.intake.identity.vault import VaultCodec
from services.intake.store import IntakeStore, MongoIntakeStore
from services.router.refusals_store import MongoRefusals
from services.router.store import document_of
from shared.contracts.case import Case, InputKind, Refusal
from shared.contracts.documents import ContactDocument
from shared.contracts.identifiers import IssuedCode
from shared.contracts.refused_actions import RefusedAction
from shared.database.collections import CASES, CONTACTS, REFUSALS
from shared.database.mongo import Mongo
from shared.privacy.contact_rows import open_contacts
from shared.privacy.contacts import Contact
from shared.privacy.sealing import Sealer
from shared.runtime.clock import WallClock
from tests.intake.conftest import case_of, entry
from tests.intake.fakes.intake_store import MemoryStore
from tests.intake.stored_rows import SITI, receipt, vault_row
from tests.support.builders import (
    CONTACT_RING,
    REPORTER,
    RING,
    START,
    agency,
    complaint,
    complaint_id,
)
from tests.support.stores import Everything, not_away


def over(mongo: Mongo | None) -> IntakeStore:
    return MongoIntakeStore(mongo, VaultCodec(RING)) if mongo else MemoryStore()


@pytest.fixture
async def store(backing: Mongo | None) -> IntakeStore:
    store = over(backing)
    if isinstance(store, MongoIntakeStore):
        await store.start()
    return store


@pytest.fixture
async def stored(mongo: Mongo) -> MongoIntakeStore:
    store = MongoIntakeStore(mongo, VaultCodec(RING))
    await store.start()
    return store


async def test_a_receipt_comes_back_as_it_was_kept(store: IntakeStore) -> None:
    kept = receipt()

    assert await store.add_receipts([kept])
    assert await store.receipt(kept.id) == kept
    assert await store.receipt_of(kept.number or "") == kept
    assert await store.receipt_of("0" * 16) is None
    full = replace(receipt("two"), secret_id="2", given=True, tried_at=START)
    assert await store.add_receipts([full])
    assert await store.receipt(full.id) == full


async def test_an_id_is_kept_once(store: IntakeStore) -> None:
    first = receipt()
    await store.add_receipts([first])

    assert not await store.add_receipts([first])
    assert not await store.add_receipts([replace(first, fingerprint=b"other")])
    assert await store.receipt(first.id) == first


async def test_a_number_is_kept_once(store: IntakeStore) -> None:
    await store.add_receipts([receipt()])

    assert not await store.add_receipts([replace(receipt("two"), number=receipt().number)])
    assert await store.receipt(complaint_id("two")) is None


async def test_actions_have_no_number_and_do_not_collide(store: IntakeStore) -> None:
    kept = [await store.add_receipts([receipt(name, number=False)]) for name in ("a", "b")]

    assert kept == [[complaint_id("a")], [complaint_id("b")]]


async def test_of_many_at_once_each_learns_whether_it_was_first(
    store: IntakeStore,
) -> None:
    await store.add_receipts([receipt("5")])

    kept = await store.add_receipts([receipt(str(n)) for n in range(20)])

    assert list(kept) == [complaint_id(str(n)) for n in range(20) if n != 5]
    assert len(await store.known({complaint_id(str(n)) for n in range(20)})) == 20


async def test_marks_reach_their_receipts(store: IntakeStore) -> None:
    names = ("a", "b", "c")
    await store.add_receipts([receipt(name) for name in names])

    marked = ("a", "b", "unknown")
    await store.acknowledge([complaint_id(name) for name in marked])

    found = [await store.receipt(complaint_id(name)) for name in names]
    assert [each.acknowledged for each in found if each] == [True, True, False]
    assert await store.receipt(complaint_id("unknown")) is None


async def test_of_two_codes_issued_at_once_one_counts_and_the_rest_of_the_receipt_stays(
    store: IntakeStore,
) -> None:
    first = receipt()
    await store.add_receipts([first])
    await store.acknowledge([first.id])
    codes = [IssuedCode("2", number) for number in (2, 3)]

    won = await asyncio.gather(
        *(store.reissue(first, code, bytes([code.issue]) * 32) for code in codes)
    )

    code = codes[won.index(True)]
    assert sorted(won) == [False, True]
    new = replace(first, acknowledged=True, code=code, tracking_hash=bytes([code.issue]) * 32)
    assert await store.receipt(first.id) == new
    assert not await store.reissue(first, codes[0], b"h" * 32)
    assert not await store.reissue(receipt("unknown"), codes[0], b"h" * 32)


async def test_only_complaints_are_known(store: IntakeStore) -> None:
    await store.add_receipts([receipt("complaint")])
    await store.add_receipts([receipt("action", number=False)])
    asked: set[UUID] = {complaint_id(name) for name in ("complaint", "action", "nothing")}

    assert await store.known(asked) == {complaint_id("complaint"): receipt("complaint").at}


async def test_the_last_vault_row_of_an_id_is_kept(store: IntakeStore) -> None:
    await store.put_vault_rows([vault_row(text="pertama")])
    last = vault_row(text="kedua", title="Lubang", place={"text": "RT 02"}, institution="kab-3603")
    await store.put_vault_rows([last])

    form = await store.submission(complaint_id("one"))

    assert form == last.submission.model_copy(update={"reporter": last.reporter})
    assert await store.submission(complaint_id("nothing")) is None


async def test_a_reporter_who_gave_nothing_is_nobody(store: IntakeStore) -> None:
    await store.put_vault_rows([vault_row(reporter={})])

    form = await store.submission(complaint_id("one"))

    assert form
    assert form.reporter is None


@pytest.mark.connected
async def test_of_what_identifies_a_person_nothing_lies_open_in_the_database(
    stored: MongoIntakeStore, mongo: Mongo
) -> None:
    given: dict[str, Any] = {
        "title": "Lubang di Gang Melati",
        "place": {"text": "RT 02 RW 05", "region_code": "36.03"},
        "category": "jalan",
        "reporter": {**SITI, "nik": "3603010101010001", "address": "Gang Melati 7"},
    }
    await stored.put_vault_rows([vault_row(text="Saya Siti, rumah saya di Gang Melati 7", **given)])

    database = mongo.stored_private()
    found = [
        document
        for name in await database.names()
        async for documents in database.documents(name)
        for document in documents
    ]
    assert len(found) == 2  # vault and contacts
    words = ("Siti", "Melati", "RT 02", "jalan", "36.03", "3603010101010001", "warga", "3456")
    assert [word for word in words if any(word.encode() in each for each in found)] == []


@pytest.mark.connected
async def test_contacts_are_kept_apart_and_end_with_the_row(
    stored: MongoIntakeStore, mongo: Mongo
) -> None:
    for name, reporter in (("one", SITI), ("erased", SITI), ("nobody", None)):
        await stored.put_vault_rows([vault_row(name, reporter=reporter)])
    contacts = mongo.private(CONTACTS)
    assert {each["_id"] for each in await contacts.find({})} == {
        complaint_id("one"),
        complaint_id("erased"),
    }

    await MongoErasures(mongo).clear_vault([complaint_id("erased")])

    (left,) = await contacts.find({})
    assert open_contacts(cast("ContactDocument", left), Sealer(CONTACT_RING)) == {
        Contact.EMAIL: "siti@warga.example",
        Contact.PHONE: "+6281234567890",
    }


async def test_a_receipt_is_renewed_until_it_is_marked_or_gone(store: IntakeStore) -> None:
    kept, later = replace(receipt(), tried_at=START), START + timedelta(days=1)
    await store.add_receipts([kept])

    assert await store.renew_receipt(kept.id, later)
    assert await store.receipt(kept.id) == replace(kept, tried_at=later)

    await store.acknowledge([kept.id])
    assert await store.renew_receipt(kept.id, later)
    assert await store.receipt(kept.id) == replace(kept, acknowledged=True, tried_at=None)
    assert not await store.renew_receipt(complaint_id("nobody"), later)


async def opened(store: IntakeStore, mongo: Mongo | None, *cases: Case) -> None:
    """Have the router keep cases."""
    for case in cases:
        if isinstance(store, MemoryStore):
            store.cases[case.complaint.complaint_id] = case
        elif mongo is not None:
            await mongo.cases(CASES).insert(document_of(case))


async def test_a_case_is_read_as_the_router_keeps_it_by_its_id_and_by_institutions_inputs(
    store: IntakeStore, backing: Mongo | None
) -> None:
    acted = entry(2, input=InputKind.FOLLOW_UP, actor=agency(), decision=None)
    added = entry(3, input=InputKind.SUPPLEMENT, actor=REPORTER, decision=None)
    case = case_of(complaint(), entry(), acted, added)
    await opened(store, backing, case, case_of(complaint("other"), entry()))

    assert await store.case(complaint_id("one")) == case
    assert await store.case(complaint_id("two")) is None
    assert await store.case_of_entry(acted.input_id) == case
    for one in (added.input_id, case.history[0].input_id, complaint_id("unknown")):
        assert await store.case_of_entry(one) is None


async def test_a_dropped_action_is_told_as_the_router_keeps_it(
    store: IntakeStore, backing: Mongo | None
) -> None:
    why = Refusal(code="not_holder", detail="Another has it.")
    dropped = RefusedAction(
        action_id=complaint_id("a"),
        complaint_id=complaint_id("one"),
        actor=agency(),
        at=START,
        refusal=why,
    )
    if isinstance(store, MemoryStore):
        store.dropped[dropped.action_id] = dropped
    elif backing is not None:
        await MongoRefusals(backing.cases(REFUSALS), WallClock()).keep([dropped])

    assert await store.refused(complaint_id("a")) == dropped
    assert await store.refused(complaint_id("b")) is None


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    store = over(away)
    if isinstance(store, MemoryStore):
        store.away = Everything()
    one = complaint_id("one")

    answered = await not_away(
        store.put_vault_rows([vault_row()]),
        store.submission(one),
        store.add_receipts([receipt()]),
        store.renew_receipt(one, START),
        store.receipt(one),
        store.receipt_of("0" * 16),
        store.reissue(receipt(), IssuedCode("2"), b"h"),
        store.known([one]),
        store.acknowledge([one]),
        store.case(one),
        store.case_of_entry(one),
        store.refused(one),
        store.agency_cases("kab-3603", AgencyQuery(), after=None),
        store.waiting(TriageQuery(), after=None),
    )

    assert answered == []

"""`salur keys rotate-vault` on a real database: every row under the newest key, none lost."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.dev.local.parts import Part
from services.intake.identity.resealing import MOST, VaultResealer
from services.intake.identity.store import MongoIdentities
from services.intake.identity.vault import VaultCodec
from services.intake.preferences.store import MongoOptOuts
from services.intake.store import MongoIntakeStore
from services.intake.submit.submission import Reporter, Submission
from shared.contracts.documents import ContactDocument
from shared.database.collections import CONTACTS, VAULT
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway, Transient
from shared.key_rings import KeyRing, written
from shared.privacy.contact_rows import contact_keys, open_contacts
from shared.privacy.contacts import Contact
from shared.privacy.sealing import Sealer
from tests.intake.stored_rows import SITI, vault_row
from tests.support.builders import RING, START, complaint_id

pytestmark = pytest.mark.connected
OLD = KeyRing(RING.setting, {"k1": RING.keys["k1"]})
NEW = KeyRing(RING.setting, {"k2": RING.keys["k2"]})


async def fill(mongo: Mongo, count: int, ring: KeyRing = OLD) -> None:
    store = MongoIntakeStore(mongo, VaultCodec(ring))
    for number in range(count):
        await store.put_vault_rows([vault_row(f"{ring.newest} {number}")])


async def rotate(mongo: Mongo, database: Part, ring: KeyRing, *words: str) -> Result:
    env = {
        "SALUR_MONGO__URL": database.url,
        "SALUR_MONGO__PRIVATE_DATABASE": mongo.stored_private().name,
        "INTAKE_VAULT_KEYS": written(ring) if ring.keys else "",
    }
    arguments = ["keys", "rotate-vault", *words]
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=env)


def silent(_: str) -> None:
    return


async def test_all_rows_open_with_the_newest_key_alone_afterwards(
    mongo: Mongo, database: Part
) -> None:
    await fill(mongo, MOST + 1)
    await fill(mongo, 2, RING)

    first, again = [await rotate(mongo, database, RING) for _ in range(2)]

    assert first.exit_code == again.exit_code == 0, first.output
    told = json.loads(first.stdout.splitlines()[-1])
    assert (told["vault"]["resealed"], told["contacts"]["resealed"]) == (MOST + 1, MOST + 1)
    assert told["left"] == 0
    assert json.loads(again.stdout.splitlines()[-1])["vault"]["resealed"] == 0
    store, identities = (
        MongoIntakeStore(mongo, VaultCodec(NEW)),
        MongoIdentities(mongo, VaultCodec(NEW)),
    )
    one = complaint_id("k1 0")
    assert await store.submission(one) == Submission(
        text=vault_row().submission.text, reporter=Reporter.model_validate(SITI)
    )
    assert await identities.reporter(one) == Reporter.model_validate(SITI)
    for contacts in await mongo.private(CONTACTS).find({}):
        document = cast("ContactDocument", contacts)
        assert Contact.EMAIL in open_contacts(document, Sealer(contact_keys(NEW)))


async def test_what_a_service_writes_meanwhile_stays(mongo: Mongo) -> None:
    await fill(mongo, 3)
    work = VaultResealer(mongo, VaultCodec(RING), seals_plain=False)
    (batch,) = [rows async for rows in work._batches(work._vault)]
    later = replace(vault_row("k1 0", text="yang kedua"), at=START + timedelta(hours=1))
    await MongoIntakeStore(mongo, VaultCodec(RING)).put_vault_rows([later])
    await mongo.private(VAULT).delete({"_id": complaint_id("k1 1")})  # erased

    await work._reseal(work._vault, batch, work._safe.resealed, work.vault)

    form = await MongoIntakeStore(mongo, VaultCodec(NEW)).submission(complaint_id("k1 0"))
    assert form
    assert form.text == "yang kedua"
    assert await mongo.private(VAULT).count({}) == 2


async def test_cut_off_it_goes_on_with_what_is_not_done(mongo: Mongo) -> None:
    await fill(mongo, MOST + 5)

    def cut(_: str) -> None:
        raise DatabaseAway("switched off by the test")

    with pytest.raises(DatabaseAway):
        await VaultResealer(mongo, VaultCodec(RING), seals_plain=False).run(say=cut)
    second = VaultResealer(mongo, VaultCodec(RING), seals_plain=False)
    await second.run(say=silent)

    assert (second.contacts.resealed, second.vault.resealed) == (5, MOST + 5)
    assert await second.left() == 0


async def test_a_row_that_does_not_open_is_named_and_holds_up_no_other(
    mongo: Mongo, database: Part
) -> None:
    await fill(mongo, 2)
    await fill(mongo, 1, KeyRing(RING.setting, {"lost": b"l" * 32}))
    moved = await mongo.private(VAULT).find_one({"_id": complaint_id("k1 0")}) or {}
    row = {"_id": complaint_id("k1 1")}
    await mongo.private(VAULT).update(row, {"$set": {"words": moved["words"]}})

    result = await rotate(mongo, database, RING)

    assert result.exit_code == 1
    told = json.loads(result.stdout.splitlines()[-1])
    assert (told["vault"]["resealed"], told["vault"]["unopenable"], told["left"]) == (1, 2, 3)
    assert "key 'lost' is not in INTAKE_VAULT_KEYS, which has k2, k1" in result.stderr
    assert f"words of complaint {complaint_id('k1 1')} does not open" in result.stderr
    assert "Siti" not in result.output


async def test_rows_of_before_there_were_keys_are_sealed_when_asked(
    mongo: Mongo, database: Part, caplog: pytest.LogCaptureFixture
) -> None:
    row = vault_row()
    plain = {
        "_id": row.id,
        "fingerprint": b"f",
        "at": START,
        "text": "Jalan rusak di Gang Melati",
        "place": "RT 02",
        "reporter": {**SITI, "notify": False},
        "contacts": {kind.value: mark for kind, mark in row.contacts.items()},
    }
    await mongo.private(VAULT).insert(plain)
    with pytest.raises(Transient, match="rotate-vault --seal-plain"):
        await MongoIdentities(mongo, VaultCodec(RING)).reporter(row.id)
    assert f"{row.id} is not sealed" in caplog.text

    left = await rotate(mongo, database, RING)
    sealed = await rotate(mongo, database, RING, "--seal-plain")

    assert (left.exit_code, sealed.exit_code) == (1, 0), sealed.output
    assert "1 rows are not sealed at all" in left.stderr
    form = await MongoIntakeStore(mongo, VaultCodec(RING)).submission(row.id)
    assert form
    assert form.place
    assert (form.text, form.place.text) == ("Jalan rusak di Gang Melati", "RT 02")
    assert form.reporter == Reporter.model_validate({**SITI, "notify": False})
    preferences = await MongoOptOuts(mongo).preferences_of(row.id)
    assert (preferences.notify, preferences.contacts) == (False, row.contacts)


async def test_without_a_ring_nothing_is_done(mongo: Mongo, database: Part) -> None:
    result = await rotate(mongo, database, KeyRing(RING.setting, {}))

    assert result.exit_code == 2
    assert "INTAKE_VAULT_KEYS is empty" in result.stderr

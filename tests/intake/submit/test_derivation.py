"""INTAKE_SECRET is a ring: what was promised under one secret holds under the next."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from services.intake.identity.vault import VaultCodec
from services.intake.store import MongoIntakeStore
from services.intake.submit.derivation import DerivedSecrets
from shared.contracts.identifiers import IssuedCode, tracking_code, tracking_key
from shared.database.collections import CONTACTS
from shared.database.mongo import Mongo
from shared.key_rings import KeyRing
from shared.privacy.contact_rows import to_code
from tests.intake.conftest import SECRET, IntakeBench, case_of, entry, problem_of
from tests.support.builders import RING, complaint

NEW = "another-secret-for-tests-of-at-least-32"
BOTH, NEW_ALONE = f"2:{NEW},1:{SECRET}", f"2:{NEW}"
OTHER_KEY = "7f3b8a52-93d5-4a0e-9d7e-0a1b2c3d4e5f"


def under(intake: IntakeBench, secret: str) -> None:
    """Begin with a new process that has this setting."""
    intake.restart(secret=SecretStr(secret))


async def track(intake: IntakeBench, told: dict[str, str]) -> httpx.Response:
    path, code = f"/v1/complaints/{told['number']}", told["tracking_code"]
    return await intake.http.get(path, headers={"Tracking-Code": code})


async def reissue(intake: IntakeBench, told: dict[str, str], role: str) -> httpx.Response:
    key = await intake.key(role, agency="kab-3603" if role == "agency" else None)
    return await intake.http.post(f"/v1/complaints/{told['number']}/tracking-code", headers=key)


@pytest.mark.parametrize("is_sent", [True, False])
async def test_a_repeat_gets_its_first_answer_under_another_secret(
    intake: IntakeBench, is_sent: bool
) -> None:
    first = await intake.accepted(reporter={"email": "siti@warga.example"})
    if not is_sent:
        intake.store.unmark(UUID(first["complaint_id"]))
    kept = intake.store.vault[UUID(first["complaint_id"])]
    under(intake, BOTH)

    assert await intake.accepted(reporter={"email": "siti@warga.example"}) == first
    problem_of(await intake.submit(text="Isi yang lain sama sekali."), 422)
    assert (await track(intake, first)).status_code == 200
    (row,) = intake.store.vault.values()
    assert (row.fingerprint, row.contacts, row.code) == (kept.fingerprint, kept.contacts, kept.code)


async def test_what_is_new_takes_the_first_secret_and_ids_take_none(intake: IntakeBench) -> None:
    before = await intake.accepted()
    under(intake, BOTH)
    after = (await intake.submit(OTHER_KEY)).json()

    identifier = UUID(after["complaint_id"])
    assert after["tracking_code"] == tracking_code(tracking_key(NEW.encode()), identifier)
    assert intake.store.receipts[identifier].code == IssuedCode("2")
    under(intake, f"1:{SECRET},2:{NEW}")  # the order turned round: nothing depends on it
    assert (await intake.submit(OTHER_KEY)).json() == after
    assert await intake.accepted() == before


async def test_an_action_is_repeated_under_another_secret(intake: IntakeBench) -> None:
    told = await intake.accepted()
    record = complaint(complaint_id=UUID(told["complaint_id"]), number=told["number"])
    intake.store.cases[record.complaint_id] = case_of(record, entry())
    key = await intake.key("officer") | {"Idempotency-Key": "one"}

    async def archive(**form: Any) -> httpx.Response:
        body = {"kind": "archive", "reason": "spam", "text": "Bukan laporan."} | form
        path = f"/v1/complaints/{told['number']}/actions"
        return await intake.http.post(path, json=body, headers=key)

    first = await archive()
    under(intake, BOTH)

    assert (first.status_code, (await archive()).json()) == (202, first.json())
    problem_of(await archive(text="Lain."), 422, "idempotency_key_reused")


async def test_a_secret_that_is_taken_out_ends_its_codes_and_knows_no_repeat(
    intake: IntakeBench,
) -> None:
    told = await intake.accepted()
    under(intake, NEW_ALONE)

    problem_of(await track(intake, told), 404)
    problem_of(await intake.submit(), 422, "idempotency_key_reused")
    new = (await reissue(intake, told, "officer")).json()
    assert (await track(intake, told | new)).status_code == 200
    problem_of(await track(intake, told), 404)


async def test_cursors_and_marks_outlive_the_change() -> None:
    old, both = (
        DerivedSecrets(
            KeyRing("INTAKE_SECRET", {key: value.encode() for key, value in ring.items()})
        )
        for ring in ({"1": SECRET}, {"2": NEW, "1": SECRET})
    )

    assert both.contact_key == old.contact_key
    assert both.all == (NEW.encode(), SECRET.encode())


@pytest.mark.parametrize("role", ["officer", "operator"])
async def test_a_code_is_issued_anew_and_the_one_before_ends(
    intake: IntakeBench, role: str
) -> None:
    told = await intake.accepted()

    answers = [await reissue(intake, told, role) for _ in range(2)]

    first, second = ({**told, **answer.json()} for answer in answers)
    assert len({each["tracking_code"] for each in (told, first, second)}) == 3
    assert answers[0].headers["cache-control"] == "no-store"
    assert (await track(intake, second)).status_code == 200
    for ended in (told, first):
        problem_of(await track(intake, ended), 404)
    assert await intake.accepted() == told  # the first answer, whose code opens nothing
    assert [row.action for row in intake.audit.rows] == ["code_reissued"] * 2
    assert {row.number for row in intake.audit.rows} == {told["number"]}
    intake.audit.away.add("add")
    problem_of(await reissue(intake, told, role), 503)
    assert (await track(intake, second)).status_code == 200


@pytest.mark.parametrize("role", ["gateway", "agency"])
async def test_nobody_else_issues_a_code(intake: IntakeBench, role: str) -> None:
    told = await intake.accepted()

    problem_of(await reissue(intake, told, role), 403)
    answer = await intake.http.post(
        f"/v1/complaints/{told['number']}/tracking-code",
        headers={"Tracking-Code": told["tracking_code"]},
    )
    problem_of(answer, 401)
    assert (await track(intake, told)).status_code == 200


@pytest.mark.connected
async def test_a_code_is_issued_anew_in_the_database_once(
    intake: IntakeBench, mongo: Mongo
) -> None:
    told = await intake.accepted(reporter={"email": "siti@warga.example"})
    identifier = UUID(told["complaint_id"])
    store = MongoIntakeStore(mongo, VaultCodec(RING))
    await store.add_receipts([intake.store.receipts[identifier]])
    await store.put_vault_rows([intake.store.vault[identifier]])
    receipt = await store.receipt(identifier)
    assert receipt

    both = [await store.reissue(receipt, IssuedCode("2", 1), b"h" * 32) for _ in range(2)]

    assert both == [True, False]
    after = await store.receipt(identifier)
    assert after
    assert (after.code, after.tracking_hash) == (IssuedCode("2", 1), b"h" * 32)
    (contacts,) = await mongo.private(CONTACTS).find({})
    assert to_code(contacts["code"]) == IssuedCode("2", 1)

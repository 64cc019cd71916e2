"""Keys are made, rotated and revoked, and never removed."""

from datetime import timedelta

import pytest

from services.intake.keys.callers import Role
from services.intake.keys.issuing import create_key, revoke_key, rotate_key
from services.intake.keys.keyring import Keyring
from shared.errors import Misconfigured
from shared.runtime.clock import SetClock
from tests.intake.conftest import KEY, TEXT, IntakeBench, problem_of
from tests.intake.fakes.memory_stores import MemoryKeys
from tests.support.builders import START

WEEK = timedelta(days=7)


@pytest.fixture
def store() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.mark.parametrize(
    ("role", "name", "agency"),
    [
        ("public", "x", None),
        ("minister", "x", None),
        ("operator", "", None),
        ("operator", "Budi Santoso", None),
        ("operator", "x", "kab-3603"),
        ("agency", "x", None),
        ("agency", "x", "dinas-pu"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(
    store: MemoryKeys, role: str, name: str, agency: str | None
) -> None:
    with pytest.raises(Misconfigured):
        await create_key(store, role, name, agency=agency)

    assert not store.kept


@pytest.mark.parametrize(
    ("role", "scopes", "reason"),
    [
        ("gateway", ["admin"], "scope 'admin' is not one of trusted"),
        ("officer", ["trusted"], "is for the roles gateway and operator; leave it out for officer"),
        ("agency", ["trusted"], "leave it out for agency"),
    ],
)
async def test_a_scope_that_makes_no_sense_is_refused_with_the_way_out(
    store: MemoryKeys, role: str, scopes: list[str], reason: str
) -> None:
    agency = "kab-3603" if role == "agency" else None
    with pytest.raises(Misconfigured, match=reason):
        await create_key(store, role, "x", agency=agency, scopes=scopes)

    assert not store.kept


async def test_both_keys_work_during_the_grace_time_and_then_the_second_alone(
    store: MemoryKeys, clock: SetClock
) -> None:
    keyring = Keyring(store, clock, cache_seconds=10)
    former = await create_key(
        store, "gateway", "sms", scopes=["trusted"], lives=timedelta(days=90), clock=clock
    )
    clock.advance(days=60)

    new, ends = await rotate_key(store, former.split("_")[1], grace=WEEK, clock=clock)

    callers = [await keyring.caller(f"Bearer {key}") for key in (former, new)]
    assert callers[0] == callers[1]
    assert callers[1].is_trusted
    assert callers[0].key_id != callers[1].key_id
    assert ends == clock.now() + WEEK
    kept = store.kept[new.split("_")[1]]
    assert kept.expires_at == clock.now() + timedelta(days=90)
    clock.advance(days=7)
    assert (await keyring.caller(f"Bearer {new}")).role is Role.GATEWAY
    with pytest.raises(Exception, match="no_valid_key"):
        await keyring.caller(f"Bearer {former}")


async def test_rotation_never_lengthens_the_former_key(store: MemoryKeys, clock: SetClock) -> None:
    former = await create_key(store, "operator", "pusat", lives=timedelta(days=1), clock=clock)

    _, ends = await rotate_key(
        store, former.split("_")[1], grace=WEEK, lives=timedelta(days=2), clock=clock
    )

    assert ends == START + timedelta(days=1)
    assert store.kept[former.split("_")[1]].expires_at == ends


async def test_a_repeat_with_the_second_key_meets_the_first_answer(intake: IntakeBench) -> None:
    former = await intake.key("gateway", "sms")
    key_id = former["Authorization"].split("_")[1]
    headers = {"Idempotency-Key": KEY}
    first = await intake.http.post("/v1/complaints", json={"text": TEXT}, headers=headers | former)

    new, _ = await rotate_key(intake.keys, key_id, grace=WEEK, clock=intake.clock)

    again = await intake.http.post(
        "/v1/complaints",
        json={"text": TEXT},
        headers=headers | {"Authorization": f"Bearer {new}"},
    )
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.text == again.text


@pytest.mark.parametrize("state", ["expired", "revoked", "unknown"])
async def test_what_has_ended_cannot_be_rotated(
    store: MemoryKeys, clock: SetClock, state: str
) -> None:
    key = await create_key(store, "operator", "pusat", lives=WEEK, clock=clock)
    key_id = key.split("_")[1] if state != "unknown" else "0" * 12
    if state == "revoked":
        await revoke_key(store, key_id, clock=clock)
    if state == "expired":
        clock.advance(days=7)

    with pytest.raises(Misconfigured, match=key_id):
        await rotate_key(store, key_id, grace=WEEK, clock=clock)

    assert len(store.kept) == 1


async def test_a_key_is_revoked_once_and_an_unknown_one_is_named(
    store: MemoryKeys, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat", clock=clock)
    key_id = key.split("_")[1]
    await revoke_key(store, key_id, clock=clock)
    clock.advance(days=1)

    await revoke_key(store, key_id, clock=clock)

    assert store.kept[key_id].revoked_at == START
    with pytest.raises(Misconfigured, match="salur keys list"):
        await revoke_key(store, "beef")


async def test_a_revoked_key_opens_no_door(intake: IntakeBench) -> None:
    headers = await intake.key("officer")
    assert (await intake.http.get("/v1/triage", headers=headers)).status_code == 200

    await revoke_key(intake.keys, headers["Authorization"].split("_")[1], clock=intake.clock)
    intake.clock.advance(seconds=10)

    problem_of(await intake.http.get("/v1/triage", headers=headers), 401, "no_valid_key")

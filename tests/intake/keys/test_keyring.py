"""API keys: made, kept as a hash, found again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from services.intake.http.problems import Problem
from services.intake.keys.callers import PUBLIC, Caller, Role
from services.intake.keys.issuing import create_key, revoke_key
from services.intake.keys.keyring import MOST_CACHED, Keyring
from services.intake.settings import IntakeSettings
from services.intake.submit.documents import from_key, to_key
from shared.runtime.clock import SetClock
from tests.intake.fakes.memory_stores import MemoryKeys
from tests.support.builders import START, VAULT_KEYS


@pytest.fixture
def store() -> MemoryKeys:
    return MemoryKeys()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def keyring(store: MemoryKeys, clock: SetClock) -> Keyring:
    return Keyring(store, clock, cache_seconds=10)


async def test_a_key_leads_to_its_caller(store: MemoryKeys, keyring: Keyring) -> None:
    key = await create_key(store, "agency", "pemkab", agency="kab-3603")

    assert await keyring.caller(f"Bearer {key}") == Caller(Role.AGENCY, "pemkab", "kab-3603")
    assert await keyring.caller(f"bearer  {key}") == Caller(Role.AGENCY, "pemkab", "kab-3603")
    assert await keyring.caller(None) == PUBLIC


async def test_only_the_hash_of_the_secret_is_kept(store: MemoryKeys, clock: SetClock) -> None:
    key = await create_key(store, "operator", "pusat", clock=clock)

    _, key_id, secret = key.split("_")
    assert store.kept[key_id].created_at == START
    assert secret not in repr(store.kept)


async def test_a_key_is_looked_up_once_in_some_seconds(
    store: MemoryKeys, keyring: Keyring, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat")
    for _ in range(3):
        await keyring.caller(f"Bearer {key}")
    assert store.asked.count("key") == 1

    store.kept.clear()
    clock.advance(seconds=timedelta(seconds=10).total_seconds())

    with pytest.raises(Problem):
        await keyring.caller(f"Bearer {key}")


async def test_a_key_works_until_it_expires(
    store: MemoryKeys, keyring: Keyring, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat", lives=timedelta(hours=1), clock=clock)
    clock.advance(minutes=59)
    assert await keyring.caller(f"Bearer {key}")

    clock.advance(minutes=1)  # beyond the time for which it is remembered, too

    with pytest.raises(Problem) as refused:
        await keyring.caller(f"Bearer {key}")
    assert refused.value.status == 401
    assert "has expired" in refused.value.detail


async def test_an_expired_key_ends_while_it_is_remembered(
    store: MemoryKeys, clock: SetClock
) -> None:
    keyring = Keyring(store, clock, cache_seconds=3600)
    key = await create_key(store, "operator", "pusat", lives=timedelta(minutes=1), clock=clock)
    await keyring.caller(f"Bearer {key}")

    clock.advance(minutes=1)

    with pytest.raises(Problem, match="no_valid_key"):
        await keyring.caller(f"Bearer {key}")


async def test_a_revoked_key_is_refused_once_it_is_looked_up_again(
    store: MemoryKeys, keyring: Keyring, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat", clock=clock)
    await keyring.caller(f"Bearer {key}")
    await revoke_key(store, key.split("_")[1], clock=clock)
    assert await keyring.caller(f"Bearer {key}")  # remembered

    clock.advance(seconds=10)

    with pytest.raises(Problem) as refused:
        await keyring.caller(f"Bearer {key}")
    assert "was revoked" in refused.value.detail


async def test_only_the_right_secret_learns_that_a_key_was_revoked(
    store: MemoryKeys, keyring: Keyring, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat", clock=clock)
    key_id = key.split("_")[1]
    await revoke_key(store, key_id, clock=clock)

    with pytest.raises(Problem) as refused:
        await keyring.caller(f"Bearer salur_{key_id}_{'0' * 64}")
    assert refused.value.detail == "the API key is not known"


async def test_use_is_noted_once_an_hour(
    store: MemoryKeys, keyring: Keyring, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat", clock=clock)
    for seconds in (0, 1, 60, 3500):
        clock.advance(seconds=seconds)
        await keyring.caller(f"Bearer {key}")
        await keyring.finish()
    (kept,) = store.kept.values()
    assert (store.asked.count("mark_key_used"), kept.used_at) == (1, START)

    clock.advance(seconds=100)
    await keyring.caller(f"Bearer {key}")
    await keyring.finish()

    assert store.asked.count("mark_key_used") == 2


async def test_a_use_that_cannot_be_noted_does_no_harm(store: MemoryKeys, keyring: Keyring) -> None:
    store.away.add("mark_key_used")
    key = await create_key(store, "operator", "pusat")

    assert await keyring.caller(f"Bearer {key}")
    await keyring.finish()

    assert store.asked.count("mark_key_used") == 1


async def test_a_key_that_was_right_is_remembered_beyond_its_time(
    store: MemoryKeys, keyring: Keyring, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat")
    assert not keyring.remembers(f"Bearer {key}")
    await keyring.caller(f"Bearer {key}")

    clock.advance(days=1)

    assert keyring.remembers(f"Bearer {key}")
    assert not keyring.remembers(f"Bearer {key[:-64]}{'0' * 64}")
    assert not keyring.remembers("Basic abc")


async def test_unknown_keys_do_not_fill_the_memory(store: MemoryKeys, keyring: Keyring) -> None:
    for number in range(MOST_CACHED + 5):
        with pytest.raises(Problem):
            await keyring.caller(f"Bearer salur_{number:012x}_{'0' * 64}")

    assert len(keyring._cached) == MOST_CACHED


@pytest.mark.parametrize("role", ["gateway", "operator"])
async def test_a_scope_leads_to_a_trusted_caller(
    store: MemoryKeys, keyring: Keyring, role: str
) -> None:
    key = await create_key(store, role, "sms", scopes=["trusted"])
    plain = await create_key(store, role, "sms")

    assert (await keyring.caller(f"Bearer {key}")).is_trusted
    assert not (await keyring.caller(f"Bearer {plain}")).is_trusted
    assert not PUBLIC.is_trusted


async def test_a_key_lies_with_its_scopes_and_an_older_one_has_none(store: MemoryKeys) -> None:
    await create_key(store, "gateway", "sms", scopes=["trusted"])
    (kept,) = store.kept.values()
    document = from_key(kept)

    assert to_key(document) == kept
    del document["scopes"]
    assert to_key(document).scopes == frozenset()


async def test_a_key_lies_with_its_times(store: MemoryKeys) -> None:
    await create_key(store, "gateway", "sms")
    (kept,) = store.kept.values()
    times = replace(kept, expires_at=START, revoked_at=START, used_at=START)

    assert to_key(from_key(times)) == times


@pytest.mark.parametrize("secret", [None, "", "x" * 31])
def test_the_service_refuses_to_start_without_a_secret(
    secret: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INTAKE_SECRET", raising=False)
    if secret is not None:
        monkeypatch.setenv("INTAKE_SECRET", secret)

    with pytest.raises(ValidationError, match="INTAKE_SECRET is missing or shorter") as refused:
        IntakeSettings()

    assert not secret or secret not in str(refused.value)


@pytest.mark.parametrize("keys", ["", "k1:short", VAULT_KEYS.replace("k1", "k2")])
def test_the_service_refuses_to_start_without_keys_of_the_vault(
    keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTAKE_SECRET", "x" * 32)
    monkeypatch.setenv("INTAKE_VAULT_KEYS", keys)

    with pytest.raises(ValidationError, match="INTAKE_VAULT_KEYS") as refused:
        IntakeSettings()

    assert not keys or keys not in str(refused.value)


def test_the_secret_is_not_shown() -> None:
    settings = IntakeSettings(secret=SecretStr("x" * 32), vault_keys=SecretStr(VAULT_KEYS))

    assert "xxx" not in repr(settings)
    assert VAULT_KEYS.partition(",")[0] not in repr(settings)

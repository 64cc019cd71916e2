"""API keys: made, kept as a hash, found again."""

from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from services.intake.documents import from_key, to_key
from services.intake.domain.callers import PUBLIC, Caller, Role
from services.intake.keys import MOST_CACHED, Keyring, create_key
from services.intake.problems import Problem
from services.intake.settings import IntakeSettings
from shared.clock import SetClock
from shared.errors import Misconfigured
from tests.builders import START
from tests.intake.conftest import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def keyring(store: MemoryStore, clock: SetClock) -> Keyring:
    return Keyring(store, clock, cache_seconds=10)


async def test_a_key_leads_to_its_caller(store: MemoryStore, keyring: Keyring) -> None:
    key = await create_key(store, "agency", "pemkab", agency="kab-3603")

    assert await keyring.caller(f"Bearer {key}") == Caller(Role.AGENCY, "pemkab", "kab-3603")
    assert await keyring.caller(f"bearer  {key}") == Caller(Role.AGENCY, "pemkab", "kab-3603")
    assert await keyring.caller(None) == PUBLIC


async def test_only_the_hash_of_the_secret_is_kept(store: MemoryStore, clock: SetClock) -> None:
    key = await create_key(store, "operator", "pusat", clock=clock)

    _, key_id, secret = key.split("_")
    assert store.keys[key_id].created_at == START
    assert secret not in repr(store.keys)


async def test_a_key_is_looked_up_once_in_some_seconds(
    store: MemoryStore, keyring: Keyring, clock: SetClock
) -> None:
    key = await create_key(store, "operator", "pusat")
    for _ in range(3):
        await keyring.caller(f"Bearer {key}")
    assert store.asked.count("key") == 1

    store.keys.clear()
    clock.advance(seconds=timedelta(seconds=10).total_seconds())

    with pytest.raises(Problem):
        await keyring.caller(f"Bearer {key}")


async def test_unknown_keys_do_not_fill_the_memory(store: MemoryStore, keyring: Keyring) -> None:
    for number in range(MOST_CACHED + 5):
        with pytest.raises(Problem):
            await keyring.caller(f"Bearer salur_{number:012x}_{'0' * 64}")

    assert len(keyring._cached) == MOST_CACHED


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
    store: MemoryStore, role: str, name: str, agency: str | None
) -> None:
    with pytest.raises(Misconfigured):
        await create_key(store, role, name, agency=agency)

    assert not store.keys


@pytest.mark.parametrize(
    ("role", "scopes", "reason"),
    [
        ("gateway", ["admin"], "scope 'admin' is not one of trusted"),
        ("officer", ["trusted"], "is for the roles gateway and operator; leave it out for officer"),
        ("agency", ["trusted"], "leave it out for agency"),
    ],
)
async def test_a_scope_that_makes_no_sense_is_refused_with_the_way_out(
    store: MemoryStore, role: str, scopes: list[str], reason: str
) -> None:
    agency = "kab-3603" if role == "agency" else None
    with pytest.raises(Misconfigured, match=reason):
        await create_key(store, role, "x", agency=agency, scopes=scopes)

    assert not store.keys


@pytest.mark.parametrize("role", ["gateway", "operator"])
async def test_a_scope_leads_to_a_trusted_caller(
    store: MemoryStore, keyring: Keyring, role: str
) -> None:
    key = await create_key(store, role, "sms", scopes=["trusted"])
    plain = await create_key(store, role, "sms")

    assert (await keyring.caller(f"Bearer {key}")).is_trusted
    assert not (await keyring.caller(f"Bearer {plain}")).is_trusted
    assert not PUBLIC.is_trusted


async def test_a_key_lies_with_its_scopes_and_an_older_one_has_none(store: MemoryStore) -> None:
    await create_key(store, "gateway", "sms", scopes=["trusted"])
    (kept,) = store.keys.values()
    document = from_key(kept)

    assert to_key(document) == kept
    del document["scopes"]
    assert to_key(document).scopes == frozenset()


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


def test_the_secret_is_not_shown() -> None:
    settings = IntakeSettings(secret=SecretStr("x" * 32))

    assert "xxx" not in repr(settings)

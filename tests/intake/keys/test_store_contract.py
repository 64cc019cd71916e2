"""What the store of API keys promises, in the database and in memory alike."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.intake.keys.callers import Role, Scope
from services.intake.keys.keyring import KeyStore
from services.intake.keys.store import MongoKeys
from services.intake.submit.records import ApiKey
from shared.database.mongo import Mongo
from tests.intake.fakes.memory_stores import MemoryKeys
from tests.support.builders import START
from tests.support.stores import Everything, not_away

LATER = START + timedelta(hours=1)
KEY = ApiKey("id", "hash", Role.GATEWAY, "sms", None, START, frozenset({Scope.TRUSTED}))


def over(mongo: Mongo | None) -> KeyStore:
    return MongoKeys(mongo) if mongo else MemoryKeys()


@pytest.fixture
def store(backing: Mongo | None) -> KeyStore:
    return over(backing)


async def test_a_key_comes_back_as_it_was_kept(store: KeyStore) -> None:
    ends = replace(KEY, id="ends", agency="kab-3603", role=Role.AGENCY, expires_at=LATER)
    for key in (KEY, ends):
        await store.add_key(key)

    assert [await store.key("id"), await store.key("ends")] == [KEY, ends]
    assert await store.key("other") is None


async def test_an_id_is_kept_once(store: KeyStore) -> None:
    await store.add_key(KEY)
    await store.add_key(replace(KEY, name="other"))

    assert await store.all_keys() == [KEY]


async def test_keys_are_listed_oldest_first(store: KeyStore) -> None:
    keys = [
        replace(KEY, id=one, created_at=at)
        for one, at in (("c", START), ("a", LATER), ("b", START))
    ]
    for key in keys:
        await store.add_key(key)

    assert [key.id for key in await store.all_keys()] == ["b", "c", "a"]


async def test_a_key_is_revoked_once_and_its_latest_use_counts(store: KeyStore) -> None:
    await store.add_key(KEY)

    await store.set_key_end("id", LATER)
    for at in (LATER, START):  # the second by a process that was slow
        await store.mark_key_used("id", at)
    for at in (START, LATER):
        await store.revoke_key("id", at)

    changed = replace(KEY, expires_at=LATER, used_at=LATER, revoked_at=START)
    assert await store.key("id") == changed


async def test_a_key_that_is_not_there_is_not_made_by_a_change(store: KeyStore) -> None:
    await store.set_key_end("id", LATER)
    await store.mark_key_used("id", LATER)
    await store.revoke_key("id", LATER)

    assert await store.all_keys() == []


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    store = over(away)
    if isinstance(store, MemoryKeys):
        store.away = Everything()

    answered = await not_away(
        store.add_key(KEY),
        store.key("id"),
        store.all_keys(),
        store.set_key_end("id", LATER),
        store.revoke_key("id", LATER),
        store.mark_key_used("id", LATER),
    )

    assert answered == []

"""What the store of choices about messages promises, in the database and in memory alike."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from services.intake.identity.vault import VaultCodec
from services.intake.preferences.store import MongoOptOuts, NotificationPreferences, OptOutStore
from services.intake.store import MongoIntakeStore
from services.intake.submit.records import VaultRow
from shared.database.mongo import Mongo
from shared.privacy.contacts import Contact, choice_of_complaint
from tests.intake.fakes.preference_store import MemoryOptOuts
from tests.intake.stored_rows import SITI, vault_row
from tests.support.builders import RING, START, complaint_id
from tests.support.stores import not_away

Keep = Callable[..., Awaitable[VaultRow]]
EVERY_WAY = (Contact.EMAIL, Contact.PHONE)


@pytest.fixture
def vault() -> dict[Any, VaultRow]:
    return {}


@pytest.fixture
def store(backing: Mongo | None, vault: dict[Any, VaultRow]) -> OptOutStore:
    return MongoOptOuts(backing) if backing else MemoryOptOuts(lambda: vault)


@pytest.fixture
def keep(backing: Mongo | None, vault: dict[Any, VaultRow]) -> Keep:
    async def kept(name: str, **form: Any) -> VaultRow:
        row = vault_row(name, **form)
        vault[row.id] = row
        if backing is not None:
            await MongoIntakeStore(backing, VaultCodec(RING)).put_vault_rows([row])
        return row

    return kept


async def test_without_a_choice_what_came_with_the_report_counts(
    store: OptOutStore, keep: Keep
) -> None:
    willing = await keep("willing")
    unwilling = await keep("unwilling", reporter=SITI | {"notify": False})
    named = await keep("named", reporter={"name": "Siti", "notify": False})

    standing = await store.preferences_of(willing.id)

    assert standing == NotificationPreferences(willing.id, contacts=willing.contacts)
    assert standing.ways == EVERY_WAY
    found = await store.preferences_of(unwilling.id)
    assert (found.notify, found.ways, found.contacts) == (False, (), unwilling.contacts)
    for unknown in (named.id, complaint_id("unknown")):
        assert await store.preferences_of(unknown) == NotificationPreferences(unknown)


async def test_the_last_choice_counts_for_its_report_and_a_contacts_for_all(
    store: OptOutStore, keep: Keep
) -> None:
    one, other = await keep("one"), await keep("other")
    standing = await store.preferences_of(one.id)

    async def chosen(wanted: bool, *, everywhere: bool = False) -> list[int]:
        await store.choose(standing.ids(everywhere=everywhere), wanted=wanted, at=START)
        return [len((await store.preferences_of(row.id)).ways) for row in (one, other)]

    assert await chosen(False) == [0, 2]
    assert await chosen(True) == [2, 2]
    assert await chosen(False, everywhere=True) == [0, 0]
    assert await chosen(True) == [0, 0]
    assert await chosen(True, everywhere=True) == [2, 2]
    await store.choose([], wanted=False, at=START)
    mine = await store.preferences_of(one.id)
    assert mine == replace(standing, choices=dict.fromkeys(standing.ids(), True))


async def test_of_a_complaint_that_nobody_knows_the_choice_alone_is_told(
    store: OptOutStore, keep: Keep
) -> None:
    one, unknown = await keep("one"), complaint_id("unknown")
    standing = await store.preferences_of(one.id)
    ids = [*standing.ids(), choice_of_complaint(unknown)]
    await store.choose(iter(ids), wanted=False, at=START)

    assert (await store.preferences_of(unknown)).choices == {choice_of_complaint(unknown): False}


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    store: OptOutStore = MongoOptOuts(away) if away else MemoryOptOuts(dict)
    if isinstance(store, MemoryOptOuts):
        store.is_away = True

    answered = await not_away(
        store.preferences_of(complaint_id("one")), store.choose(["email:ab"], wanted=True, at=START)
    )

    assert answered == []

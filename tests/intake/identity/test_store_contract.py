"""What a reader of identities promises, over the vault and in memory alike."""

from dataclasses import replace

import pytest

from services.intake.identity.store import IdentityStore, MongoIdentities
from services.intake.identity.vault import VaultCodec
from services.intake.submit.submission import Reporter
from shared.database.collections import VAULT
from shared.database.mongo import Mongo
from tests.intake.fakes.memory_stores import MemoryIdentities
from tests.intake.stored_rows import SITI, vault_row
from tests.support.builders import RING, complaint_id
from tests.support.stores import Everything, not_away


@pytest.fixture
async def identities(backing: Mongo | None) -> IdentityStore:
    rows = [
        vault_row("known"),
        vault_row("unwilling", reporter={"notify": False}),
        vault_row("anonymous", anonymous=True),
        replace(vault_row("empty"), reporter=Reporter()),
    ]
    if backing is None:
        vault = {row.id: row for row in rows}
        return MemoryIdentities(lambda: vault)
    safe = VaultCodec(RING)
    for row in rows:
        await backing.private(VAULT).insert(safe.to_vault(row))
    return MongoIdentities(backing, safe)


async def test_who_reported_is_told_as_it_was_given(identities: IdentityStore) -> None:
    assert await identities.reporter(complaint_id("known")) == Reporter.model_validate(SITI)
    assert await identities.reporter(complaint_id("unwilling")) == Reporter(notify=False)


async def test_who_gave_nothing_or_is_not_there_is_nobody(identities: IdentityStore) -> None:
    for name in ("anonymous", "empty", "erased"):
        assert await identities.reporter(complaint_id(name)) is None


async def test_it_says_that_the_vault_is_away(away: Mongo | None) -> None:
    known = MongoIdentities(away, VaultCodec(RING)) if away else MemoryIdentities(dict)
    if isinstance(known, MemoryIdentities):
        known.away = Everything()

    assert await not_away(known.reporter(complaint_id("known"))) == []

"""What is promised of submissions that Kafka may not have, in the database and in memory alike."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.intake.identity.vault import VaultCodec
from services.intake.store import IntakeStore, MongoIntakeStore
from services.intake.unsent.store import MongoUnsent, UnsentStore
from services.router.store import document_of
from shared.database.collections import CASES, CONTACTS
from shared.database.mongo import Mongo
from tests.intake.conftest import case_of, entry
from tests.intake.fakes.intake_store import MemoryStore
from tests.intake.fakes.unsent_store import MemoryUnsent
from tests.intake.stored_rows import receipt, vault_row
from tests.support.builders import RING, START, complaint, complaint_id
from tests.support.stores import not_away

MILLISECOND = timedelta(milliseconds=1)


class Stores:
    """What intake keeps, as its doors and its sweep see it."""

    def __init__(self, mongo: Mongo | None) -> None:
        self._mongo = mongo
        self.memory = MemoryStore()
        self.intake: IntakeStore = self.memory
        self.unsent: UnsentStore = MemoryUnsent(self.memory)
        if mongo is not None:
            self.intake = MongoIntakeStore(mongo, VaultCodec(RING))
            self.unsent = MongoUnsent(mongo)

    async def submit(self, *names: str, at: datetime = START) -> None:
        """Keep what is kept before Kafka is asked."""
        for name in names:
            await self.intake.add_receipts([replace(receipt(name), tried_at=at)])
            await self.intake.put_vault_rows([replace(vault_row(name), at=at)])

    async def open(self, name: str, received_at: datetime) -> None:
        """Have the router make a case."""
        case = case_of(complaint(name, received_at=received_at), entry())
        self.memory.cases[case.complaint.complaint_id] = case
        if self._mongo is not None:
            await self._mongo.cases(CASES).insert(document_of(case))

    async def left(self, *names: str) -> list[str]:
        """Return those of whom anything is kept, after checking that it is all or nothing."""
        found = []
        for name in names:
            one = complaint_id(name)
            kept: list[object] = [await self.intake.receipt(one), await self.intake.submission(one)]
            if self._mongo is not None:
                kept.append(await self._mongo.private(CONTACTS).find_one({"_id": one}))
            assert len({each is None for each in kept}) == 1
            found += [name] if kept[0] else []
        return found


@pytest.fixture
async def stores(backing: Mongo | None) -> Stores:
    stores = Stores(backing)
    if isinstance(stores.intake, MongoIntakeStore):
        await stores.intake.start()
    return stores


def ids(*names: str) -> list[UUID]:
    return [complaint_id(name) for name in names]


def days(number: float) -> datetime:
    return START + timedelta(days=number)


async def test_what_kafka_may_not_have_is_found_oldest_first_and_no_more_than_asked_for(
    stores: Stores,
) -> None:
    await stores.submit("second", at=days(2))
    await stores.submit("first", "marked", at=days(1))
    await stores.submit("third", at=days(3))
    await stores.intake.acknowledge([complaint_id("marked")])

    assert await stores.unsent.unsent(before=days(3), most=10) == ids("first", "second")
    assert await stores.unsent.unsent(before=days(9), most=2) == ids("first", "second")
    assert await stores.unsent.unsent(before=days(1), most=10) == []


async def test_marked_it_is_found_no_more(stores: Stores) -> None:
    await stores.submit("one", "two")

    await stores.unsent.mark(ids("one", "unknown"))

    assert await stores.unsent.unsent(before=days(9), most=10) == ids("two")
    found = await stores.intake.receipt(complaint_id("one"))
    assert found
    assert (found.acknowledged, found.tried_at) == (True, None)


async def test_who_has_a_case_is_told_and_since_when_there_are_any(stores: Stores) -> None:
    await stores.open("one", days(1))

    assert await stores.unsent.with_case(ids("one", "two")) == set(ids("one"))
    assert await stores.unsent.has_case_since(days(1))
    assert not await stores.unsent.has_case_since(days(1) + MILLISECOND)


async def test_nothing_is_forgotten_of_who_came_again_or_what_kafka_has(stores: Stores) -> None:
    names = ("gone", "again", "marked")
    await stores.submit(*names)
    await stores.intake.acknowledge([complaint_id("marked")])
    await stores.intake.renew_receipt(complaint_id("again"), days(1))
    for name in ("again", "marked"):
        await stores.intake.put_vault_rows([replace(vault_row(name), at=days(1))])

    assert await stores.unsent.forget(ids(*names, "unknown"), before=days(1)) == 1
    assert await stores.unsent.forget([], before=days(1)) == 0
    assert await stores.left(*names) == ["again", "marked"]


async def test_a_receipt_awaits_its_case_from_when_its_caller_first_came_by_the_clock(
    stores: Stores,
) -> None:
    given = replace(receipt("given"), at=days(-30), tried_at=days(2))
    action = replace(receipt("action", number=False), acknowledged=True)
    for each in (given, action):
        await stores.intake.add_receipts([each])
    await stores.submit("renewed", at=days(1))
    await stores.submit("unsent")
    await stores.intake.renew_receipt(complaint_id("renewed"), days(5))
    await stores.unsent.mark(ids("given", "renewed"))

    async def awaited(before: datetime, most: int = 10) -> list[UUID]:
        return [each.id for each in await stores.unsent.awaiting_case(before=before, most=most)]

    assert await awaited(days(2)) == ids("renewed")
    assert await awaited(days(9)) == ids("renewed", "given")
    assert await awaited(days(9), most=1) == ids("renewed")
    assert await awaited(days(1)) == []


async def test_of_two_one_looks_for_a_case_and_nobody_once_it_was_seen(stores: Stores) -> None:
    await stores.submit("one", "seen")
    await stores.unsent.mark(ids("one", "seen"))

    async def claims(name: str, *, at: float) -> bool:
        one = complaint_id(name)
        return await stores.unsent.claim_case(one, before=days(at), until=days(at + 1))

    assert sorted(await asyncio.gather(claims("one", at=1), claims("one", at=1))) == [False, True]
    assert [await claims("one", at=2), await claims("one", at=2.5)] == [False, True]
    assert not await claims("unknown", at=1)

    await stores.unsent.settle_case(ids("seen", "unknown"))
    await stores.unsent.settle_case([])
    assert not await claims("seen", at=9)
    found = await stores.unsent.awaiting_case(before=days(9), most=10)
    assert [each.id for each in found] == ids("one")


async def test_every_call_says_that_the_store_is_away(away: Mongo | None) -> None:
    unsent = Stores(away).unsent
    if isinstance(unsent, MemoryUnsent):
        unsent.is_away = True
    (one,) = ids("one")

    answered = await not_away(
        unsent.unsent(before=START, most=1),
        unsent.with_case([one]),
        unsent.has_case_since(START),
        unsent.mark([one]),
        unsent.forget([one], before=START),
        unsent.awaiting_case(before=START, most=1),
        unsent.settle_case([one]),
        unsent.claim_case(one, before=START, until=START),
    )

    assert answered == []

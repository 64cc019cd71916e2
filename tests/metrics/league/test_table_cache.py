"""Tables on demand: shared, kept for a moment, bounded, and never kept when they failed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from services.metrics.domain.period import Period
from services.metrics.league.store import Cohort
from services.metrics.league.table_cache import AT_ONCE, MOST_KEPT, MOST_WAITING, TableCache
from services.metrics.league.tallies import FactGroup
from shared.errors import DatabaseAway, Transient
from shared.runtime.clock import SetClock
from tests.metrics.memory import tables as counting
from tests.support.builders import START


def cohort(day: int = 1) -> Cohort:
    return Cohort(Period(date(2000 + day, 1, 1), date(2000 + day, 1, 31)))


class SlowStore:
    """Answers when it is let go; counts who asks at once."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked: list[Cohort] = []
        self.now = 0
        self.most = 0
        self.away = False

    async def groups(self, cohort: Cohort) -> list[FactGroup]:
        self.asked.append(cohort)
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        self.now -= 1
        if self.away:
            raise DatabaseAway("switched off by the test")
        return []


def tables(store: SlowStore, seconds: float = 60.0) -> TableCache:
    return counting(store, SetClock(START), seconds)


async def test_who_asks_the_same_at_once_shares_one_reading() -> None:
    store = SlowStore()
    asked = tables(store)
    waiting = [asyncio.create_task(asked.count(cohort())) for _ in range(9)]
    store.go.set()

    found = await asyncio.gather(*waiting)

    assert len(store.asked) == 1
    assert {one.as_of for one in found} == {START}


async def test_a_table_is_kept_for_its_seconds() -> None:
    store = SlowStore()
    store.go.set()
    kept, fresh = tables(store, 60), tables(store, 0)

    for asked in (kept, fresh):
        await asked.count(cohort())
        await asked.count(cohort())

    assert len(store.asked) == 1 + 2


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    store = SlowStore()
    store.go.set()
    store.away = True
    asked = tables(store)
    with pytest.raises(DatabaseAway):
        await asked.count(cohort())

    store.away = False
    await asked.count(cohort())

    assert len(store.asked) == 2


async def test_one_who_leaves_does_not_end_the_reading_of_others() -> None:
    store = SlowStore()
    asked = tables(store)
    first, second = (asyncio.create_task(asked.count(cohort())) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    store.go.set()

    assert (await second).tallies == {}
    assert first.cancelled()


async def test_the_database_is_asked_for_few_tables_at_once(
    eventually: Callable[..., Awaitable[None]],
) -> None:
    store = SlowStore()
    asked = tables(store)
    waiting = [asyncio.create_task(asked.count(cohort(day))) for day in range(10)]
    await eventually(lambda: store.now >= AT_ONCE, "tables being read")
    store.go.set()
    await asyncio.gather(*waiting)

    assert store.most == AT_ONCE
    assert len(store.asked) == 10


async def test_more_than_can_wait_are_sent_away_at_once() -> None:
    store = SlowStore()
    asked = tables(store)
    waiting = [asyncio.create_task(asked.count(cohort(day))) for day in range(MOST_WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(Transient, match="too many"):
        await asked.count(cohort(MOST_WAITING))

    store.go.set()
    await asyncio.gather(*waiting)


async def test_only_the_latest_tables_are_kept() -> None:
    store = SlowStore()
    store.go.set()
    asked = tables(store)
    for day in range(MOST_KEPT + 1):
        await asked.count(cohort(day))
    store.asked.clear()

    await asked.count(cohort(MOST_KEPT))
    await asked.count(cohort(0))

    assert store.asked == [cohort(0)]

"""What the allowance of a contact promises, in the database and in memory alike."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.notifier.reporters.allowance import Allowance, DailyAllowance
from shared.database.collections import ALLOWANCES
from shared.database.mongo import Mongo
from tests.notifier.book import FakeAllowance
from tests.support.stores import not_away

MOST = 5
# The database ends a day's count two days later.
NOON = datetime(2126, 3, 2, 12, tzinfo=UTC)


def over(mongo: Mongo | None) -> Allowance:
    if mongo is None:
        return FakeAllowance(most=MOST)
    return DailyAllowance(mongo.private(ALLOWANCES), most=MOST)


@pytest.fixture
async def allowances(backing: Mongo | None) -> tuple[Allowance, Allowance]:
    """Return those of two notifiers side by side."""
    first = over(backing)
    if not isinstance(first, DailyAllowance):
        return first, first
    await first.prepare()
    return first, over(backing)


async def test_a_contact_gets_so_many_messages_a_day_however_many_notifiers(
    allowances: tuple[Allowance, Allowance],
) -> None:
    rows = [f"row-{number}" for number in range(20)]

    taken = await asyncio.gather(
        *(allowances[place % 2].takes("email:ab", row, NOON) for place, row in enumerate(rows))
    )

    assert sum(taken) == MOST
    # A repeat of a row that has its place takes no other; the rest of the day there is none left.
    again = [await allowances[0].takes("email:ab", row, NOON) for row in rows]
    assert again == list(taken)
    assert await allowances[0].takes("email:cd", "row-1", NOON)


async def test_a_day_is_one_of_utc(allowances: tuple[Allowance, Allowance]) -> None:
    allowance, _ = allowances
    midnight = NOON + timedelta(hours=12)
    for number in range(MOST):
        assert await allowance.takes("email:ab", str(number), NOON)

    last = midnight - timedelta(milliseconds=1)
    assert not await allowance.takes("email:ab", "late", last)
    assert not await allowance.takes(
        "email:ab", "late", last.astimezone(timezone(timedelta(hours=7)))
    )
    assert await allowance.takes("email:ab", "late", midnight)


async def test_it_says_that_it_is_away(away: Mongo | None) -> None:
    allowance = over(away)
    if isinstance(allowance, FakeAllowance):
        allowance.away = True

    assert await not_away(allowance.takes("email:ab", "row-1", NOON)) == []

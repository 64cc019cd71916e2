"""What the contracts of all stores ask alike."""

import asyncio
from collections.abc import Awaitable

from shared.errors import DatabaseAway


class Everything(set[str]):
    """The names of all methods: what a fake of intake is told to fail at."""

    def __contains__(self, name: object) -> bool:
        return True


async def not_away(*calls: Awaitable[object]) -> list[object]:
    """Return what came of those calls that did not say that the database is away."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return [answer for answer in answers if not isinstance(answer, DatabaseAway)]

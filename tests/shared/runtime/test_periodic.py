"""What is repeated goes on after an outage, and ends at a mistake without telling its words."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable

import pytest

from shared.errors import DatabaseAway
from shared.runtime.periodic import Periodic

Eventually = Callable[..., Awaitable[None]]
WORDS = "Siti Kemuning"


class Action:
    """Goes well at first, then as it is told."""

    def __init__(self, *errors: Exception) -> None:
        self.done = 0
        self._errors = [None, *errors]

    async def __call__(self) -> None:
        error = self._errors.pop(0) if self._errors else None
        self.done += 1
        if error is not None:
            raise error


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.001)


async def test_what_is_away_is_tried_again_at_the_next_turn() -> None:
    action = Action(DatabaseAway("MongoDB is away"), DatabaseAway("MongoDB is away"))
    periodic = Periodic("names", 0.001, action)

    await periodic.start()
    await until(lambda: action.done > 3)

    assert periodic.alive()
    await periodic.stop()


async def test_a_mistake_ends_it_and_its_words_are_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    periodic = Periodic("erasures", 0.001, Action(ValueError(WORDS)))

    with caplog.at_level(logging.DEBUG):
        await periodic.start()
        await until(lambda: not periodic.alive())
        await periodic.stop()
        del periodic._task
        gc.collect()  # an exception that nobody has asked for is logged now

    assert "erasures failed with ValueError" in caplog.text
    assert WORDS not in caplog.text

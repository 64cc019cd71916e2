"""A long feed under a rain of kills; by `make prove`, on either broker."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.journeys.conftest import Journey, NewJourney

pytestmark = [pytest.mark.connected, pytest.mark.prove, pytest.mark.timeout(900)]
Eventually = Callable[..., Awaitable[None]]
COMPLAINTS, KILLS = 6000, 20
# An endpoint that this machine, busy with kills, answered too late for is tried again soon.
ENV = {"NOTIFIER_LADDER__LONGEST_SECONDS": "20"}


@pytest.fixture
async def journey(new_journey: NewJourney) -> Journey:
    """Return a running system whose institutions all listen."""
    journey = await new_journey(env=ENV)
    await journey.listen()
    return journey


@pytest.mark.parametrize("_time", [1, 2, 3])
async def test_twenty_kills_at_random_instants_change_no_count(
    journey: Journey, eventually: Eventually, seed: int, _time: int
) -> None:
    chance = random.Random(seed)
    instants = sorted(chance.randrange(COMPLAINTS) for _ in range(KILLS))
    feeding = asyncio.create_task(journey.feed(COMPLAINTS))
    for instant in instants:
        await eventually(lambda n=instant: len(journey.acknowledged) >= n, "the feed", 300.0)
        victim = chance.choice(journey.stack.instances)
        await asyncio.to_thread(victim.kill)
        victim.child.start()
    await feeding

    verdict = await journey.arrives(timeout=300.0)

    assert verdict.counts.accepted == COMPLAINTS
    assert verdict.counts.triaged == len([n for n in range(1, COMPLAINTS + 1) if n % 7 == 0])
    assert verdict.counts.dead_lettered == 0

"""Router and metrics killed while a scenario is fed: its figures stay exactly what they are."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest

from deploy.dev.local.scrape import scraped
from deploy.dev.local.stack import Stack
from deploy.dev.replay.categories import read_subjects
from deploy.dev.replay.plan import plan
from deploy.dev.replay.run import FigureComparison, Replay, Screen, options
from deploy.dev.replay.scale import FULL, scaled
from deploy.dev.replay.scenarios import scenario_of
from deploy.dev.replay.settling import lag
from deploy.dev.replay.ticking import tick
from tests.conftest import BROKER

Eventually = Callable[..., Awaitable[None]]
SCENARIO = scenario_of("covid-2020")


class Fed:
    """Counts what has been fed."""

    def __init__(self) -> None:
        self.done = 0
        self.screen = Screen(say=print, begin=lambda total: None, step=self._step)

    def _step(self) -> None:
        self.done += 1


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Stack]:
    stack = Stack(options(folder, SCENARIO, BROKER))
    try:
        await asyncio.to_thread(stack.start)
        yield stack
    finally:
        await asyncio.to_thread(stack.stop)


class Killer:
    """Kills a router or a metrics service, one at a time, and starts it again."""

    def __init__(self, stack: Stack, chance: random.Random, eventually: Eventually) -> None:
        self.stack = stack
        self.chance = chance
        self.eventually = eventually
        self.kills = 0
        self._alone = asyncio.Lock()

    async def kill(self, *services: str) -> None:
        """Kill one instance of these services by chance."""
        async with self._alone:
            fit = [one for one in self.stack.instances if one.service in services]
            victim = self.chance.choice(fit)
            await asyncio.to_thread(victim.kill)
            victim.child.start()
            self.kills += 1

    async def tick(self, as_of: datetime) -> None:
        """Tell the routers the time; kill one as it hears of it, and again what handles the rest.

        What was fed is handled before, or the ticks would still wait behind it.
        """
        await self.eventually(self._has_caught_up, "what was fed, handled", 3000.0)
        await tick(self.stack.kafka, as_of)
        await self.kill("router")
        await self.eventually(self._are_ready, "the router ready again")
        await self.kill("router", "metrics")

    async def _has_caught_up(self) -> bool:
        return lag(await scraped([one.url for one in self.stack.of("metrics")])) == 0

    async def _are_ready(self) -> bool:
        routers = self.stack.of("router")
        return all(await asyncio.gather(*(asyncio.to_thread(one.answers) for one in routers)))


async def replayed_under_kills(
    killer: Killer, scale: Fraction, *, in_feed: int
) -> list[FigureComparison]:
    """Replay a part of the scenario; kill at instants of the feed, and twice in the tick."""
    reports, fed = plan(scaled(SCENARIO, scale), 1, read_subjects()), Fed()
    whole = len(reports) + sum(len(one.steps) for one in reports)
    replay = Replay(killer.stack, SCENARIO, scale=scale, settle=killer.tick)
    replaying = asyncio.create_task(replay.run(reports, fed.screen))
    for instant in sorted(killer.chance.sample(range(whole), in_feed)):
        has_come = partial(lambda n: fed.done >= n or replaying.done(), instant)
        await killer.eventually(has_come, "the feed", 3000.0)
        await killer.kill("router", "metrics")
    return await replaying


def wrong(findings: list[FigureComparison]) -> list[FigureComparison]:
    return [one for one in findings if not one.is_right]


@pytest.mark.timeout(300)
async def test_three_kills_change_no_figure(tmp_path: Path, eventually: Eventually) -> None:
    async with running(tmp_path) as stack:
        killer = Killer(stack, random.Random(5), eventually)
        findings = await replayed_under_kills(killer, Fraction(1, 200), in_feed=1)

    assert killer.kills == 3
    assert len(findings) > 5
    assert wrong(findings) == []


@pytest.mark.prove
@pytest.mark.timeout(3600)
async def test_ten_kills_change_no_figure_of_the_whole_scenario(
    tmp_path: Path, eventually: Eventually, seed: int
) -> None:
    async with running(tmp_path) as stack:
        killer = Killer(stack, random.Random(seed), eventually)
        findings = await replayed_under_kills(killer, FULL, in_feed=8)

    assert killer.kills == 10
    assert wrong(findings) == []
    assert {"40939", "22747"} <= {one.expected for one in findings}

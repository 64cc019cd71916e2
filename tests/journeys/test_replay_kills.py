"""Router and metrics killed while a scenario is fed: its figures stay exactly what they are."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from deploy.replay.categories import read_subjects
from deploy.replay.plan import plan
from deploy.replay.run import Finding, Replay, Screen, options
from deploy.replay.scale import FULL, scaled
from deploy.replay.scenarios import scenario_of
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


async def replayed_under_kills(
    stack: Stack, scale: Fraction, chance: random.Random, *, kills: int, eventually: Eventually
) -> list[Finding]:
    """Replay a part of the scenario and kill at instants that are counted in what was fed."""
    reports, fed = plan(scaled(SCENARIO, scale), 1, read_subjects()), Fed()
    whole = len(reports) + sum(len(one.steps) for one in reports)
    replaying = asyncio.create_task(Replay(stack, SCENARIO, scale=scale).run(reports, fed.screen))
    for instant in sorted(chance.sample(range(whole), kills)):
        await eventually(lambda n=instant: fed.done >= n or replaying.done(), "the feed", 3000.0)
        victim = chance.choice([*stack.of("router"), *stack.of("metrics")])
        await asyncio.to_thread(victim.kill)
        victim.child.start()
    return await replaying


def wrong(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if not one.is_right]


@pytest.mark.timeout(180)
async def test_three_kills_change_no_figure(tmp_path: Path, eventually: Eventually) -> None:
    chance = random.Random(5)
    async with running(tmp_path) as stack:
        findings = await replayed_under_kills(
            stack, Fraction(1, 200), chance, kills=3, eventually=eventually
        )

    assert len(findings) > 5
    assert wrong(findings) == []


@pytest.mark.prove
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1])
async def test_ten_kills_change_no_figure_of_the_whole_scenario(
    tmp_path: Path, eventually: Eventually, seed: int
) -> None:
    print(f"seed {seed}")  # noqa: T201 — shown by pytest when the test fails
    async with running(tmp_path) as stack:
        findings = await replayed_under_kills(
            stack, FULL, random.Random(seed), kills=10, eventually=eventually
        )

    assert wrong(findings) == []
    assert {"40939", "22747"} <= {one.expected for one in findings}

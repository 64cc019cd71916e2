"""Faults of the network: links that are cut, half-open or slow."""

import asyncio
from dataclasses import dataclass, field

from deploy.dev.chaos.faults.members import come_and_go, ended
from deploy.dev.chaos.links import FAIR, Weather
from deploy.dev.chaos.system import NODE_NAMES, System


@dataclass(frozen=True)
class Strain:
    """Links cut, half-open or slow; with `rebalance`, a member comes and goes meanwhile."""

    kind: str
    callers: tuple[str, ...]
    called: tuple[str, ...]
    weather: Weather
    rebalance: str | None = None  # a group
    struck: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset(self.callers) | (frozenset(self.called) & frozenset(NODE_NAMES))

    async def begin(self, system: System) -> None:  # noqa: D102
        for link in system.links.between(self.callers, self.called):
            link.set(self.weather)
        if self.rebalance:
            moving = come_and_go(system, self.rebalance, seconds=0.5)
            self.struck[:] = [asyncio.create_task(moving)]

    async def heal(self, system: System) -> None:  # noqa: D102
        await ended(self.struck)
        for link in system.links.between(self.callers, self.called):
            link.set(FAIR)

    def __str__(self) -> str:
        ways = f"forth {self.weather.forth}, back {self.weather.back}, {self.weather.delay:.1f} s"
        and_then = f", then a rebalance of {self.rebalance}" if self.rebalance else ""
        return f"{', '.join(self.callers)} to {', '.join(self.called)}: {ways}{and_then}"

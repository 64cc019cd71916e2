"""Faults of machines: wrong clocks and full disks."""

import asyncio
from dataclasses import dataclass

from deploy.dev.chaos.system import NODE_NAMES, System


@dataclass(frozen=True)
class ClockJump:
    """The clock of one instance jumps, and jumps back."""

    kind: str
    name: str
    seconds: int

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset({f"clock of {self.name}"})

    async def begin(self, system: System) -> None:  # noqa: D102
        system.clocks.set(self.name, self.seconds)

    async def heal(self, system: System) -> None:  # noqa: D102
        system.clocks.set(self.name, 0)

    def __str__(self) -> str:
        return f"the clock of {self.name} jumps by {self.seconds:+d} s"


@dataclass(frozen=True)
class FullDisk:
    """The disk of one broker is full until somebody makes room and starts it again."""

    kind: str = "full disk"

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset(NODE_NAMES)

    async def begin(self, system: System) -> None:  # noqa: D102
        await asyncio.to_thread(system.cluster.disk.fill)

    async def heal(self, system: System) -> None:  # noqa: D102
        node = system.cluster.nodes[-1]
        await asyncio.to_thread(node.kill)
        system.cluster.disk.clear()
        await asyncio.to_thread(node.child.start)

    def __str__(self) -> str:
        return f"the disk of {NODE_NAMES[-1]} is full"

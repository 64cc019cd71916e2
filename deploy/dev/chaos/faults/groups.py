"""Faults of topics and groups: records that are gone, members that come and go."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from aiokafka.errors import KafkaError

from deploy.dev.chaos.faults.members import INPUT, come_and_go, delete_records, ended
from deploy.dev.chaos.system import System

STOP_SECONDS = 30.0  # for the batch in hand, then SIGKILL


@dataclass(frozen=True)
class Retention:
    """Routers are stopped in order; what they have not read is deleted; they come back.

    Not killed: an entry that a killed router has kept and not said is said when its input comes
    again, which retention prevents.
    """

    kind: str = "retention"

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset({"router-1", "router-2", "router-3"})

    async def begin(self, system: System) -> None:  # noqa: D102
        routers = system.of("router")
        await asyncio.gather(*(asyncio.to_thread(one.child.stop, STOP_SECONDS) for one in routers))

    async def heal(self, system: System) -> None:  # noqa: D102
        await delete_records(system, INPUT)
        for one in system.of("router"):
            await asyncio.to_thread(one.child.start)

    def __str__(self) -> str:
        return f"all routers stopped, {INPUT} deleted up to its end"


@dataclass(frozen=True)
class Storm:
    """Members join a group and leave it, again and again, and handle nothing."""

    kind: str
    group: str
    struck: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset({f"group {self.group}"})

    async def begin(self, system: System) -> None:  # noqa: D102
        async def rage() -> None:
            while True:
                with contextlib.suppress(KafkaError):
                    await come_and_go(system, self.group, seconds=0.3)

        self.struck[:] = [asyncio.create_task(rage())]

    async def heal(self, system: System) -> None:  # noqa: D102
        await ended(self.struck)

    def __str__(self) -> str:
        return f"members of group {self.group} come and go"

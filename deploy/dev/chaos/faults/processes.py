"""Faults of processes: killed, frozen, or of a release that fails."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from deploy.dev.chaos.faults.members import leader_of
from deploy.dev.chaos.system import NODE_NAMES, SPARE, System
from deploy.dev.local.stack import ServiceProcess

FAILURE = "puts a batch back: unexpected RuntimeError"
SABOTAGED = Path(__file__).parents[1] / "sabotaged"


@dataclass(frozen=True)
class Kill:
    """`kill -9`, then a restart on the same data."""

    kind: str
    names: tuple[str, ...]

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102 # see Fault
        return frozenset(self.names)

    async def begin(self, system: System) -> None:  # noqa: D102
        await asyncio.gather(*(asyncio.to_thread(system.child(name).kill) for name in self.names))

    async def heal(self, system: System) -> None:  # noqa: D102
        await asyncio.to_thread(self._start, system)

    def _start(self, system: System) -> None:
        for name in self.names:
            system.child(name).start()

    def __str__(self) -> str:
        return f"kill -9 of {', '.join(self.names)}"


@dataclass(frozen=True)
class Freeze:
    """SIGSTOP beyond the session, then SIGCONT."""

    kind: str
    name: str

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset({self.name})

    async def begin(self, system: System) -> None:  # noqa: D102
        system.child(self.name).pause()

    async def heal(self, system: System) -> None:  # noqa: D102
        system.child(self.name).resume()

    def __str__(self) -> str:
        return f"SIGSTOP of {self.name}"


@dataclass(frozen=True)
class KillLeader:
    """`kill -9` of whoever leads a partition, then its restart."""

    kind: str
    partition: int
    struck: list[str] = field(default_factory=list)

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset(NODE_NAMES)

    async def begin(self, system: System) -> None:  # noqa: D102
        name = await leader_of(system, self.partition)
        self.struck[:] = [name]
        await asyncio.to_thread(system.child(name).kill)

    async def heal(self, system: System) -> None:  # noqa: D102
        await asyncio.to_thread(system.child(self.struck[0]).start)

    def __str__(self) -> str:
        return f"kill -9 of {', '.join(self.struck)}, leader of complaint-event/{self.partition}"


@dataclass(frozen=True)
class BadRelease:
    """One more instance, of a release whose every batch fails, until it is taken back."""

    kind: str
    service: str
    struck: list[ServiceProcess] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)  # how many batches, once it is known

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset({SPARE})

    async def join(self, system: System) -> None:
        """Start it and wait until it has its part of the work: it takes seconds to start."""
        env = {"PYTHONPATH": str(SABOTAGED)}
        instance = system.instance(f"{self.service}-9", via=SPARE, env=env)
        self.struck[:] = [instance]
        instance.child.log_path.unlink(missing_ok=True)  # of a run before
        await asyncio.to_thread(instance.start)

    async def begin(self, system: System) -> None:
        """Nothing more: it fails as soon as there is something to do."""

    async def heal(self, system: System) -> None:  # noqa: D102
        await asyncio.to_thread(self.struck[0].kill)
        log = self.struck[0].child.log_path.read_text()
        self.failed[:] = [log.count(FAILURE)]

    def __str__(self) -> str:
        times = f": {self.failed[0]} failed" if self.failed else ""
        return f"a {self.service} whose every batch fails{times}"

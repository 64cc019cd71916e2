"""The faults: each begins, lasts, and is healed, and can say of itself what it does."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError

from deploy.chaos.cluster import Node, node_name
from deploy.chaos.links import FAIR, Weather
from deploy.chaos.system import DATABASE, NODE_NAMES, SESSION_SECONDS, SPARE, System
from deploy.local.process import Child
from deploy.local.stack import ServiceProcess

INPUT = "complaint-input"
SABOTAGED = Path(__file__).parent / "sabotaged"
STAGES = {"router": INPUT, "metrics": "complaint-event"}


class Fault(Protocol):
    """One fault."""

    @property
    def kind(self) -> str:
        """Return the name under which its recoveries are summed up."""
        ...

    @property
    def parties(self) -> frozenset[str]:
        """Return whom it strikes: no other fault strikes the same at the same time."""
        ...

    async def begin(self, system: System) -> None:
        """Let it happen."""
        ...

    async def heal(self, system: System) -> None:
        """Undo it, and return once that is done; recovery is not waited for."""
        ...


def _child(system: System, name: str) -> Child:
    if name == DATABASE:
        return system.database.child
    if name in NODE_NAMES:
        return _node(system, name).child
    return system.services[name].child


def _node(system: System, name: str) -> Node:
    return next(node for node in system.cluster.nodes if node.name == name)


@dataclass(frozen=True)
class Kill:
    """`kill -9`, then a restart on the same data."""

    kind: str
    names: tuple[str, ...]

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102 # see Fault
        return frozenset(self.names)

    async def begin(self, system: System) -> None:  # noqa: D102
        await asyncio.gather(*(asyncio.to_thread(_child(system, name).kill) for name in self.names))

    async def heal(self, system: System) -> None:  # noqa: D102
        await asyncio.to_thread(self._start, system)

    def _start(self, system: System) -> None:
        for name in self.names:
            _child(system, name).start()

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
        _child(system, self.name).pause()

    async def heal(self, system: System) -> None:  # noqa: D102
        _child(system, self.name).resume()

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
        await asyncio.to_thread(_child(system, name).kill)

    async def heal(self, system: System) -> None:  # noqa: D102
        await asyncio.to_thread(_child(system, self.struck[0]).start)

    def __str__(self) -> str:
        return f"kill -9 of {', '.join(self.struck)}, leader of complaint-event/{self.partition}"


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
        await _ended(self.struck)
        for link in system.links.between(self.callers, self.called):
            link.set(FAIR)

    def __str__(self) -> str:
        ways = f"forth {self.weather.forth}, back {self.weather.back}, {self.weather.delay:.1f} s"
        and_then = f", then a rebalance of {self.rebalance}" if self.rebalance else ""
        return f"{', '.join(self.callers)} to {', '.join(self.called)}: {ways}{and_then}"


@dataclass(frozen=True)
class Retention:
    """Routers are stopped; what they have not read is deleted; they come back."""

    kind: str = "retention"

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset({"router-1", "router-2", "router-3"})

    async def begin(self, system: System) -> None:  # noqa: D102
        await asyncio.gather(*(asyncio.to_thread(one.kill) for one in system.of("router")))

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
        await _ended(self.struck)

    def __str__(self) -> str:
        return f"members of group {self.group} come and go"


@dataclass(frozen=True)
class BadRelease:
    """One more instance, of a release whose every batch fails, until it is taken back."""

    kind: str
    service: str
    struck: list[ServiceProcess] = field(default_factory=list)

    @property
    def parties(self) -> frozenset[str]:  # noqa: D102
        return frozenset({SPARE})

    async def begin(self, system: System) -> None:  # noqa: D102
        env = {"PYTHONPATH": str(SABOTAGED)}
        instance = system.instance(f"{self.service}-9", via=SPARE, env=env)
        self.struck[:] = [instance]
        await asyncio.to_thread(instance.child.start)

    async def heal(self, system: System) -> None:  # noqa: D102
        await asyncio.to_thread(self.struck[0].kill)

    def __str__(self) -> str:
        return f"a {self.service} whose every batch fails"


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


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, KafkaError):
            await task


async def leader_of(system: System, partition: int) -> str:
    """Return the node that leads a partition of `complaint-event`."""
    admin = await _admin(system)
    try:
        [topic] = await admin.describe_topics(["complaint-event"])
        found = next(one for one in topic["partitions"] if one["partition"] == partition)
        return node_name(found["leader"])
    finally:
        await admin.close()


async def delete_records(system: System, topic: str) -> None:
    """Delete everything on a topic up to its end, as retention would."""
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=system.cluster.url)
    await consumer.start()
    admin = await _admin(system)
    try:
        [found] = await admin.describe_topics([topic])
        places = [TopicPartition(topic, one["partition"]) for one in found["partitions"]]
        ends = await consumer.end_offsets(places)
        wanted = {place: RecordsToDelete(before_offset=end) for place, end in ends.items()}
        await admin.delete_records(wanted)
    finally:
        await admin.close()
        await consumer.stop()


async def come_and_go(system: System, group: str, *, seconds: float) -> None:
    """Join a group, hold what is assigned for a while without handling it, and leave."""
    consumer: Any = AIOKafkaConsumer(
        STAGES[group],
        bootstrap_servers=system.cluster.url,
        group_id=group,
        enable_auto_commit=False,
        session_timeout_ms=round(SESSION_SECONDS * 1000),
        request_timeout_ms=10_000,
    )
    try:
        await consumer.start()
        await asyncio.sleep(seconds)
    finally:
        await consumer.stop()


async def _admin(system: System) -> AIOKafkaAdminClient:
    admin = AIOKafkaAdminClient(bootstrap_servers=system.cluster.url, request_timeout_ms=10_000)
    await admin.start()
    return admin

"""A join that takes longer than a session: what its coordinator answers meanwhile holds it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.client import ConnectionGroup
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest

from shared.kafka.consumer.group_session import CoordinatorRequests, GroupSession
from shared.kafka.consumer.tolerant_consumer import TolerantConsumer
from tests.shared.conftest import Bench, Ticks

Eventually = Callable[..., Awaitable[None]]
NODE = 1
COORDINATION = ConnectionGroup.COORDINATION
SESSION_SECONDS = 0.3  # of the clock that is set; questions follow each other in real time


@dataclass
class Answer:
    error_code: int = 0


class Connection:
    """The coordinator's: a join is answered when the test says so."""

    _request_timeout = 1.0

    def __init__(self) -> None:
        self.joins: list[asyncio.Future[Answer]] = []

    def send(self, request: Any) -> asyncio.Future[Answer]:
        self.joins.append(asyncio.get_running_loop().create_future())
        return self.joins[-1]

    def close(self, reason: Any) -> None:
        raise AssertionError("closed")


class Client:
    """Answers everything but joins at once, unless it is cut."""

    def __init__(self) -> None:
        self.coordinator = Connection()
        self._conns = {(NODE, COORDINATION): self.coordinator}
        self.asked = 0
        self.is_cut = False

    async def ready(self, node_id: int, *, group: Any) -> bool:
        return True

    async def send(self, node_id: int, request: Any, *, group: Any = None) -> Answer:
        self.asked += 1
        if self.is_cut:
            raise RequestTimedOutError
        return Answer()


class Member:
    """A member of a group, its session by a clock that is set, and its coordinator."""

    def __init__(self) -> None:
        self.clock = Ticks()
        self.session = GroupSession(SESSION_SECONDS, now=self.clock)
        self.client = Client()
        consumer = type("Consumer", (), {"_client": self.client})()
        CoordinatorRequests(consumer, self.session, settle_seconds=40)

    async def beat(self, member: str) -> None:
        await self.client.send(NODE, HeartbeatRequest("g", 1, member), group=COORDINATION)

    @contextmanager
    def joining(self, member: str) -> Iterator[asyncio.Task[Answer]]:
        request = JoinGroupRequest("g", 6_000, 6_000, member, "", "consumer", [])
        task = asyncio.create_task(self.client.send(NODE, request, group=COORDINATION))
        try:
            yield task
        finally:
            task.cancel()


async def test_a_session_holds_while_a_join_waits_and_its_coordinator_answers(
    eventually: Eventually,
) -> None:
    member = Member()
    await member.beat("one")

    with member.joining("one") as join:
        for _ in range(5):  # more than two sessions
            member.clock.now += SESSION_SECONDS / 2
            await eventually(lambda: member.session.age == 0, "an answer")
        member.client.coordinator.joins[0].set_result(Answer())
        await join
    asked = member.client.asked
    await asyncio.sleep(2 * member.session.pause)
    assert member.client.asked == asked  # nobody asks after the join


async def test_a_session_ends_while_a_join_waits_and_its_coordinator_is_silent(
    eventually: Eventually,
) -> None:
    member = Member()
    await member.beat("one")
    member.client.is_cut = True

    with member.joining("one"):
        member.clock.now += SESSION_SECONDS / 2
        await eventually(lambda: member.client.asked > 2, "a question")
        assert member.session.age == pytest.approx(SESSION_SECONDS / 2)
        member.clock.now += SESSION_SECONDS / 2
        assert member.session.is_over


async def test_a_session_that_is_over_stays_over_while_a_join_waits() -> None:
    member = Member()
    await member.beat("one")
    member.clock.now += SESSION_SECONDS

    with member.joining("one"):
        await asyncio.sleep(3 * member.session.pause)

        assert member.session.is_over


@pytest.mark.parametrize("name", ["", "two"], ids=["no id yet", "another id"])
async def test_a_new_member_waits_without_the_session_of_the_old_one(name: str) -> None:
    member = Member()
    await member.beat("one")
    member.clock.now += SESSION_SECONDS / 2

    with member.joining(name):
        await asyncio.sleep(3 * member.session.pause)

        assert member.session.age == pytest.approx(SESSION_SECONDS / 2)


class Holding(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Lets its partitions go when told."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.is_asked = False

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        if revoked:
            self.is_asked = True
            await self.let_go.wait()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        pass


@pytest.mark.connected
async def test_who_waits_for_a_member_with_a_batch_in_hand_is_not_cut_off(
    new_bench: Callable[..., Awaitable[Bench]], eventually: Eventually
) -> None:
    bench, holding = await new_bench(partitions=4), Holding()

    async with AsyncExitStack() as stack:

        async def join(*listeners: ConsumerRebalanceListener) -> TolerantConsumer:
            member = TolerantConsumer(
                bootstrap_servers=bench.kafka.bootstrap_servers,
                group_id=bench.group,
                session_timeout_ms=15_000,
                rebalance_timeout_ms=40_000,
                heartbeat_interval_ms=1_000,
            )
            await member.start()
            stack.push_async_callback(member.stop)
            member.subscribe([bench.topic], listener=listeners[0] if listeners else None)
            return member

        waiting, busy = await join(), await join(holding)
        both = [waiting, busy]
        await eventually(lambda: [len(m.assignment()) for m in both] == [2, 2], "two each")
        newcomer = await join()
        await eventually(lambda: holding.is_asked, "a rebalance")
        begun, ages = time.monotonic(), [waiting.session.age]

        def has_waited() -> bool:
            ages.append(waiting.session.age)
            return time.monotonic() - begun > 16

        await eventually(has_waited, "more than a session")
        holding.let_go.set()
        await eventually(lambda: len(newcomer.assignment()) > 0, "a group of three")

    assert max(ages) < 12  # of 15: others begin after the whole

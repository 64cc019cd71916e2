"""For how long a member may speak for its partitions, and that it is told by real heartbeats."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.errors import BrokerAway
from shared.kafka.consumer.group_session import GroupSession
from tests.shared.conftest import Bench, Recorder, Ticks


def test_a_session_is_over_before_the_group_gives_its_partitions_away() -> None:
    clock = Ticks()
    session = GroupSession(10, now=clock)
    session.heard(clock.now)

    clock.now += 7.9
    assert not session.is_over
    clock.now += 0.2
    assert session.is_over
    session.heard(clock.now)
    assert not session.is_over


def test_before_the_first_join_there_is_nothing_to_be_over() -> None:
    assert not GroupSession(10, now=Ticks()).is_over


async def test_work_ends_with_the_session_and_is_cancelled_by_then() -> None:
    session, ended = GroupSession(0.1), asyncio.Event()
    session.heard(asyncio.get_running_loop().time())

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(BrokerAway):
        await session.within(work())
    assert ended.is_set()


async def test_work_begins_only_while_the_session_holds() -> None:
    clock = Ticks()
    session = GroupSession(10, now=clock)
    session.heard(clock.now - 20)

    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(BrokerAway):
        await session.within(work())


async def test_work_that_is_done_in_time_gives_its_result() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 3

    assert await GroupSession(10).within(work()) == 3


@pytest.mark.connected
async def test_heartbeats_and_joins_are_seen_in_what_the_client_sends(
    bench: Bench, eventually: Callable[..., Awaitable[None]]
) -> None:
    stage = await bench.start(Recorder())
    await eventually(lambda: stage._held.known is not None, "an assignment")
    session = stage._consumer.session
    joined = session._heard

    assert joined is not None
    await eventually(lambda: session._heard > joined, "a heartbeat after the join")

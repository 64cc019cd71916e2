"""A small batch waits for more where records come one after the other, and for nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiokafka import TopicPartition

from shared.kafka.consumer.linger import Linger
from shared.kafka.consumer.tolerant_consumer import Batches, TolerantConsumer
from shared.settings import StageSettings
from tests.shared.conftest import Bench, Recorder, Ticks
from tests.support.builders import FakeRecord

ONE, TWO = TopicPartition("complaint-input", 1), TopicPartition("complaint-input", 2)
MOST = 100


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def linger(ticks: Ticks) -> Linger:
    return Linger(0.5, now=ticks)


def test_the_first_records_wait_for_nobody(linger: Linger) -> None:
    assert linger.seconds(1, MOST) == 0


def test_what_comes_after_a_silence_comes_alone(linger: Linger, ticks: Ticks) -> None:
    linger.seconds(1, MOST)
    ticks.now += 2.1

    assert linger.seconds(1, MOST) == 0


def test_what_comes_soon_after_others_waits_for_more(linger: Linger, ticks: Ticks) -> None:
    linger.seconds(1, MOST)
    ticks.now += 1.9

    assert linger.seconds(1, MOST) == 0.5


def test_a_batch_that_is_large_already_waits_for_nobody(linger: Linger) -> None:
    linger.seconds(1, MOST)

    assert linger.seconds(24, MOST) == 0.5
    assert linger.seconds(25, MOST) == 0


def test_an_empty_poll_is_no_record(linger: Linger, ticks: Ticks) -> None:
    linger.seconds(1, MOST)
    ticks.now += 1.5
    assert linger.seconds(0, MOST) == 0
    ticks.now += 1.5

    assert linger.seconds(1, MOST) == 0


class Polled(TolerantConsumer):
    """Hands over what the test has put there, poll by poll."""

    def __init__(self) -> None:
        super().__init__(bootstrap_servers="127.0.0.1:1", linger_ms=1)
        self.polls: list[Batches] = []
        self.asked: list[int | None] = []
        self.then: Callable[[], None] | None = None

    async def _some(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None
    ) -> Batches:
        self.asked.append(max_records)
        if self.then is not None:
            asyncio.get_running_loop().call_soon(self.then)
        return self.polls.pop(0)


def batch(place: TopicPartition, *offsets: int) -> Batches:
    return {place: [FakeRecord(partition=place.partition, offset=offset) for offset in offsets]}


def offsets(found: Batches) -> dict[TopicPartition, list[int]]:
    return {place: [record.offset for record in records] for place, records in found.items()}


@pytest.fixture
async def polled() -> AsyncIterator[Polled]:
    consumer = Polled()
    consumer.polls = [batch(ONE, 1)]
    await consumer.getmany(max_records=MOST)
    yield consumer
    await consumer.stop()


async def test_what_came_while_it_waited_follows_in_order(polled: Polled) -> None:
    polled.polls = [batch(ONE, 2, 3), batch(ONE, 4) | batch(TWO, 7)]

    assert offsets(await polled.getmany(max_records=MOST)) == {ONE: [2, 3, 4], TWO: [7]}
    assert polled.asked == [MOST, MOST, MOST - 2]


async def test_what_was_taken_before_an_assignment_is_left_to_be_fetched_again(
    polled: Polled,
) -> None:
    polled.polls, polled.then = [batch(ONE, 2, 3)], polled.forget

    assert await polled.getmany(max_records=MOST) == {}


@pytest.mark.connected
async def test_records_that_trickle_in_are_handled_together_and_in_order(
    bench: Bench, eventually: Callable[..., Awaitable[None]]
) -> None:
    bench.settings = StageSettings(linger_ms=1_000)
    recorder = Recorder()
    await bench.start(recorder)
    await bench.send(["first"])
    await eventually(lambda: recorder.seen == ["first"], "the first")

    for number in range(20):
        await bench.send([f"good-{number}"])

    await eventually(lambda: len(recorder.seen) == 21, "all records")
    assert recorder.seen[1:] == [f"good-{number}" for number in range(20)]
    assert max(recorder.sizes) > 1

    async def all_committed() -> bool:
        return await bench.committed() == 21

    await eventually(all_committed, "all committed")

"""Members of a group that come, go and stop: nothing is lost, and the order holds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition

from shared.settings import StageSettings
from shared.stage.handler import DecodedRecord, HandlerResult
from tests.shared.conftest import Bench, Recorder, Told

pytestmark = pytest.mark.connected
Eventually = Callable[..., Awaitable[None]]


async def test_members_that_come_and_go_lose_nothing_and_keep_the_order(
    new_bench: Callable[..., Awaitable[Bench]], eventually: Eventually
) -> None:
    bench = await new_bench(partitions=6)
    recorders = [Recorder() for _ in range(3)]
    first = await bench.start(recorders[0])
    for partition in range(6):
        await bench.send([f"{partition}-{n}" for n in range(100)], partition)
    await bench.start(recorders[1])
    for partition in range(6):
        await bench.send([f"{partition}-{n}" for n in range(100, 200)], partition)
    await bench.stop(first)
    await bench.start(recorders[2])

    def seen() -> set[str]:
        return {text for recorder in recorders for text in recorder.seen}

    await eventually(lambda: len(seen()) == 1200, "all records")
    for recorder in recorders:
        for partition in range(6):
            offsets = [offset for held, offset in recorder.handled if held == partition]
            firsts = list(dict.fromkeys(offsets))
            assert firsts == sorted(firsts)


async def test_stopping_leaves_nothing_half_done(bench: Bench, eventually: Eventually) -> None:
    recorder = Recorder()
    await bench.send([f"good-{n}" for n in range(500)])

    stage = await bench.start(recorder)
    await eventually(lambda: len(recorder.seen) >= 50, "a few batches")
    await bench.stop(stage)

    assert await bench.committed() == len(recorder.seen)


class Held(Recorder):
    """Keeps its first batch in hand until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.first: list[tuple[int, int]] = []

    async def handle(self, batch: Sequence[DecodedRecord[str]]) -> HandlerResult:
        if not self.attempts:
            self.first = [(item.record.partition, item.record.offset) for item in batch]
            self.attempts += 1
            await self.go.wait()
        return await super().handle(batch)


async def test_a_batch_in_hand_while_its_partitions_went_away_and_back_is_not_committed(
    new_bench: Callable[..., Awaitable[Bench]], eventually: Eventually
) -> None:
    bench = await new_bench(partitions=4)
    bench.settings = StageSettings(max_records=400, retry_seconds=(0.05, 0.2), drain_seconds=0.2)
    first, second = Held(), Recorder()
    for partition in range(4):
        await bench.send([f"{partition}-{n}" for n in range(5)], partition)
    stage = await bench.start(first)
    await eventually(lambda: first.attempts == 1, "a batch in hand")
    other = await bench.start(second)
    await eventually(lambda: len(set(second.seen)) == 10, "half of the partitions at the other")
    commits: list[dict[TopicPartition, int]] = []
    stage._consumer.commit = recording(stage._consumer.commit, commits)

    await bench.stop(other)
    await eventually(lambda: len(stage._held.known or ()) == 4, "all partitions back")
    first.go.set()
    await eventually(lambda: first.attempts > 2, "the next batch")

    async def all_committed() -> bool:
        return [await bench.committed(partition) for partition in range(4)] == [5] * 4

    await eventually(all_committed, "everything committed")
    theirs = {int(text[0]) for text in second.seen}
    assert not [at for offsets in commits for at in offsets if at.partition in theirs]


async def test_who_lets_go_of_partitions_is_told_before_anything_is_asked_of_kafka(
    new_bench: Callable[..., Awaitable[Bench]],
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, told, answers = await new_bench(partitions=4), Told(), asyncio.Event()
    await bench.start(told)
    await eventually(lambda: told.held == [4], "all partitions")

    async def slow(*_: object) -> dict[TopicPartition, int]:
        await answers.wait()
        return {}

    monkeypatch.setattr("shared.stage.recovery.deleted_records.deleted_unread", slow)
    other = asyncio.create_task(bench.start(Recorder()))
    try:
        await eventually(lambda: told.held == [4, 2], "half of them let go of")
    finally:
        answers.set()
        await other


def recording(commit: Any, commits: list[dict[TopicPartition, int]]) -> Any:
    """Return a commit that also notes what it is asked for."""

    async def noting(offsets: dict[TopicPartition, int]) -> None:
        commits.append(dict(offsets))
        await commit(offsets)

    return noting

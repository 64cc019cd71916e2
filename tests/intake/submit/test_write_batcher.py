"""Many callers, one write."""

import asyncio
from collections.abc import Sequence

import pytest

from services.intake.submit.write_batcher import WriteBatcher
from shared.errors import DatabaseAway


class Writes:
    """Doubles numbers, one bulk at a time; negative ones break the bulk."""

    def __init__(self) -> None:
        self.bulks: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def write(self, numbers: Sequence[int]) -> Sequence[int]:
        self.bulks.append(list(numbers))
        await self.open.wait()
        if min(numbers) < 0:
            raise DatabaseAway("switched off by the test")
        return [number * 2 for number in numbers]


async def test_callers_at_the_same_time_share_a_write_and_get_their_own_result() -> None:
    writes = Writes()
    coalescer = WriteBatcher(writes.write)

    assert await asyncio.gather(*(coalescer.add(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert writes.bulks == [[0, 1, 2, 3, 4]]


async def test_while_one_write_is_in_flight_the_next_collects() -> None:
    writes = Writes()
    writes.open.clear()
    coalescer = WriteBatcher(writes.write)
    first = asyncio.create_task(coalescer.add(1))
    while not writes.bulks:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(coalescer.add(n)) for n in (2, 3)]
    await asyncio.sleep(0)
    writes.open.set()

    assert await asyncio.gather(first, *rest) == [2, 4, 6]
    assert writes.bulks == [[1], [2, 3]]


async def test_a_bulk_has_a_bound() -> None:
    writes = Writes()
    coalescer = WriteBatcher(writes.write, most=2)

    await asyncio.gather(*(coalescer.add(n) for n in range(5)))

    assert writes.bulks == [[0, 1], [2, 3], [4]]


async def test_an_error_reaches_every_caller_of_its_bulk_and_no_other() -> None:
    writes = Writes()
    coalescer = WriteBatcher(writes.write, most=2)

    results = await asyncio.gather(*(coalescer.add(n) for n in (-1, 1, 2)), return_exceptions=True)

    assert [type(result) for result in results] == [DatabaseAway, DatabaseAway, int]


async def test_a_caller_that_leaves_stops_nobody_elses_write() -> None:
    writes = Writes()
    writes.open.clear()
    coalescer = WriteBatcher(writes.write)
    leaving, staying = (asyncio.create_task(coalescer.add(n)) for n in (1, 2))
    while not writes.bulks:
        await asyncio.sleep(0)

    leaving.cancel()
    writes.open.set()

    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await coalescer.finish()


async def test_what_nobody_waits_for_any_more_is_not_written() -> None:
    writes = Writes()
    writes.open.clear()
    coalescer = WriteBatcher(writes.write)
    first = asyncio.create_task(coalescer.add(1))
    while not writes.bulks:
        await asyncio.sleep(0)
    leaving, staying = (asyncio.create_task(coalescer.add(n)) for n in (2, 3))
    await asyncio.sleep(0)

    leaving.cancel()
    writes.open.set()

    assert [await first, await staying] == [2, 6]
    assert writes.bulks == [[1], [3]]
    await asyncio.gather(leaving, return_exceptions=True)


async def test_after_a_bulk_that_failed_come_half_as_many_and_then_more_again() -> None:
    writes = Writes()
    batcher = WriteBatcher(writes.write, most=32)

    await asyncio.gather(*(batcher.add(-1) for _ in range(32)), return_exceptions=True)
    await asyncio.gather(*(batcher.add(1) for _ in range(32)))

    assert [len(bulk) for bulk in writes.bulks] == [32, 16, 16]
    await asyncio.gather(*(batcher.add(1) for _ in range(32)))
    assert [len(bulk) for bulk in writes.bulks][3:] == [20, 12]


async def test_at_a_pace_who_comes_alone_waits_for_nobody_and_the_next_ones_gather() -> None:
    writes = Writes()
    batcher = WriteBatcher(writes.write, pace_seconds=3_600)

    assert await batcher.add(1) == 2
    later = [asyncio.create_task(batcher.add(number)) for number in (2, 3)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert writes.bulks == [[1]]

    await batcher.finish()
    assert await asyncio.gather(*later) == [4, 6]
    assert writes.bulks == [[1], [2, 3]]

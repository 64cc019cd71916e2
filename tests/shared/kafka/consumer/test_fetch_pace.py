"""A consumer of many topics does not ask for each record alone, and seldom while nothing comes."""

from types import SimpleNamespace
from typing import Any

import pytest

from shared.kafka.consumer.fetch_pace import (
    BUSY_WAIT_MS,
    IDLE_AFTER_SECONDS,
    IDLE_WAIT_MS,
    MOST_REST_SECONDS,
    FetchPace,
)
from tests.shared.conftest import Ticks

ONE, TWO = 1, 2


class Fetcher:
    """Answers at once or after `takes` seconds, with something or with nothing."""

    def __init__(self, ticks: Ticks) -> None:
        self.brings = True
        self.takes = 0.0
        self.asked: list[int] = []
        self._ticks = ticks
        self._fetch_max_wait_ms = 0
        self._proc_fetch_request: Any = self._answer

    async def _answer(self, assignment: object, node: int, request: object) -> bool:
        self.asked.append(node)
        self._ticks.now += self.takes
        return self.brings


class Consumer:
    def __init__(self, ticks: Ticks) -> None:
        self._fetcher = Fetcher(ticks)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def consumer(ticks: Ticks) -> Consumer:
    return Consumer(ticks)


@pytest.fixture
def pace(consumer: Consumer, ticks: Ticks) -> FetchPace:
    return FetchPace(consumer, now=ticks)


async def fetched(
    consumer: Consumer, *, brings: bool, takes: float = 0.0, partitions: int = 600
) -> None:
    fetcher = consumer._fetcher
    fetcher.brings, fetcher.takes = brings, takes
    held = SimpleNamespace(tps=range(partitions))
    assert await fetcher._proc_fetch_request(held, ONE, object()) is brings


async def test_the_first_question_waits_for_nothing(pace: FetchPace) -> None:
    assert pace.rest(ONE) < 0


@pytest.mark.parametrize(
    ("partitions", "seconds"), [(24, 0.0072), (600, 0.18), (100_000, MOST_REST_SECONDS)]
)
async def test_after_an_answer_with_records_its_broker_rests_by_the_partitions(
    pace: FetchPace, consumer: Consumer, partitions: int, seconds: float
) -> None:
    await fetched(consumer, brings=True, takes=0.5, partitions=partitions)

    assert pace.rest(ONE) == pytest.approx(seconds)
    assert pace.rest(TWO) < 0


async def test_an_answer_without_records_costs_no_rest_where_it_took_its_time(
    pace: FetchPace, consumer: Consumer
) -> None:
    await fetched(consumer, brings=False, takes=0.5)
    assert pace.rest(ONE) < 0

    await fetched(consumer, brings=False, takes=0.01)
    assert pace.rest(ONE) == pytest.approx(0.17)


async def test_it_asks_for_longer_once_nothing_has_come_for_a_while(
    pace: FetchPace, consumer: Consumer, ticks: Ticks
) -> None:
    await fetched(consumer, brings=True)
    assert consumer._fetcher._fetch_max_wait_ms == BUSY_WAIT_MS

    ticks.now += IDLE_AFTER_SECONDS + 1
    await fetched(consumer, brings=False)
    assert consumer._fetcher._fetch_max_wait_ms == IDLE_WAIT_MS

    await fetched(consumer, brings=True)
    assert consumer._fetcher._fetch_max_wait_ms == BUSY_WAIT_MS


async def test_every_question_is_asked(pace: FetchPace, consumer: Consumer) -> None:
    for _ in range(3):
        await fetched(consumer, brings=True, partitions=1)

    assert consumer._fetcher.asked == [ONE] * 3

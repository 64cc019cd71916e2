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
MANY = SimpleNamespace(tps=range(680))


class Fetcher:
    """Answers at once, with something or with nothing."""

    def __init__(self) -> None:
        self.brings = True
        self.asked: list[int] = []
        self._fetch_max_wait_ms = 0
        self._proc_fetch_request: Any = self._answer

    async def _answer(self, assignment: object, node: int, request: object) -> bool:
        self.asked.append(node)
        return self.brings


class Consumer:
    def __init__(self) -> None:
        self._fetcher = Fetcher()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


@pytest.fixture
def pace(consumer: Consumer, ticks: Ticks) -> FetchPace:
    return FetchPace(consumer, now=ticks)


async def fetched(consumer: Consumer, *, brings: bool) -> None:
    fetcher = consumer._fetcher
    fetcher.brings = brings
    assert await fetcher._proc_fetch_request(MANY, ONE, object()) is brings


async def test_the_first_question_waits_for_nothing(pace: FetchPace) -> None:
    assert pace.rest(ONE, 680) == 0


async def test_after_an_answer_with_records_its_broker_rests_by_the_partitions(
    pace: FetchPace, consumer: Consumer, ticks: Ticks
) -> None:
    await fetched(consumer, brings=True)

    assert pace.rest(ONE, 24) == pytest.approx(0.0024)
    assert pace.rest(ONE, 680) == pytest.approx(0.068)
    assert pace.rest(ONE, 100_000) == pytest.approx(MOST_REST_SECONDS)
    assert pace.rest(TWO, 680) == 0
    ticks.now += 0.068
    assert pace.rest(ONE, 680) <= 0.000_001


async def test_an_answer_without_records_costs_no_rest(pace: FetchPace, consumer: Consumer) -> None:
    await fetched(consumer, brings=False)

    assert pace.rest(ONE, 680) == 0


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
        await fetched(consumer, brings=True)

    assert consumer._fetcher.asked == [ONE] * 3

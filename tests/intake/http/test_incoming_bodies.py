"""Bodies that come slowly or never: they keep nobody else out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack

import httpx
import pytest

from services.intake.http import incoming_bodies
from services.intake.http.incoming_bodies import IncomingBodies, IncomingBody
from services.intake.http.problems import Problem
from tests.intake.conftest import TEXT, IntakeBench, problem_of

COMPLAINTS, BATCH = "/v1/complaints", "/v1/complaints:batch"


class Slow:
    """Callers whose bodies begin and do not end, each in a task of its own."""

    def __init__(self, intake: IntakeBench) -> None:
        self._intake = intake
        self._tasks: list[asyncio.Task[httpx.Response]] = []
        self.begun = 0
        self.rest = asyncio.Event()

    async def post(
        self, path: str, times: int = 1, *, headers: Mapping[str, str] | None = None
    ) -> list[asyncio.Task[httpx.Response]]:
        """Begin so many requests, and wait until each waits for the rest of its body."""
        before = self.begun
        sent = [
            asyncio.create_task(
                self._intake.http.post(path, content=self._body(), headers=dict(headers or {}))
            )
            for _ in range(times)
        ]
        self._tasks += sent
        while self.begun < before + times and not any(task.done() for task in sent):
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return sent

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _body(self) -> AsyncIterator[bytes]:
        yield b'{"text": '
        self.begun += 1
        await self.rest.wait()
        yield b'"Lampu jalan mati."}'


@pytest.fixture
async def slow(intake: IntakeBench) -> AsyncIterator[Slow]:
    callers = Slow(intake)
    yield callers
    await callers.stop()


async def test_batches_without_a_body_take_no_place_from_a_gateway(
    intake: IntakeBench, slow: Slow
) -> None:
    intake.restart(most_batches=2)
    gateway = await intake.key("gateway")
    await slow.post(BATCH, 8)

    line = b'{"text": "Lampu jalan mati."}'
    answer = await intake.http.post(BATCH, content=line, headers=gateway)

    assert answer.status_code == 200
    assert '"status":202' in answer.text


async def test_slow_bodies_keep_nobody_out_of_any_door(intake: IntakeBench, slow: Slow) -> None:
    intake.restart(most_in_flight=4)
    officer, gateway = await intake.key("officer"), await intake.key("gateway")
    await slow.post(COMPLAINTS, 20)

    listed = await intake.http.get("/v1/triage", headers=officer)
    sent = await intake.http.post(COMPLAINTS, json={"text": TEXT}, headers=gateway)

    assert (listed.status_code, sent.status_code) == (200, 202)
    assert (await intake.submit()).status_code == 202


async def test_a_body_that_comes_after_all_is_taken(intake: IntakeBench, slow: Slow) -> None:
    (sent,) = await slow.post(COMPLAINTS)

    slow.rest.set()

    assert (await sent).status_code == 202


async def test_a_body_that_comes_when_no_place_is_left_is_refused_without_a_trace(
    intake: IntakeBench, slow: Slow
) -> None:
    intake.restart(most_in_flight=1)
    (late,) = await slow.post(COMPLAINTS)
    intake.publisher.open.clear()
    first = asyncio.create_task(intake.submit())
    while not intake.store.vault:
        await asyncio.sleep(0)

    slow.rest.set()

    problem_of(await late, 503, "overloaded")
    assert len(intake.store.receipts) == len(intake.store.vault) == 1
    intake.publisher.open.set()
    assert (await first).status_code == 202


async def test_one_address_is_waited_for_with_a_bound(intake: IntakeBench, slow: Slow) -> None:
    intake.restart(most_bodies_each=2)
    await slow.post(COMPLAINTS, 2)

    (refused,) = await slow.post(COMPLAINTS)

    answer = await refused
    problem_of(answer, 429, "too_many_bodies")
    assert answer.headers["retry-after"]


async def test_strangers_are_waited_for_apart_from_callers_with_a_key(
    intake: IntakeBench, slow: Slow
) -> None:
    intake.restart(most_bodies=2)
    gateway = await intake.key("gateway")
    await slow.post(COMPLAINTS, 2)

    (stranger,) = await slow.post(COMPLAINTS)
    (known,) = await slow.post(COMPLAINTS, headers=gateway)

    problem_of(await stranger, 503, "overloaded")
    slow.rest.set()
    assert (await known).status_code == 202


async def test_a_refused_body_leaves_its_room_to_the_next(intake: IntakeBench, slow: Slow) -> None:
    intake.restart(most_bodies_each=1, body_grace_seconds=0.01)
    for _ in range(3):
        (late,) = await slow.post(COMPLAINTS)
        problem_of(await late, 408, "too_slow")


async def test_a_body_that_drips_is_given_up(intake: IntakeBench) -> None:
    intake.restart(body_grace_seconds=0.05, body_rate=1e9)
    taken = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" "
            await asyncio.sleep(0.001)

    answer = await intake.http.post(COMPLAINTS, content=drip())

    problem_of(answer, 408, "too_slow")
    assert answer.headers["connection"] == "close"
    assert taken > 1


async def test_a_body_that_keeps_its_rate_may_take_longer_than_the_grace(
    intake: IntakeBench,
) -> None:
    intake.restart(body_grace_seconds=0.01, body_rate=0.001)

    async def steady() -> AsyncIterator[bytes]:
        for part in (b'{"text": ', b'"Lampu jalan ', b'mati."}'):
            yield part
            await asyncio.sleep(0.02)

    assert (await intake.http.post(COMPLAINTS, content=steady())).status_code == 202


async def test_bytes_on_their_way_have_a_bound_for_each_caller(intake: IntakeBench) -> None:
    intake.restart(most_batch_body=1_000, most_batches=2)

    async def whole() -> AsyncIterator[bytes]:
        yield b" " * 900
        assert len(held) < 2
        held.append(1)
        await asyncio.Event().wait()

    held: list[int] = []
    first = asyncio.create_task(intake.http.post(BATCH, content=whole()))
    while not held:
        await asyncio.sleep(0)

    problem_of(await intake.http.post(BATCH, content=b" " * 900), 503, "overloaded")
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert (await intake.http.post(BATCH, content=b" " * 900)).status_code == 200


async def test_strangers_batches_leave_places_to_callers_with_a_key(intake: IntakeBench) -> None:
    intake.restart(most_batches=2)
    gateway = await intake.key("gateway")
    line = b'{"text": "Lampu jalan mati."}'
    intake.publisher.open.clear()
    first = asyncio.create_task(intake.http.post(BATCH, content=line))
    while not intake.store.receipts:
        await asyncio.sleep(0)

    problem_of(await intake.http.post(BATCH, content=line), 503, "overloaded")
    known = asyncio.create_task(intake.http.post(BATCH, content=line, headers=gateway))
    for _ in range(200):  # turns, until it stands behind the first
        await asyncio.sleep(0)

    intake.publisher.open.set()
    assert [answer.status_code for answer in await asyncio.gather(first, known)] == [200, 200]


class Arrivals:
    """Bodies on their way, four at once and two of one caller, on a clock that is set."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ended: list[str] = []
        self.stack = ExitStack()
        self.bodies = IncomingBodies(
            most=4, most_each=2, most_bytes=1_000, retry_after=5, ticks=lambda: self.now
        )

    def begin(self, who: str, name: str) -> IncomingBody:
        body = self.stack.enter_context(self.bodies.arriving(who))
        body.end = lambda: self.ended.append(name)
        return body


def test_where_all_room_is_taken_the_oldest_body_of_who_has_most_makes_it() -> None:
    arrivals = Arrivals()
    for who in ("one", "two"):
        for number in (1, 2):
            arrivals.begin(who, f"{who} {number}")
            arrivals.now += 1

    arrivals.begin("three", "three 1")
    arrivals.begin("three", "three 2")
    with pytest.raises(Problem) as refused:  # the two of three have only just begun
        arrivals.begin("four", "four 1")

    assert refused.value.status == 503
    assert arrivals.ended == ["one 1", "two 1"]
    arrivals.stack.close()
    assert (arrivals.bodies._all, arrivals.bodies._coming) == (0, {})


def test_behind_one_address_a_newcomer_takes_the_place_of_the_oldest() -> None:
    arrivals = Arrivals()
    arrivals.begin("one", "first")
    arrivals.begin("one", "second")
    with pytest.raises(Problem) as refused:  # they may be quick ones
        arrivals.begin("one", "third")
    assert refused.value.status == 429

    arrivals.now += incoming_bodies.LEAST_SECONDS
    arrivals.begin("one", "fourth")

    assert arrivals.ended == ["first"]


async def test_a_slow_body_gives_way_to_one_that_is_there(
    intake: IntakeBench, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming_bodies, "LEAST_SECONDS", 0.0)
    intake.restart(most_bodies_each=1)
    (late,) = await slow.post(COMPLAINTS)

    assert (await intake.submit()).status_code == 202

    problem_of(await late, 408, "too_slow")

"""Who would wait too long is refused at once, before anything was written."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.http.load_shedding import (
    FIRST_PACE,
    LANES_SHARE,
    LEAST_QUEUE,
    LoadShedder,
    RequestClass,
    RequestSlot,
)
from tests.intake.conftest import TEXT, IntakeBench, problem_of

WAIT = 10 * FIRST_PACE  # room for ten, until it is known how fast they are
MANY = 40


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def queue(wait: float = WAIT, *, ticks: Ticks | None = None) -> LoadShedder:
    return LoadShedder(most=512, most_wait=wait, ticks=ticks or Ticks())


def taken(backlog: LoadShedder, lane: RequestClass = RequestClass.PUBLIC) -> list[RequestSlot]:
    """Take all the places that there are for one lane."""
    places = []
    while (place := RequestSlot(backlog, lane, is_queued=True)).take():
        places.append(place)
    return places


async def posted(
    intake: IntakeBench, times: int, headers: dict[str, str]
) -> list[asyncio.Task[httpx.Response]]:
    sent = [
        asyncio.create_task(
            intake.http.post("/v1/complaints", json={"text": TEXT}, headers=headers)
        )
        for _ in range(times)
    ]
    for _ in range(200):
        await asyncio.sleep(0)
    return sent


async def test_what_would_wait_too_long_is_refused_before_the_first_write(
    intake: IntakeBench,
) -> None:
    intake.restart(most_wait_seconds=WAIT)
    intake.publisher.open.clear()

    sent = await posted(intake, MANY, {})

    refused = [task.result() for task in sent if task.done()]
    kept = len(intake.store.vault)
    assert kept == len(intake.store.receipts) == MANY - len(refused) == 10
    for answer in refused:
        problem_of(answer, 503, "overloaded")
        assert answer.headers["retry-after"] == "5"
    intake.publisher.open.set()
    statuses = [(await task).status_code for task in sent]
    assert statuses.count(202) == kept == len(intake.publisher.sent)


async def test_a_flood_of_the_public_leaves_room_to_gateways_and_staff(
    intake: IntakeBench,
) -> None:
    intake.restart(most_wait_seconds=WAIT)
    gateway = await intake.key("gateway")
    assert (await intake.http.get("/v1/triage", headers=gateway)).status_code == 403  # looked up
    intake.publisher.open.clear()
    flood = await posted(intake, MANY, {})

    (known,) = await posted(intake, 1, gateway)

    assert not known.done()
    intake.publisher.open.set()
    assert (await known).status_code == 202
    await asyncio.gather(*flood)


async def test_reading_goes_on_while_complaints_are_refused(intake: IntakeBench) -> None:
    told = await intake.accepted()
    intake.restart(most_wait_seconds=WAIT)
    intake.publisher.open.clear()
    flood = await posted(intake, MANY, {})

    code = {"Tracking-Code": told["tracking_code"]}
    answer = await intake.http.get(f"/v1/complaints/{told['number']}", headers=code)

    assert answer.status_code == 200
    intake.publisher.open.set()
    await asyncio.gather(*flood)


async def test_refusals_are_counted_by_lane(intake: IntakeBench) -> None:
    intake.restart(most_wait_seconds=WAIT)
    intake.publisher.open.clear()
    flood = await posted(intake, MANY, {})

    shed = intake.telemetry.counter("salur_requests_shed_total").labels("public")
    assert shed._value.get() == MANY - 10
    assert b"salur_expected_wait_seconds 0.15" in intake.telemetry.text()
    intake.publisher.open.set()
    await asyncio.gather(*flood)


def test_a_batch_counts_by_its_lines() -> None:
    backlog = queue()
    batch = RequestSlot(backlog, RequestClass.GATEWAY, is_queued=True)
    assert batch.take()

    batch.grow(999)

    assert not RequestSlot(backlog, RequestClass.GATEWAY, is_queued=True).take()
    batch.give()
    assert RequestSlot(backlog, RequestClass.GATEWAY, is_queued=True).take()


def test_a_lane_always_has_its_share() -> None:
    backlog = queue()
    flood = taken(backlog)

    assert len(flood) == 10
    assert 10 / LANES_SHARE <= len(taken(backlog, RequestClass.STAFF)) <= 10 / LANES_SHARE + 1


def test_answers_that_come_fast_let_in_more_and_slow_ones_fewer() -> None:
    ticks = Ticks()
    backlog = queue(ticks=ticks)
    for pace, expected in ((0.001, 150), (0.01, 15), (0.003, 50)):
        for _ in range(100):
            places = taken(backlog)
            for place in places:
                ticks.now += pace
                place.give(is_done=True)

        assert len(taken_and_left(backlog)) == pytest.approx(expected, rel=0.5)


def taken_and_left(backlog: LoadShedder) -> list[RequestSlot]:
    places = taken(backlog)
    for place in places:
        place.give()
    return places


def test_fast_refusals_and_single_answers_teach_nothing() -> None:
    ticks = Ticks()
    backlog = queue(ticks=ticks)
    before = len(taken_and_left(backlog))

    for place in taken(backlog):
        place.give()  # at once: refused for its fields, say
    for _ in range(LEAST_QUEUE * 20):
        alone = RequestSlot(backlog, RequestClass.PUBLIC, is_queued=True)
        assert alone.take()
        ticks.now += 1.0
        alone.give(is_done=True)

    assert len(taken_and_left(backlog)) == before


@given(
    st.lists(
        st.tuples(st.sampled_from(RequestClass), st.booleans(), st.integers(0, 9)), max_size=60
    )
)
def test_nothing_is_left_in_hand_when_all_have_their_answers(
    asked: list[tuple[RequestClass, bool, int]],
) -> None:
    backlog = queue()
    places = [RequestSlot(backlog, lane, is_queued=is_queued) for lane, is_queued, _ in asked]
    held = [place for place in places if place.take()]
    for place, (_, _, lines) in zip(places, asked, strict=True):
        place.grow(lines)

    for place in (*held, *held):
        place.give(is_done=True)

    assert (backlog.queued, backlog.wait) == (0, 0.0)
    assert backlog.has_room(RequestClass.PUBLIC, is_queued=True)

"""Owners fire for the cases of their partitions: each deadline once, in order, none forgotten."""

from uuid import UUID

import pytest

from services.router.domain.case.timekeeper import Timekeeper
from services.router.domain.deadlines.deadline_calculator import DeadlineCalculator
from services.router.domain.deadlines.limits import parse_limits
from shared.contracts.actions import Reopen
from shared.contracts.events import InputType
from shared.contracts.topics import INPUT, PARTITIONS
from shared.errors import BrokerAway
from tests.router.conftest import RouterBench
from tests.router.deadlines.conftest import NAMES, TIME, alone, handled, sent
from tests.support.builders import REPORTER, START, complaint_id, complete, request, submitted
from tests.support.deadline_cases import CLOCKS, LIMITS

EVERY = frozenset(range(PARTITIONS))


@pytest.fixture
async def bench() -> RouterBench:
    bench = RouterBench(TIME)
    await bench.provisioned.refresh()
    bench.firing.assigned(EVERY)
    return bench


async def test_a_year_passes_and_every_case_hears_each_deadline_once(bench: RouterBench) -> None:
    await handled(bench, *(submitted(name) for name in NAMES))

    for _ in range(366):
        bench.clock.advance(days=1)
        await bench.firing.turn()
        await handled(bench, *sent(bench))

    for name in NAMES:
        case = bench.store.kept[complaint_id(name)]
        assert [entry.outcome for entry in case.history] == alone(bench.clock.now())
        assert case.seq == 9
    counted = bench.telemetry.counter("salur_deadlines_total")
    assert counted.labels("resolve", "supervisor")._value.get() == len(NAMES)
    assert counted.labels("first_follow_up", "warning")._value.get() == len(NAMES)


async def test_a_deadline_is_fired_after_the_grace_and_not_before(bench: RouterBench) -> None:
    await handled(bench, submitted())
    due = TIME.next_due(bench.store.kept[complaint_id("one")])
    assert due is not None

    bench.clock.advance(seconds=(due - START).total_seconds() + 119)
    await bench.firing.turn()
    assert sent(bench) == []

    bench.clock.advance(seconds=1)
    await bench.firing.turn()
    (fired,) = sent(bench)
    assert fired.at == due
    assert bench.telemetry.gauge("salur_clocks_due")._value.get() == 1
    assert bench.telemetry.gauge("salur_clocks_oldest_due_seconds")._value.get() == 120


async def test_the_record_is_keyed_by_its_complaint_under_the_deadlines_id(
    bench: RouterBench,
) -> None:
    await handled(bench, submitted())
    bench.clock.advance(days=8)

    await bench.firing.turn()
    (message,) = bench.sent
    await handled(bench, *sent(bench))

    last = bench.store.kept[complaint_id("one")].last
    assert message.key == str(complaint_id("one")).encode()
    assert UUID(message.ce_id) == last.input_id
    assert (message.ce_type, message.ce_time) == (InputType.DEADLINE_PASSED, last.at)


async def test_what_waits_for_its_turn_is_not_told_again_until_it_has_waited_long(
    bench: RouterBench,
) -> None:
    await handled(bench, submitted())
    bench.clock.advance(days=8)

    counts = []
    for minutes in (0, 10, 19, 1, 1):
        bench.clock.advance(minutes=minutes)
        await bench.firing.turn()
        counts.append(len(sent(bench)))

    assert counts == [1, 0, 0, 1, 0]


async def test_an_owner_fires_for_its_own_partitions_and_the_next_owner_goes_on(
    bench: RouterBench,
) -> None:
    await handled(bench, *(submitted(name) for name in NAMES))
    bench.clock.advance(days=8)
    half = frozenset(range(0, PARTITIONS, 2))

    bench.firing.assigned(half)
    await bench.firing.turn()
    mine = {one.complaint_id for one in sent(bench)}
    bench.firing.assigned(EVERY - half)
    await bench.firing.turn()
    others = {one.complaint_id for one in sent(bench)}

    assert {bench.store.clocks[key]["partition"] % 2 for key in mine} == {0}
    assert mine | others == {complaint_id(name) for name in NAMES}
    assert not mine & others


async def test_two_owners_at_once_say_the_same_and_it_is_done_once(bench: RouterBench) -> None:
    await handled(bench, submitted())
    bench.clock.advance(days=8)

    await bench.firing.turn()
    first = sent(bench)
    bench.firing.assigned(EVERY)  # as another process that has told nobody yet
    await bench.firing.turn()
    second = sent(bench)
    await handled(bench, *first, *second)

    assert first == second
    history = bench.store.kept[complaint_id("one")].history
    assert [entry.outcome for entry in history] == ["routed", "warned", "escalated"]


async def test_a_broker_that_is_away_is_told_at_the_next_turn(bench: RouterBench) -> None:
    await handled(bench, submitted())
    bench.clock.advance(days=8)
    bench.broker_is_away = True

    with pytest.raises(BrokerAway):
        await bench.firing.turn()
    bench.broker_is_away = False
    await bench.firing.turn()

    assert len(sent(bench)) == 1


async def test_without_the_topic_of_inputs_nothing_counts_as_told(bench: RouterBench) -> None:
    await handled(bench, submitted())
    bench.clock.advance(days=8)
    bench.topics.discard(INPUT)

    with pytest.raises(BrokerAway, match=INPUT):
        await bench.firing.turn()
    bench.topics.add(INPUT)
    bench.sent = []
    await bench.firing.turn()

    assert len(sent(bench)) == 1


async def test_a_case_that_closed_has_no_clock_and_one_that_is_reopened_has(
    bench: RouterBench,
) -> None:
    await handled(bench, submitted(), complete(1))
    bench.clock.advance(days=300)
    await bench.firing.turn()
    assert bench.store.clocks[complaint_id("one")] == {}
    assert sent(bench) == []

    await handled(bench, request(Reopen(text="Rusak lagi."), 2, actor=REPORTER))
    await bench.firing.turn()

    assert [one.deadline.clock for one in sent(bench)] == ["resolve"]


async def test_new_limits_time_open_cases_anew(bench: RouterBench) -> None:
    await handled(bench, *(submitted(name) for name in NAMES))
    strict = LIMITS.replace("first_follow_up,,,5,1,2", "first_follow_up,,,2,1,2")
    bench.clock.advance(days=3)

    await bench.firing.turn()
    assert sent(bench) == []
    bench.time = Timekeeper(
        DeadlineCalculator(CLOCKS.calendar, parse_limits(strict, frozenset())), {}
    )
    await bench.firing.turn()

    assert len(sent(bench)) == len(NAMES)
    assert {clocks["version"] for clocks in bench.store.clocks.values()} == {bench.time.version}


async def test_a_restored_case_gets_its_clocks_from_whoever_owns_it(bench: RouterBench) -> None:
    await handled(bench, submitted())
    key = complaint_id("one")
    bench.store.clocks[key] = {**bench.store.clocks[key], "version": "none"}
    del bench.store.clocks[key]["due"]
    bench.clock.advance(days=8)

    await bench.firing.turn()

    assert len(sent(bench)) == 1

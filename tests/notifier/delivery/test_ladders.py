"""Ladders of lanes: what an endpoint's answers make of it, until it is well again or given up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Never

import pytest

from services.notifier.domain.delivery.circuit import CircuitState, with_probe
from shared.contracts.deliveries import LaneState
from tests.notifier.events import KAB, agency_event
from tests.notifier.rig import LANE, Rig
from tests.support.builders import START

Eventually = Callable[..., Awaitable[None]]


async def test_one_probe_at_a_time_and_none_before_it_is_due(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(*(agency_event(f"c{n}") for n in range(6)))
    await eventually(lambda: len(rig.sender.open) == 4, "four are out")
    for sent in rig.sender.open:
        sent.answer(500)
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")
    assert rig.ladder.failures == 1  # four answers of one moment are one failure
    assert rig.ladder.next_probe_at == START + timedelta(seconds=10)

    rig.later(9.9)
    await rig.notifier.read(agency_event("c9"), first=9)
    assert rig.sender.open == []
    rig.later(0.1)
    await eventually(lambda: len(rig.sender.open) == 1, "one probe is out")
    assert rig.ladder.probe_owner == rig.notifier.lanes.owner

    rig.sender.open[0].answer(200)
    await eventually(lambda: len(rig.sender.open) == 4, "the others follow")
    assert rig.ladder == CircuitState(version=rig.ladder.version)


async def test_the_end_of_the_ladder_parks_and_a_probe_releases_in_order(
    rig: Rig, eventually: Eventually
) -> None:
    rig.sender.holds, rig.sender.status = False, 500
    await rig.notifier.read(*(agency_event("one", seq) for seq in (1, 2, 3)))
    await rig.moment()
    for tried in range(1, 8):
        assert len(rig.sender.sent) == tried
        assert rig.ladder.next_probe_at is not None
        rig.later((rig.ladder.next_probe_at - rig.clock.now()).total_seconds())
        await rig.moment()
        if rig.ladder.state is LaneState.FAILED:
            break
    await eventually(lambda: rig.memory.states() == ["parked"] * 3, "all are parked")
    await rig.notifier.read(agency_event("one", 4), first=4)
    assert rig.memory.states() == ["parked"] * 4

    # A kill between the two must leave the endpoint failed, or nobody would look for its rows.
    unpark, states_then = rig.memory.unpark, []

    async def watched(endpoint_id: str) -> None:
        states_then.append(rig.ladder.state)
        await unpark(endpoint_id)

    rig.memory.unpark = watched  # type: ignore[method-assign]
    rig.sender.status = 200
    failures = len(rig.sender.sent)
    rig.later(3_000)
    await eventually(lambda: rig.memory.states() == ["delivered"] * 4, "all are released")

    assert rig.sender.seqs[failures:] == [1, 2, 3, 4]
    assert states_then == [LaneState.FAILED]


@pytest.mark.parametrize("harm", ["sender", "verdict"])
async def test_a_surprise_at_an_answer_climbs_the_ladder_too(
    rig: Rig,
    harm: str,
    *,
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def surprised(*_: object) -> Never:
        raise KeyError("siti@warga.example")

    await rig.notifier.read(agency_event())
    await eventually(lambda: len(rig.sender.open) == 1, "it is out")

    if harm == "sender":
        rig.sender.open[0].reply.set_exception(KeyError("siti@warga.example"))
    else:
        monkeypatch.setattr("services.notifier.delivery.attempt.judge", surprised)
        rig.sender.open[0].answer()
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")

    assert rig.ladder.failures == 1
    await eventually(lambda: rig.notifier.delivered("unusable") == 1, "it is counted")
    assert "siti" not in caplog.text


async def test_a_throttled_endpoint_gets_the_pause_it_asked_for(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(agency_event())
    await eventually(lambda: len(rig.sender.open) == 1, "it is out")

    rig.sender.open[0].answer(429, retry_after="33")
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")

    assert rig.ladder.next_probe_at == START + timedelta(seconds=33)


async def test_another_notifiers_probe_is_respected(rig: Rig, eventually: Eventually) -> None:
    await rig.notifier.read(agency_event())
    await eventually(lambda: len(rig.sender.open) == 1, "it is out")
    rig.sender.open[0].answer(500)
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")
    until = START + timedelta(seconds=75)
    rig.memory.kept[LANE] = (KAB, with_probe(rig.ladder, "another", until))

    rig.later(20)
    reads = rig.memory.reads
    await eventually(lambda: rig.memory.reads > reads or not rig.sender.open, "it looked")
    rig.later(50)
    await eventually(lambda: rig.notifier.lanes._next_scan > rig.clock.now(), "it scanned")

    assert len(rig.sender.sent) == 1
    rig.later(300)
    await eventually(lambda: len(rig.sender.sent) == 2, "the probe's lease has run out")


async def test_a_row_that_always_fails_does_not_hold_up_the_others_for_ever(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(*(agency_event(f"c{n}") for n in range(12)))
    poison = next(iter(rig.memory.rows))

    for _ in range(80):
        await rig.moment()
        for sent in rig.sender.open:
            sent.answer(500 if sent.row.delivery_id == poison else 200)
        rig.later(10)
        if rig.memory.rows[poison].state.value == "parked":
            break
    rig.sender.holds = False
    await eventually(lambda: rig.memory.states().count("delivered") == 11, "the others")

    assert rig.memory.rows[poison].state.value == "parked"
    assert rig.memory.rows[poison].attempts == 4


@pytest.mark.parametrize("status", [401, 403, 404, 405])
async def test_an_endpoint_that_denies_us_loses_nothing(
    rig: Rig, eventually: Eventually, *, status: int
) -> None:
    await rig.notifier.read(*(agency_event("one", seq) for seq in (1, 2)))
    await eventually(lambda: len(rig.sender.open) == 1, "the first is out")

    rig.sender.open[0].answer(status)
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")
    await rig.moment()

    assert rig.ladder.state is LaneState.FAILING
    assert rig.memory.states() == ["pending"] * 2
    assert rig.notifier.delivered("denied") == 1


async def test_five_rejections_in_a_row_are_the_endpoints_trouble_until_it_takes_something(
    rig: Rig, eventually: Eventually
) -> None:
    rig.sender.holds, rig.sender.status = False, 422
    await rig.notifier.read(*(agency_event("one", seq) for seq in range(1, 9)))
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")
    await rig.moment()
    assert rig.memory.states() == ["rejected"] * 4 + ["pending"] * 4

    rig.later(10)
    await eventually(lambda: rig.ladder.failures == 2, "a probe that is rejected is a failure")
    await rig.moment()
    assert rig.memory.states() == ["rejected"] * 4 + ["pending"] * 4

    rig.sender.status = 200
    rig.later(20)
    await eventually(lambda: rig.memory.states()[4:] == ["delivered"] * 4, "the others follow")
    assert rig.sender.seqs == [1, 2, 3, 4, 5, 5, 5, 6, 7, 8]


async def test_one_that_is_taken_between_rejections_begins_their_count_anew(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(*(agency_event("one", seq) for seq in range(1, 10)))
    for seq in range(1, 10):
        await eventually(lambda: bool(rig.sender.open), "the next is out")
        rig.sender.open[0].answer(200 if seq == 5 else 422)
        await rig.moment()

    assert rig.memory.states() == ["rejected"] * 4 + ["delivered"] + ["rejected"] * 4

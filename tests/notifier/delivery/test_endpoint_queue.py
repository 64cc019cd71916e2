"""Lanes with a store in memory, a sender that answers when told, and a clock that is set."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Never

import pytest

from services.notifier.domain.delivery.circuit import CircuitState, with_probe
from services.notifier.store import Endpoints
from shared.contracts.deliveries import LaneState
from shared.runtime.clock import SetClock
from tests.notifier.events import KAB, agency_event, endpoint
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, abandon
from tests.notifier.rig import LANE, Rig, settings
from tests.support.builders import START

Eventually = Callable[..., Awaitable[None]]


@pytest.fixture
async def rig(memory: MemoryStore, clock: SetClock) -> AsyncIterator[Rig]:
    async with Rig(memory, clock) as rig:
        yield rig


async def test_new_rows_are_sent_without_being_read_back(rig: Rig, eventually: Eventually) -> None:
    rig.sender.holds = False

    await rig.notifier.read(*(agency_event(f"c{n}") for n in range(8)))
    await eventually(lambda: rig.memory.states() == ["delivered"] * 8, "all are delivered")

    assert rig.memory.reads == 0


async def test_four_at_once_and_one_per_complaint(rig: Rig, eventually: Eventually) -> None:
    events = [agency_event(name, seq) for name in ("a", "b", "c", "d", "e") for seq in (1, 2)]
    await rig.notifier.read(*events)
    await eventually(lambda: len(rig.sender.open) == 4, "four are out")
    assert rig.sender.seqs == [1, 1, 1, 1]

    rig.sender.open[0].answer()
    await eventually(lambda: len(rig.sender.sent) == 5, "another goes out")

    assert len({sent.row.complaint_id for sent in rig.sender.open}) == 4


async def test_a_complaint_goes_on_only_when_the_outcome_is_written(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(agency_event("one", 1), agency_event("one", 2))
    await eventually(lambda: len(rig.sender.open) == 1, "the first is out")
    rig.memory.away = True
    rig.sender.open[0].answer()
    await eventually(lambda: rig.notifier.lanes.trouble() is not None, "it cannot be written")
    assert rig.sender.seqs == [1]

    rig.memory.away = False
    await eventually(lambda: rig.sender.seqs == [1, 2], "the second follows")


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


async def test_a_replaced_endpoint_gets_nothing_more(rig: Rig, eventually: Eventually) -> None:
    await rig.notifier.read(*(agency_event(f"c{n}") for n in range(20)))
    await eventually(lambda: len(rig.sender.open) == 4, "four are out")
    rig.memory.known[KAB] = (endpoint(endpoint_id="new"),)

    rig.sender.holds = False
    for sent in rig.sender.open:
        sent.answer()
    await eventually(lambda: rig.memory.states().count("parked") == 10, "the rest is parked")

    assert rig.memory.states().count("delivered") == 10
    rig.later(6)
    gauge = rig.notifier.telemetry.gauge("salur_lanes").labels("ok")
    await eventually(lambda: gauge._value.get() == 0, "its lane is not counted any more")


async def test_what_is_in_memory_of_a_removed_endpoint_is_parked_within_a_scan(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(*(agency_event(f"c{n}") for n in range(10)))
    await eventually(lambda: len(rig.sender.open) == 4, "four are out")
    rig.memory.known[KAB] = ()

    rig.clock.advance(seconds=5.1)
    rig.sender.holds = False
    for sent in rig.sender.open:
        sent.answer()
    await eventually(lambda: rig.memory.states().count("delivered") == 4, "the four are written")
    await eventually(lambda: rig.memory.states().count("parked") == 6, "the rest is parked")

    assert len(rig.sender.sent) == 4


async def test_an_endpoint_is_not_looked_at_for_every_row(rig: Rig, eventually: Eventually) -> None:
    asked, endpoints = [], rig.memory.endpoints

    async def counted(agencies: Iterable[str]) -> Endpoints:
        asked.append(agencies)
        return await endpoints(agencies)

    rig.memory.endpoints = counted  # type: ignore[method-assign]
    rig.sender.holds = False
    await rig.notifier.read(*(agency_event(f"c{n}") for n in range(10)))
    await eventually(lambda: rig.memory.states() == ["delivered"] * 10, "all are delivered")

    assert len(asked) == 1  # by the stage


async def test_memory_is_bounded_in_letters_too(memory: MemoryStore, clock: SetClock) -> None:
    tight = settings().model_copy(update={"queue_bytes": 1})
    notifier = Notifier(memory, FakeSender(holds=True), clock, tight)
    notifier.hold(KAB)

    await notifier.read(*(agency_event(f"c{n}") for n in range(5)))
    await notifier.read(*(agency_event(f"d{n}") for n in range(5)), first=5)

    assert sum(row.owner != "" for row in memory.rows.values()) == 5
    await abandon(notifier)


async def test_an_insert_that_failed_half_way_loses_nothing(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(agency_event("zero"))
    insert = rig.memory.insert

    async def breaks(rows: list[object]) -> frozenset[str]:
        rig.memory.insert = insert  # type: ignore[method-assign]
        await insert(rows[:2])  # type: ignore[arg-type]
        raise ConnectionError("half of it")

    rig.memory.insert = breaks  # type: ignore[assignment, method-assign]
    events = [agency_event("one", seq) for seq in (1, 2, 3)]
    rig.sender.holds = False
    with pytest.raises(ConnectionError):
        await rig.notifier.read(*events, first=1)
    await rig.notifier.read(*events, first=1)
    for sent in rig.sender.open:
        sent.answer()
    await eventually(lambda: rig.memory.states() == ["delivered"] * 4, "all are delivered")

    assert sorted(rig.sender.seqs) == [1, 1, 2, 3]

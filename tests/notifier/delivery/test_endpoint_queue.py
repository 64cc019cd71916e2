"""Queues of lanes: what is sent, in which order, and what is kept in memory."""

from collections.abc import Awaitable, Callable, Iterable

import pytest

from services.notifier.store import Endpoints
from shared.runtime.clock import SetClock
from tests.notifier.events import KAB, agency_event, endpoint
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, abandon
from tests.notifier.rig import Rig, settings

Eventually = Callable[..., Awaitable[None]]


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

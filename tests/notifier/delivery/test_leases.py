"""Leases: no row is sent under one that another holds, and none is kept from others in vain."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from shared.runtime.clock import SetClock
from tests.notifier.events import KAB, agency_event
from tests.notifier.process import FakeSender, Notifier, abandon
from tests.notifier.rig import Rig, settings
from tests.support.builders import START

Eventually = Callable[..., Awaitable[None]]


async def test_rows_under_another_lease_are_not_sent_nor_overtaken(
    rig: Rig, eventually: Eventually
) -> None:
    stranger = Notifier(rig.memory, FakeSender(holds=True), rig.clock, settings())
    stranger.hold(KAB)
    await stranger.read(agency_event("one", 1))
    rig.notifier.hold(KAB)  # a new assignment

    await rig.notifier.read(agency_event("one", 2), agency_event("two", 1), first=1)
    await eventually(lambda: len(rig.sender.open) == 1, "the other complaint goes")
    rig.sender.open[0].answer()
    await eventually(lambda: "delivered" in rig.memory.states(), "it is written")
    assert rig.sender.seqs == [1]

    rig.later(31)
    await eventually(lambda: len(rig.sender.sent) == 2, "the lease has run out")
    rig.sender.open[0].answer()
    await eventually(lambda: len(rig.sender.sent) == 3, "then its successor")
    assert rig.sender.seqs == [1, 1, 2]
    await abandon(stranger)


async def test_a_lease_by_a_clock_that_was_ahead_holds_nobody_up(
    rig: Rig, eventually: Eventually
) -> None:
    ahead = SetClock(rig.clock.now() + timedelta(seconds=3_000))
    stranger = Notifier(rig.memory, FakeSender(holds=True), ahead, settings())
    stranger.hold(KAB)
    await stranger.read(agency_event("one", 1))
    await abandon(stranger)
    rig.notifier.hold(KAB)  # a new assignment

    await rig.notifier.read(agency_event("one", 2), first=1)
    await eventually(lambda: len(rig.sender.open) == 1, "it goes at once")
    rig.sender.open[0].answer()
    await eventually(lambda: len(rig.sender.sent) == 2, "then its successor")

    assert rig.sender.seqs == [1, 2]


async def test_a_row_that_a_clock_ahead_inserts_later_is_sent_by_who_has_its_partition(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read()  # has surveyed its new partition
    ahead = SetClock(rig.clock.now() + timedelta(seconds=3_000))
    straggler = Notifier(rig.memory, FakeSender(holds=True), ahead, settings())
    straggler.hold(KAB)
    await straggler.read(agency_event("one", 1))
    await abandon(straggler)

    rig.later(31)  # it looks for what others have left

    await eventually(lambda: rig.sender.seqs == [1], "it is sent")


async def test_a_straggling_insert_of_another_process_is_not_overtaken(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read()  # has surveyed its new partition
    straggler = Notifier(rig.memory, FakeSender(holds=True), rig.clock, settings())
    straggler.hold(KAB)
    await straggler.read(agency_event("one", 1))

    await rig.notifier.read(agency_event("one", 1), agency_event("one", 2))
    await rig.moment()
    assert rig.sender.sent == []

    rig.later(31)
    await eventually(lambda: rig.sender.seqs == [1], "the lease has run out")
    await abandon(straggler)


async def test_a_lease_that_ends_soon_is_renewed_before_sending(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(agency_event("one", 1), agency_event("one", 2))
    await eventually(lambda: len(rig.sender.open) == 1, "the first is out")
    second = next(one for one, row in rig.memory.rows.items() if row.seq == 2)
    assert rig.memory.rows[second].until == START + timedelta(seconds=30)

    rig.clock.advance(seconds=25)
    rig.sender.open[0].answer()
    await eventually(lambda: len(rig.sender.sent) == 2, "the second is out")

    assert rig.memory.rows[second].until == START + timedelta(seconds=55)


async def test_a_lost_lease_is_noticed_and_nothing_is_sent_under_it(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(agency_event("one", 1), agency_event("one", 2))
    await eventually(lambda: len(rig.sender.open) == 1, "the first is out")
    second = next(one for one, row in rig.memory.rows.items() if row.seq == 2)
    later = START + timedelta(seconds=60)
    rig.memory.rows[second] = replace(rig.memory.rows[second], owner="another", until=later)

    rig.clock.advance(seconds=25)
    reads = rig.memory.reads
    rig.sender.open[0].answer()
    await eventually(lambda: rig.memory.reads > reads, "it looked into the database")

    assert rig.sender.seqs == [1]


async def test_lost_partitions_are_released_at_once(rig: Rig, eventually: Eventually) -> None:
    await rig.notifier.read(*(agency_event("one", seq) for seq in (1, 2, 3)))
    await eventually(lambda: len(rig.sender.open) == 1, "the first is out")

    rig.notifier.hold()
    rows = rig.memory.rows.values()
    await eventually(lambda: sum(row.owner == "" for row in rows) == 2, "two are released")
    rig.sender.open[0].answer()
    await eventually(lambda: rig.memory.states().count("delivered") == 1, "the first is recorded")

    assert rig.sender.seqs == [1]

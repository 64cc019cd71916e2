"""One row that is put off waits alone, for hours, and its complaint's other rows behind it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.notifier.domain.delivery.circuit import pause_before_next
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from tests.notifier.events import KAB, agency_event
from tests.notifier.process import FakeSender, Notifier, abandon
from tests.notifier.rig import LANE, Rig, settings

Eventually = Callable[..., Awaitable[None]]


async def put_off(rig: Rig, eventually: Eventually) -> None:
    """Have the first row of a complaint sent and put off."""
    await rig.notifier.read(agency_event("full", 1))
    await eventually(lambda: len(rig.sender.open) == 1, "it is out")
    rig.sender.open[0].answer(None, failure=DeliveryOutcome.DEFERRED)
    await eventually(lambda: rig.notifier.delivered("deferred") == 1, "it is put off")
    await rig.moment()


async def test_a_row_that_is_put_off_holds_up_no_other(rig: Rig, eventually: Eventually) -> None:
    await put_off(rig, eventually)

    rig.sender.holds = False
    await rig.notifier.read(*(agency_event(f"c{n}") for n in range(30)), first=1)
    await eventually(lambda: rig.memory.states().count("delivered") == 30, "all others go out")

    assert LANE not in rig.memory.kept  # the way is well
    assert rig.memory.states().count("pending") == 1


async def test_it_goes_out_when_its_time_has_come_and_its_successors_after_it(
    rig: Rig, eventually: Eventually
) -> None:
    await put_off(rig, eventually)
    rig.sender.holds = False
    await rig.notifier.read(agency_event("full", 2), agency_event("other"), first=1)
    await eventually(lambda: rig.memory.states().count("delivered") == 1, "the other is out")
    rig.later(299)
    await rig.moment()
    assert len(rig.sender.sent) == 2

    rig.later(6)
    await eventually(lambda: rig.memory.states() == ["delivered"] * 3, "its time has come")

    assert rig.sender.seqs == [1, 1, 1, 2]


async def test_pauses_grow_over_more_than_a_day() -> None:
    pauses = [pause_before_next(attempts) for attempts in range(20)]

    assert pauses[0] == timedelta(minutes=5)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=2)
    assert sum(pauses, timedelta()) > timedelta(hours=24)


async def test_a_row_put_off_too_often_is_parked_alone(rig: Rig, eventually: Eventually) -> None:
    await rig.notifier.read(agency_event("full", 1))
    for tried in range(settings().row_attempts):
        await eventually(lambda: len(rig.sender.open) == 1, "it is out")
        rig.sender.open[0].answer(None, failure=DeliveryOutcome.DEFERRED)
        await eventually(lambda t=tried: rig.notifier.delivered("deferred") == t + 1, "put off")
        await rig.moment()
        rig.later(7_200)

    assert rig.memory.states() == ["parked"]
    assert LANE not in rig.memory.kept


async def test_another_notifier_keeps_to_the_time_and_the_order(
    rig: Rig, eventually: Eventually
) -> None:
    await put_off(rig, eventually)
    await abandon(rig.notifier)
    heir = Notifier(rig.memory, FakeSender(), rig.clock, settings())
    sender = heir.lanes._ports.sender
    assert isinstance(sender, FakeSender)
    async with heir:
        heir.hold(KAB)
        await heir.read(agency_event("full", 2), agency_event("other"), first=1)
        await eventually(lambda: len(sender.sent) == 1, "the other is out")
        rig.clock.advance(seconds=301)
        heir.lanes._poked.set()
        await eventually(lambda: sender.seqs == [1, 1, 2], "then both, in order")

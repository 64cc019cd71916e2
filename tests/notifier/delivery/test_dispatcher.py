"""What lanes share: partitions of several stages, ways to reporters, and what monitoring sees."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from services.notifier.delivery.dispatcher import Dispatcher
from services.notifier.domain.delivery.circuit import CircuitState
from services.notifier.domain.delivery.destinations import ReporterDestination
from services.notifier.ports import DeliveryPorts
from shared.contracts.deliveries import LaneState
from shared.runtime.clock import SetClock
from shared.telemetry.registry import Telemetry
from tests.notifier.events import KAB, ROW, agency_event, endpoint
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender
from tests.notifier.rig import LANE, Rig, settings
from tests.support.builders import complaint_id

Eventually = Callable[..., Awaitable[None]]


async def test_lanes_are_counted_by_state(rig: Rig, eventually: Eventually) -> None:
    await rig.notifier.read(agency_event())
    await eventually(lambda: len(rig.sender.open) == 1, "it is out")
    rig.sender.open[0].answer(410)
    await eventually(lambda: rig.memory.states() == ["parked"], "it is parked")

    rig.later(6)
    gauge = rig.notifier.telemetry.gauge("salur_lanes").labels("disabled")
    await eventually(lambda: gauge._value.get() == 1, "one lane is disabled")

    assert rig.notifier.delivered("gone") == 1


async def test_lanes_work_for_the_partitions_of_every_stage(
    rig: Rig, eventually: Eventually
) -> None:
    rig.sender.holds = False
    rig.notifier.lanes.assigned("reporters", frozenset({"complaint-event/3"}))
    rig.notifier.lanes.assigned("reporters", frozenset())  # what it loses is its own alone

    await rig.notifier.read(agency_event())
    await eventually(lambda: rig.memory.states() == ["delivered"], "the institution is told")

    rig.notifier.hold()
    rig.notifier.lanes.assigned("reporters", frozenset({"complaint-event/3"}))
    await rig.notifier.read(agency_event("two"), first=1)
    assert [row.owner for row in rig.memory.rows.values() if row.offset == 1] == [""]


async def test_a_way_to_reporters_is_in_no_subscription_and_is_served_all_the_same(
    memory: MemoryStore, clock: SetClock, eventually: Eventually
) -> None:
    way, sender = ReporterDestination("reporter-email"), FakeSender()
    ports = DeliveryPorts(memory, sender, clock, Telemetry(), lambda: 0.5, ways=[way])
    tight = settings().model_copy(update={"queue_rows": 1})  # so that some are claimed
    lanes = Dispatcher(ports, tight)
    lanes.assigned("reporters", frozenset({"complaint-event/3"}))
    rows = [
        replace(
            ROW,
            delivery_id=f"{n}:{way.endpoint_id}",
            endpoint_id=way.endpoint_id,
            agency=way.agency,
            complaint_id=complaint_id(f"c{n}"),
            source="complaint-event/3",
            offset=n,
        )
        for n in range(3)
    ]

    await lanes.start()
    await lanes.accept(rows, {way.endpoint_id: way})
    await eventually(lambda: memory.states() == ["delivered"] * 3, "all are told")
    await lanes.stop()


def shown(rig: Rig) -> dict[tuple[str, str], float]:
    """Return what the metric of endpoints in trouble says."""
    gauge = rig.notifier.telemetry.gauge("salur_endpoints")
    samples = [sample for metric in gauge.collect() for sample in metric.samples]
    return {(one.labels["agency"], one.labels["state"]): one.value for one in samples}


async def test_an_endpoint_in_trouble_is_shown_by_institution_until_it_is_well(
    rig: Rig, eventually: Eventually
) -> None:
    await rig.notifier.read(agency_event())
    await eventually(lambda: len(rig.sender.open) == 1, "it is out")
    assert shown(rig) == {}
    rig.sender.open[0].answer(500)
    await eventually(lambda: LANE in rig.memory.kept, "the ladder is kept")

    rig.later(6)
    await eventually(lambda: shown(rig) == {(KAB, "failing"): 1}, "it is shown")

    rig.later(10)
    await eventually(lambda: len(rig.sender.open) == 1, "a probe is out")
    rig.sender.open[0].answer(200)
    await eventually(lambda: rig.memory.states() == ["delivered"], "it is well")
    rig.later(6)
    await eventually(lambda: shown(rig) == {}, "it is shown no more")


async def test_an_endpoint_that_was_removed_or_is_held_elsewhere_is_not_shown(
    rig: Rig, eventually: Eventually
) -> None:
    rig.memory.kept["gone"] = (KAB, CircuitState(state=LaneState.FAILED, version=3))
    rig.memory.kept["of-kab-9"] = ("kab-9", CircuitState(state=LaneState.FAILED, version=3))
    rig.memory.known["kab-9"] = (endpoint("kab-9"),)
    rig.memory.kept[LANE] = (KAB, CircuitState(state=LaneState.DISABLED, version=3))

    rig.later(6)
    await eventually(lambda: shown(rig) != {}, "something is shown")

    assert shown(rig) == {(KAB, "disabled"): 1}
    rig.notifier.hold()
    await eventually(lambda: shown(rig) == {}, "another notifier shows it now")

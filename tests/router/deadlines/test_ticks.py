"""Ticks: they fire what is due in scenario mode, and are refused outside of it."""

from datetime import UTC, datetime, timedelta

import pytest

from services.router.deadlines.due_index import CLOCKS as FIELD
from services.router.deadlines.due_index import timed
from services.router.handlers import Given
from shared.contracts.events import InputType, Tick
from shared.contracts.topics import PARTITIONS
from shared.errors import BrokerAway, Permanent
from shared.stage.handler import DecodedRecord
from tests.router.conftest import RouterBench
from tests.router.deadlines.conftest import NAMES, TIME, alone, handled, sent
from tests.router.lives import opened
from tests.support.builders import START, FakeRecord, complaint_id, input_record, submitted


@pytest.fixture
async def scenario() -> RouterBench:
    bench = RouterBench(TIME, scenario=True)
    await bench.provisioned.refresh()
    return bench


def tick(partition: int, as_of: datetime) -> DecodedRecord[Given]:
    return DecodedRecord(FakeRecord(partition=partition), Tick(as_of=as_of))


async def ticks(bench: RouterBench, as_of: datetime) -> None:
    await bench.handler.handle([tick(partition, as_of) for partition in range(PARTITIONS)])


async def test_a_tick_fires_everything_of_its_partition_up_to_its_instant(
    scenario: RouterBench,
) -> None:
    as_of = START + timedelta(days=365)
    await handled(scenario, *(submitted(name) for name in NAMES))

    await ticks(scenario, as_of)
    fired = sent(scenario)
    await handled(scenario, *fired)
    await ticks(scenario, as_of)

    assert len(fired) == len(NAMES)
    assert sent(scenario) == []
    for name in NAMES:
        history = scenario.store.kept[complaint_id(name)].history
        assert [entry.outcome for entry in history] == alone(as_of)


async def test_what_lies_before_a_tick_in_its_batch_is_settled_by_it(
    scenario: RouterBench,
) -> None:
    clocks = timed(opened(), TIME)[FIELD]
    items: list[DecodedRecord[Given]] = [
        DecodedRecord(input_record(submitted()), submitted()),
        tick(clocks["partition"], START + timedelta(days=8)),
    ]

    await scenario.handler.handle(items)

    assert [one.complaint_id for one in sent(scenario)] == [complaint_id("one")]


async def test_a_tick_is_not_done_before_everything_is_acknowledged(
    scenario: RouterBench,
) -> None:
    await handled(scenario, submitted())
    scenario.broker_is_away = True

    with pytest.raises(BrokerAway):
        await ticks(scenario, START + timedelta(days=8))


def test_outside_of_scenarios_a_tick_is_a_dead_letter(router: RouterBench) -> None:
    record = FakeRecord(
        value=Tick(as_of=datetime(2026, 1, 1, tzinfo=UTC)).model_dump_json().encode(),
        headers=(("ce_type", InputType.TICK.encode()),),
    )

    with pytest.raises(Permanent) as caught:
        router.handler.decode(record)

    assert caught.value.code == "tick_outside_scenario"


def test_in_a_scenario_a_tick_is_read_under_any_key(scenario: RouterBench) -> None:
    record = FakeRecord(
        key=None,
        value=b'{"as_of": "2026-06-30T17:00:00Z"}',
        headers=(("ce_type", InputType.TICK.encode()),),
    )

    assert scenario.handler.decode(record) == Tick(as_of=datetime(2026, 6, 30, 17, tzinfo=UTC))

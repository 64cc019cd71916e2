"""The stage's handler: facts written, months marked, transitions counted, bad records refused."""

import pytest
from aiokafka import TopicPartition

from services.metrics.domain.counts import RecountQuery
from services.metrics.handlers import MetricsHandler
from services.metrics.lag.watcher import LagWatcher
from services.metrics.settings import MetricsSettings
from services.metrics.snapshot import Snapshot
from shared.contracts.topics import EVENT
from shared.errors import DatabaseAway, Undecodable
from shared.runtime.clock import SetClock
from shared.stage.handler import DecodedRecord
from shared.telemetry.registry import Telemetry
from tests.metrics.events import (
    COMPLETED,
    FOLLOWED_UP,
    ROUTED,
    case_events,
    event_record,
    items,
    outline,
)
from tests.metrics.memory import FakeOffsets, MemoryFacts
from tests.support.builders import START, FakeRecord, complaint_id

EVENTS = case_events(
    "one", [(ROUTED, "kab-3603"), (FOLLOWED_UP, "kab-3603"), (COMPLETED, "kab-3603")]
)


class Bench:
    """The handler with everything it tells, and a store in memory."""

    def __init__(self) -> None:
        settings = MetricsSettings()
        self.telemetry = Telemetry()
        self.store = MemoryFacts()
        self.offsets = FakeOffsets()
        self.snapshot = Snapshot(self.store, self.telemetry, settings)
        self.lag = LagWatcher(self.offsets, SetClock(START), self.telemetry, settings=settings)
        self.handler = MetricsHandler(self.store, self.snapshot, self.lag, telemetry=self.telemetry)

    async def assign(self, *partitions: int) -> None:
        await self.handler.assigned(frozenset(TopicPartition(EVENT, p) for p in partitions))

    def transitions(self) -> dict[tuple[str, str], float]:
        counter = self.telemetry.counter("salur_transitions_total")
        return {
            (sample.labels["outcome"], sample.labels["status"]): sample.value
            for metric in counter.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_batch_leaves_the_newest_fact_of_each_complaint(bench: Bench) -> None:
    other = case_events("two", [(ROUTED, "prov-36")])

    work = await bench.handler.handle(items([*EVENTS, *other], partition=5))

    facts = bench.store.facts
    assert facts[complaint_id("one")].status == "completed"
    assert facts[complaint_id("two")].institution == "prov-36"
    assert {fact.partition for fact in facts.values()} == {5}
    assert not work.publications
    assert not work.dead


async def test_an_older_event_changes_nothing(bench: Bench) -> None:
    await bench.handler.handle(items(EVENTS))

    await bench.handler.handle(items(EVENTS[:1]))

    assert bench.store.facts[complaint_id("one")].seq == 3


async def test_a_batch_handled_twice_counts_its_transitions_once(bench: Bench) -> None:
    await bench.handler.handle(items(EVENTS[:2]))
    await bench.handler.handle(items(EVENTS[:2]))
    await bench.handler.handle(items(EVENTS))

    assert bench.transitions() == {
        ("routed", "routed"): 1,
        ("followed_up", "in_progress"): 1,
        ("completed", "completed"): 1,
    }


async def test_an_outcome_that_a_later_router_knows_is_counted_as_other(bench: Bench) -> None:
    record = event_record(EVENTS[0])
    assert record.value is not None
    later = record.value.replace(b'"outcome":"routed"', b'"outcome":"praised"')
    event = bench.handler.decode(FakeRecord(topic=EVENT, value=later))

    await bench.handler.handle([DecodedRecord(record, event)])

    assert bench.transitions() == {("other", "routed"): 1}
    assert bench.store.facts[complaint_id("one")].routed_at is not None


async def test_facts_written_by_an_earlier_process_are_not_counted_again(bench: Bench) -> None:
    before = Bench()
    await before.handler.handle(items(EVENTS))
    bench.store.facts = before.store.facts

    await bench.handler.handle(items(EVENTS))

    assert bench.transitions() == {}


async def test_nothing_is_counted_while_the_database_is_away(bench: Bench) -> None:
    bench.store.away = True

    with pytest.raises(DatabaseAway):
        await bench.handler.handle(items(EVENTS))

    bench.store.away = False
    await bench.handler.handle(items(EVENTS))
    assert sum(bench.transitions().values()) == 3


async def test_a_batch_has_its_months_counted_anew_even_where_its_facts_were_known(
    bench: Bench,
) -> None:
    await bench.assign(0)
    await bench.handler.handle(items(EVENTS))
    await bench.snapshot.refresh()
    bench.store.queries.clear()

    await bench.handler.handle(items(EVENTS))
    await bench.snapshot.refresh()

    assert bench.store.queries == [RecountQuery((0,), "2026-03")]


async def test_who_holds_partition_0_watches_the_lag(bench: Bench) -> None:
    await bench.assign(1, 2)
    await bench.lag.start()
    await bench.lag.stop()
    assert bench.offsets.asked == 0

    await bench.assign(0, 1)
    await bench.lag.start()
    await bench.lag.stop()
    assert bench.offsets.asked == 1


def test_the_value_is_read_without_the_texts(bench: Bench) -> None:
    assert bench.handler.decode(event_record(EVENTS[-1])) == outline(EVENTS[-1])


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"[]",
        event_record(EVENTS[0]).value.replace(b'"kab-3603"', b'"kab-3603; DROP"'),  # type: ignore[union-attr]
        event_record(EVENTS[0]).value.replace(b'"seq":1', b'"seq":0'),  # type: ignore[union-attr]
    ],
)
def test_a_broken_value_is_refused_without_quoting_it(bench: Bench, value: bytes | None) -> None:
    with pytest.raises(Undecodable) as refused:
        bench.handler.decode(FakeRecord(topic=EVENT, value=value))

    assert "berlubang" not in str(refused.value)
    assert "DROP" not in str(refused.value)

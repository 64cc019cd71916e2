"""The snapshot: what is counted again, and when."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.metrics.domain.counts import CountedFacts, RecountQuery
from services.metrics.domain.parts import RecountScope
from services.metrics.settings import MetricsSettings
from services.metrics.snapshot import Snapshot
from shared.telemetry.registry import Telemetry
from tests.metrics.conftest import APRIL, MARCH, SETTINGS, cases, facts, samples
from tests.metrics.events import COMPLETED, ROUTED, case_events
from tests.metrics.memory import MemoryFacts
from tests.support.builders import START

Eventually = Callable[..., Awaitable[None]]
OFTEN = MetricsSettings(snapshot_seconds=0.01, recount_seconds=0.01)


async def test_only_months_that_changed_are_counted_again(
    store: MemoryFacts, telemetry: Telemetry, snapshot: Snapshot
) -> None:
    later = START + timedelta(days=31)
    snapshot.hold(frozenset({0}))
    await snapshot.refresh()
    store.queries.clear()

    await store.save(facts(*case_events("one", [(ROUTED, "kab-3603")])))
    await store.save(facts(*case_events("two", [(ROUTED, "kab-3603")], received_at=later)))
    snapshot.mark([RecountScope(0, APRIL)])
    await snapshot.refresh()
    await snapshot.refresh()

    assert store.queries == [RecountQuery((0,), APRIL)]
    assert cases(telemetry) == {("kab-3603", "routed"): 1}


async def test_a_case_that_went_to_another_partition_is_soon_counted_once(
    store: MemoryFacts, telemetry: Telemetry, eventually: Eventually
) -> None:
    snapshot = Snapshot(store, telemetry, OFTEN)
    first, second = case_events("one", [(ROUTED, "kab-3603"), (COMPLETED, "kab-3603")])
    snapshot.hold(frozenset({3, 27}))
    await store.save(facts(first, partition=3))
    await snapshot.refresh()
    await store.save(facts(second, partition=27))
    snapshot.mark([RecountScope(27, MARCH)])
    await snapshot.refresh()
    assert sum(cases(telemetry).values()) == 2  # no event of partition 3 tells that it left

    await snapshot.start()
    await eventually(lambda: cases(telemetry) == {("kab-3603", "completed"): 1}, "one case")
    await snapshot.stop()


async def test_the_partitions_held_are_counted_whole_one_after_the_other(
    store: MemoryFacts, telemetry: Telemetry, eventually: Eventually
) -> None:
    snapshot = Snapshot(store, telemetry, OFTEN)
    snapshot.hold(frozenset({3, 8, 27}))
    await snapshot.refresh()
    store.queries.clear()

    await snapshot.start()
    await eventually(lambda: len(store.queries) >= 4, "four partitions counted")
    await snapshot.stop()

    assert store.queries[:4] == [
        RecountQuery((3,)),
        RecountQuery((8,)),
        RecountQuery((27,)),
        RecountQuery((3,)),
    ]


async def test_between_two_turns_nothing_is_counted_again(
    store: MemoryFacts, telemetry: Telemetry, eventually: Eventually
) -> None:
    snapshot = Snapshot(store, telemetry, SETTINGS)
    snapshot.hold(frozenset({0}))

    await snapshot.start()
    at = samples(telemetry, "salur_snapshot_timestamp_seconds")
    await eventually(
        lambda: samples(telemetry, "salur_snapshot_timestamp_seconds") != at, "another refresh"
    )
    await snapshot.stop()

    assert store.queries == [RecountQuery((0,))]


async def test_a_mark_for_a_partition_not_held_is_forgotten(
    store: MemoryFacts, snapshot: Snapshot
) -> None:
    snapshot.mark([RecountScope(7, MARCH)])
    await snapshot.refresh()

    assert store.queries == []


async def test_what_changes_during_a_refresh_is_counted_by_the_next(
    store: MemoryFacts, telemetry: Telemetry
) -> None:
    events = case_events("one", [(ROUTED, "kab-3603"), (COMPLETED, "kab-3603")])

    class Late(MemoryFacts):
        async def count(self, query: RecountQuery) -> list[CountedFacts]:
            found = await super().count(query)
            if await self.save(facts(events[1])) == frozenset():
                counting.mark([RecountScope(0, MARCH)])
            return found

    late = Late()
    counting = Snapshot(late, telemetry, SETTINGS)
    await late.save(facts(events[0]))
    counting.hold(frozenset({0}))

    await counting.refresh()
    assert cases(telemetry) == {("kab-3603", "routed"): 1}
    await counting.refresh()
    assert cases(telemetry) == {("kab-3603", "completed"): 1}

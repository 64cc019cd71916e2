"""The snapshot: what a scrape sees."""

from collections.abc import Awaitable, Callable

import pytest

from services.metrics.domain.parts import RecountScope
from services.metrics.settings import MetricsSettings
from services.metrics.snapshot import Snapshot
from services.metrics.store import MongoFacts
from shared.contracts.case import InputKind
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from shared.telemetry.registry import Telemetry
from tests.metrics.conftest import MARCH, SETTINGS, cases, facts, samples
from tests.metrics.events import COMPLETED, ROUTED, act, case_events, submitted, told
from tests.metrics.memory import MemoryFacts
from tests.support.builders import START, decision

Eventually = Callable[..., Awaitable[None]]


async def test_all_held_partitions_are_counted_after_an_assignment(
    store: MemoryFacts, telemetry: Telemetry, snapshot: Snapshot
) -> None:
    await store.save(facts(*case_events("one", [(ROUTED, "kab-3603")]), partition=0))
    await store.save(facts(*case_events("two", [(ROUTED, "kab-3603")]), partition=1))
    await store.save(facts(*case_events("three", [(ROUTED, "prov-36")]), partition=2))

    snapshot.hold(frozenset({0, 1}))
    assert snapshot.readiness() == "snapshot: 2 partitions are not counted yet"
    await snapshot.refresh()

    assert cases(telemetry) == {("kab-3603", "routed"): 2}
    assert snapshot.readiness() is None


async def test_what_is_taken_over_from_a_neighbour_leaves_the_service_ready(
    snapshot: Snapshot,
) -> None:
    snapshot.hold(frozenset({0}))
    await snapshot.refresh()

    snapshot.hold(frozenset({0, 1}))

    assert snapshot.readiness() is None


async def test_an_old_number_never_stays(
    store: MemoryFacts, telemetry: Telemetry, snapshot: Snapshot
) -> None:
    events = case_events("one", [(ROUTED, "kab-3603"), (ROUTED, "prov-36"), (COMPLETED, "prov-36")])
    snapshot.hold(frozenset({0}))
    for event in events:
        await store.save(facts(event))
        snapshot.mark([RecountScope(0, MARCH)])
        await snapshot.refresh()

    assert cases(telemetry) == {("prov-36", "completed"): 1}
    assert samples(telemetry, "salur_cases")["prov-36", "routed"] == 0
    assert not any("kab-3603" in key for key in samples(telemetry, "salur_cases"))


async def test_a_partition_that_moved_on_vanishes_at_once(
    store: MemoryFacts, telemetry: Telemetry, snapshot: Snapshot
) -> None:
    await store.save(facts(*case_events("one", [(ROUTED, "kab-3603")]), partition=0))
    await store.save(facts(*case_events("two", [(ROUTED, "prov-36")]), partition=1))
    snapshot.hold(frozenset({0, 1}))
    await snapshot.refresh()

    snapshot.hold(frozenset({1}))

    assert cases(telemetry) == {("prov-36", "routed"): 1}


async def test_misrouting_is_shown_by_rule_and_version(
    store: MemoryFacts, telemetry: Telemetry, snapshot: Snapshot
) -> None:
    first = submitted(decision("kab-3603", rule="roads", version="v1", model="m1"))
    await store.save(facts(*told("one", [first, act(InputKind.TRANSFER, "prov-36")])))
    await store.save(facts(*told("two", [first])))
    snapshot.hold(frozenset({0}))
    await snapshot.refresh()

    origin = ("roads", "v1", "m1", "routed")
    assert samples(telemetry, "salur_decided_cases") == {origin: 2}
    assert samples(telemetry, "salur_misrouted_cases")[*origin, "transfer"] == 1
    assert samples(telemetry, "salur_misrouted_cases")[*origin, "correction"] == 0
    assert samples(telemetry, "salur_case_hops")["roads", "routed", "1"] == 1


async def test_the_settings_bound_rules_and_versions(
    store: MemoryFacts, telemetry: Telemetry
) -> None:
    for number, rule in enumerate(("roads", "roads", "water")):
        made = decision(rule=rule, version=f"v{number}", model="m1")
        await store.save(facts(*told(str(number), [submitted(made)])))
    snapshot = Snapshot(store, telemetry, MetricsSettings(rules=1, versions=1))
    snapshot.hold(frozenset({0}))
    await snapshot.refresh()

    assert {key[:3] for key in samples(telemetry, "salur_decided_cases")} == {
        ("roads", "older", "older"),
        ("other", "v2", "m1"),
    }


async def test_the_last_counts_stay_while_the_database_is_away(
    store: MemoryFacts, telemetry: Telemetry, snapshot: Snapshot
) -> None:
    events = case_events("one", [(ROUTED, "kab-3603"), (COMPLETED, "kab-3603")])
    snapshot.hold(frozenset({0}))
    await store.save(facts(events[0]))
    await snapshot.refresh()
    known_at = samples(telemetry, "salur_snapshot_timestamp_seconds")
    await store.save(facts(events[1]))
    snapshot.mark([RecountScope(0, MARCH)])

    store.away = True
    with pytest.raises(DatabaseAway):
        await snapshot.refresh()
    assert cases(telemetry) == {("kab-3603", "routed"): 1}
    assert samples(telemetry, "salur_snapshot_timestamp_seconds") == known_at

    store.away = False
    await snapshot.refresh()
    assert cases(telemetry) == {("kab-3603", "completed"): 1}


async def test_the_timestamp_tells_that_nothing_is_out_of_date(
    telemetry: Telemetry, snapshot: Snapshot
) -> None:
    await snapshot.refresh()

    assert samples(telemetry, "salur_snapshot_timestamp_seconds")[()] > START.timestamp()


@pytest.mark.connected
async def test_two_replicas_together_show_every_case_once(
    mongo: Mongo, eventually: Eventually
) -> None:
    store = MongoFacts(mongo.cases("facts"))
    replicas = [(Telemetry(), held) for held in (frozenset({0, 1}), frozenset({2}))]
    members = [Snapshot(store, telemetry, SETTINGS) for telemetry, _ in replicas]
    for member, (_, held) in zip(members, replicas, strict=True):
        await member.start()
        member.hold(held)

    for number in range(30):
        event = case_events(str(number), [(ROUTED, "kab-3603")], category="roads.damage")[0]
        await store.save(facts(event, partition=number % 3))
        for member in members:
            member.mark([RecountScope(number % 3, MARCH)])

    def totals() -> list[float]:
        return [sum(cases(telemetry).values()) for telemetry, _ in replicas]

    await eventually(lambda: totals() == [20, 10], "20 and 10 cases shown")
    assert samples(replicas[0][0], "salur_cases_by_category")["roads", "routed"] == 20
    for member in members:
        await member.stop()


async def test_a_replica_that_is_cut_off_shows_nothing_and_says_so_until_it_hears_again(
    store: MemoryFacts, telemetry: Telemetry, snapshot: Snapshot
) -> None:
    await store.save(facts(*case_events("one", [(ROUTED, "kab-3603")])))
    snapshot.hold(frozenset({0}))
    await snapshot.refresh()

    snapshot.cut_off()
    assert cases(telemetry) == {}
    assert "shows nothing" in (snapshot.trouble() or "")
    assert snapshot.readiness() is None  # nobody else reads the league better
    snapshot.hold(frozenset({0}))
    await snapshot.refresh()

    assert cases(telemetry) == {("kab-3603", "routed"): 1}
    assert snapshot.trouble() is None

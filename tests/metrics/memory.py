"""Stores and a broker in memory, which keep the promises of the real ones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from aiokafka.errors import KafkaConnectionError

from services.metrics.domain.counts import CountedFacts, RecountQuery
from services.metrics.domain.facts import Fact
from services.metrics.lag.group_lag import PartitionOffsets, Place
from services.metrics.league.ratios import Mean
from services.metrics.league.store import Cohort, GroupStore
from services.metrics.league.table_cache import ShownUnits, TableCache
from services.metrics.league.tallies import FactGroup
from shared.errors import DatabaseAway
from shared.runtime.clock import Clock
from tests.support.builders import START


class MemoryFacts:
    """Facts in a dictionary, under the same guard as in the database."""

    def __init__(self) -> None:
        self.facts: dict[UUID, Fact] = {}
        self.queries: list[RecountQuery] = []
        self.cohorts: list[Cohort] = []
        self.away = False

    async def prepare(self) -> None:
        self._answer()

    async def save(self, facts: Sequence[Fact]) -> frozenset[UUID]:
        self._answer()
        stale = set()
        for fact in facts:
            if self._seq(fact.complaint_id) >= fact.seq:
                stale.add(fact.complaint_id)
            else:
                self.facts[fact.complaint_id] = fact
        return frozenset(stale)

    async def count(self, query: RecountQuery) -> list[CountedFacts]:
        self._answer()
        self.queries.append(query)
        groups: defaultdict[CountedFacts, list[datetime]] = defaultdict(list)
        for fact in self.facts.values():
            if fact.partition in query.partitions and query.month in (None, fact.month):
                groups[_agreeing(fact)].append(fact.received_at)
        return [one._replace(cases=len(at), latest=max(at)) for one, at in groups.items()]

    async def groups(self, cohort: Cohort) -> list[FactGroup]:
        self._answer()
        self.cohorts.append(cohort)
        by_unit = cohort.institution is not None
        groups: defaultdict[FactGroup, list[Fact]] = defaultdict(list)
        for fact in self.facts.values():
            if _belongs(fact, cohort):
                groups[_key(fact, by_unit=by_unit)].append(fact)
        return [_summed(key, facts) for key, facts in groups.items()]

    def _seq(self, complaint: UUID) -> int:
        known = self.facts.get(complaint)
        return known.seq if known else 0

    def _answer(self) -> None:
        if self.away:
            raise DatabaseAway("switched off by the test")


def _agreeing(fact: Fact) -> CountedFacts:
    return CountedFacts(
        partition=fact.partition,
        month=fact.month,
        institution=fact.institution,
        category=fact.category,
        status=fact.status,
        hops=fact.hops,
        routing=fact.routing,
        cases=0,
        latest=START,
        former=fact.former,
        overdue=fact.overdue > 0,
    )


def _belongs(fact: Fact, cohort: Cohort) -> bool:
    category, code = cohort.category, cohort.institution
    return (
        cohort.period.begins <= fact.received_at < cohort.period.ends
        and (category is None or f"{fact.category}.".startswith(f"{category}."))
        and (code is None or code in (fact.institution, *fact.former))
    )


def _key(fact: Fact, *, by_unit: bool) -> FactGroup:
    return FactGroup(
        institution=fact.institution,
        unit=fact.unit if by_unit else None,
        former=fact.former,
        former_units=fact.former_units if by_unit else (),
        month=fact.month,
        status=fact.status,
        cases=0,
    )


def _summed(key: FactGroup, facts: Sequence[Fact]) -> FactGroup:
    ratings = [fact.rating for fact in facts if fact.rating]
    routings = [fact.routing for fact in facts if fact.routing]
    return key._replace(
        cases=len(facts),
        returned=sum(fact.returned > 0 for fact in facts),
        overdue=sum(fact.overdue > 0 for fact in facts),
        reopened=sum(fact.reopened > 0 for fact in facts),
        misrouted=sum(one.transfers + one.corrections > 0 for one in routings),
        ratings=Mean(sum(ratings), len(ratings)),
        route=_durations((fact.received_at, fact.routed_at) for fact in facts),
        follow_up=_durations((fact.received_at, fact.first_follow_up_at) for fact in facts),
        completion=_durations((fact.received_at, fact.completed_at) for fact in facts),
    )


def _durations(pairs: Iterable[tuple[datetime, datetime | None]]) -> tuple[int, ...]:
    return tuple((end - begin) // timedelta(milliseconds=1) for begin, end in pairs if end)


class FakeOffsets:
    """A broker with these topics of ten records, one each minute; all groups committed the same."""

    def __init__(self, topics: Mapping[str, int] | None = None) -> None:
        self.topics = topics or {}
        self.committed: int | None = 4
        self.away = False
        self.asked = 0

    async def partitions(self) -> Mapping[str, frozenset[int]]:
        self.asked += 1
        self._ask()
        return {topic: frozenset(range(count)) for topic, count in self.topics.items()}

    async def group_offsets(self, group: str, places: frozenset[Place]) -> list[PartitionOffsets]:
        self._ask()
        return [
            PartitionOffsets(
                topic=topic, partition=part, committed=self.committed, beginning=0, end=10
            )
            for topic, part in sorted(places)
        ]

    async def sent(self, group: str, starts: Mapping[Place, int]) -> dict[Place, int]:
        self._ask()
        first = int(START.timestamp() * 1000)
        return {place: first + start * 60_000 for place, start in starts.items()}

    async def close(self) -> None:
        return

    def _ask(self) -> None:
        if self.away:
            raise KafkaConnectionError("switched off by the test")


class MemoryUnits:
    """A register of units in memory."""

    def __init__(self, **accepted: set[str]) -> None:
        self.rows = {code.replace("_", "-"): units for code, units in accepted.items()}
        self.away = False

    async def accepted(self, institution: str | None = None) -> dict[str, frozenset[str]]:
        if self.away:
            raise DatabaseAway("switched off by the test")
        return {
            code: frozenset(units)
            for code, units in self.rows.items()
            if institution in (None, code) and units
        }


def tables(
    store: GroupStore, clock: Clock, seconds: float = 0, *, units: ShownUnits | None = None
) -> TableCache:
    """Return tables that show every unit of kab-3603 that tests name."""
    known = ShownUnits(MemoryUnits(kab_3603={"PUPR", "Dinkes"}), frozenset(), 1)
    return TableCache(store, clock, seconds, units=units or known)

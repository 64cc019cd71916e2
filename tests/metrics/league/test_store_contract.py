"""What the league's groups of facts promise, in the database and in memory alike."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.domain.period import Period
from services.metrics.league.ranking import RankingRate, league
from services.metrics.league.ratios import Share
from services.metrics.league.store import Cohort, GroupStore, MongoGroups
from services.metrics.league.tallies import by_institution
from services.metrics.store import FactStore, MongoFacts
from shared.contracts.case import InputKind, Status
from shared.database.collections import FACTS
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from tests.metrics.events import act, outline, submitted, told
from tests.metrics.memory import MemoryFacts
from tests.support.builders import START, complaint_id, decision
from tests.support.stores import not_away

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
CODES = ("kab-3603", "prov-36", "kem-014")


def some_fact(number: int, chance: random.Random) -> Fact:
    """Return the fact of a case with a random course."""
    first = chance.choice((None, *CODES))
    entries = [submitted(decision(first), category=chance.choice((None, "roads.damage", "water")))]
    for hour in range(chance.randrange(5)):
        status, outcome = chance.choice(
            [("routed", "routed"), ("in_progress", "followed_up"), ("completed", "completed")]
        )
        entries.append(
            act(
                chance.choice((InputKind.TRANSFER, InputKind.FOLLOW_UP)),
                chance.choice(CODES),
                status=status,
                outcome=outcome,
                at=START + timedelta(hours=hour, minutes=number),
                unit=chance.choice((None, "PUPR", "Dinkes")),
                category=entries[-1].category,
            )
        )
    (fact,) = newest_facts([(outline(told(str(number), entries)[-1]), number % 3)])
    received_at = START + timedelta(days=chance.randrange(60))
    changes = {"received_at": received_at, "month": f"{received_at:%Y-%m}"}
    numbers = {name: chance.randrange(3) for name in ("returned", "overdue", "reopened")}
    return fact.model_copy(update=changes | numbers | {"rating": chance.choice((None, 1, 5))})


class Facts:
    """Facts, and the groups of them."""

    def __init__(self, mongo: Mongo | None) -> None:
        memory = MemoryFacts()
        self.store: FactStore = memory
        self.groups: GroupStore = memory
        if mongo is not None:
            self.store = MongoFacts(mongo.cases(FACTS))
            self.groups = MongoGroups(mongo.cases(FACTS), seconds=5)


@pytest.fixture
async def facts(backing: Mongo | None) -> Facts:
    facts = Facts(backing)
    await facts.store.prepare()
    return facts


def plain(found: list[object]) -> list[str]:
    return sorted(map(repr, found))


@pytest.mark.connected
async def test_the_database_groups_as_the_memory_does(mongo: Mongo) -> None:
    chance, memory, database = random.Random(5), MemoryFacts(), Facts(mongo)
    facts = [some_fact(number, chance) for number in range(120)]
    await database.store.save(facts)
    await memory.save(facts)

    for cohort in (
        Cohort(YEAR),
        Cohort(Period(date(2026, 3, 10), date(2026, 4, 3))),
        Cohort(YEAR, "roads"),
        Cohort(YEAR, "roads.damage"),
        Cohort(YEAR, institution="kab-3603"),
        Cohort(YEAR, "water", "prov-36"),
        Cohort(Period(date(2025, 1, 1), date(2025, 12, 31))),
    ):
        found, wanted = await database.groups.groups(cohort), await memory.groups(cohort)
        assert plain([sorted_durations(one) for one in found]) == plain(
            [sorted_durations(one) for one in wanted]
        )


def sorted_durations(group: object) -> object:
    changes = {
        name: tuple(sorted(getattr(group, name))) for name in ("route", "follow_up", "completion")
    }
    return group._replace(**changes)  # type: ignore[attr-defined]  # a Group


def fact_of(name: str, **changes: Any) -> Fact:
    """Return the fact of a case that kab-3603 has."""
    (fact,) = newest_facts([(outline(told(name, [submitted(decision("kab-3603"))])[0]), 0)])
    at = changes.get("received_at", START)
    return fact.model_copy(update={"month": f"{at:%Y-%m}"} | changes)


async def counted(facts: Facts, cohort: Cohort) -> int:
    return sum(group.cases for group in await facts.groups.groups(cohort))


async def test_a_period_is_cut_to_the_instant_and_begins_and_ends_in_indonesia(
    facts: Facts,
) -> None:
    period = Period(date(2026, 3, 10), date(2026, 3, 20))
    moment = timedelta(milliseconds=1)
    days = [period.begins - moment, period.begins, period.ends - moment, period.ends]
    await facts.store.save([fact_of(str(n), received_at=at) for n, at in enumerate(days)])

    assert await counted(facts, Cohort(period)) == 2
    assert await counted(facts, Cohort(YEAR)) == 4


async def test_a_category_has_those_below_it_and_none_that_only_begins_so(facts: Facts) -> None:
    slugs = ("roads", "roads.damage", "roadside", "road", None)
    await facts.store.save([fact_of(str(slug), category=slug) for slug in slugs])

    assert await counted(facts, Cohort(YEAR, "roads")) == 2
    assert await counted(facts, Cohort(YEAR, "roads.damage")) == 1
    assert await counted(facts, Cohort(YEAR, "water")) == 0


async def test_an_institution_has_what_it_holds_and_held_by_unit(facts: Facts) -> None:
    gone = {
        "institution": "prov-36",
        "former": ("kab-3603",),
        "former_units": (("kab-3603", "PU"),),
    }
    await facts.store.save(
        [
            fact_of("held", unit="PU"),
            fact_of("gone", **gone),
            fact_of("other", institution="prov-36"),
        ]
    )

    found = await facts.groups.groups(Cohort(YEAR, institution="kab-3603"))

    units = {(group.institution, group.unit, group.former_units) for group in found}
    assert units == {("kab-3603", "PU", ()), ("prov-36", None, gone["former_units"])}
    assert {group.unit for group in await facts.groups.groups(Cohort(YEAR))} == {None}


async def test_durations_are_milliseconds_since_reception_of_those_that_came_so_far(
    facts: Facts,
) -> None:
    done = {"completed_at": START + timedelta(seconds=90), "routed_at": None, "rating": 4}
    await facts.store.save([fact_of("done", **done), fact_of("open", routed_at=START)])

    (found,) = await facts.groups.groups(Cohort(YEAR))

    assert (found.completion, found.route, found.follow_up) == ((90_000,), (0,), ())
    assert found.ratings == (4, 1)


async def test_it_says_that_the_store_is_away(away: Mongo | None) -> None:
    facts = Facts(away)
    if isinstance(facts.groups, MemoryFacts):
        facts.groups.away = True

    assert await not_away(facts.groups.groups(Cohort(YEAR))) == []


@pytest.mark.connected
async def test_facts_from_before_times_were_kept_are_counted(mongo: Mongo) -> None:
    groups = MongoGroups(mongo.cases(FACTS), seconds=5)
    document = {
        "partition": 0,
        "seq": 1,
        "received_at": START,
        "month": "2026-03",
        "institution": "kab-3603",
        "unit": None,
        "tier": "kabupaten",
        "status": "completed",
        "category": None,
        "hops": 0,
        "former": [],
    }
    await mongo.cases(FACTS).insert({"_id": complaint_id("one"), **document})

    (found,) = await groups.groups(Cohort(YEAR, institution="kab-3603"))

    assert (found.cases, found.returned, found.misrouted, found.follow_up) == (1, 0, 0, ())
    assert (found.ratings, found.former_units) == ((0, 0), ())


async def test_the_league_of_the_riau_islands_in_2022(facts: Facts) -> None:
    begin = datetime.combine(date(2022, 1, 1), START.timetz())
    new_facts = []
    for number in range(280):
        # The last seven were received in the year before or after.
        at = begin + timedelta(days=number if number < 273 else 365 + number)
        status = Status.IN_PROGRESS if number in (5, 6) else Status.COMPLETED
        (new,) = newest_facts(
            [(outline(told(str(number), [submitted(decision("prov-21"))])[0]), 0)]
        )
        new_facts.append(
            new.model_copy(
                update={"received_at": at, "month": f"{at:%Y-%m}", "status": status, "seq": 3}
            )
        )
    await facts.store.save(new_facts)
    cohort = Cohort(Period(date(2022, 1, 1), date(2022, 12, 31)))

    (line,) = league(
        by_institution(await facts.groups.groups(cohort)), RankingRate.COMPLETION
    ).lines

    assert (line.rank, line.received) == (1, 273)
    assert (line.completion, str(line.completion.percent)) == (Share(271, 273), "99.27")
    assert [line.statuses[status] for status in (Status.UNVERIFIED, Status.ROUTED)] == [0, 0]


@pytest.mark.connected
async def test_what_takes_too_long_is_given_up(mongo: Mongo) -> None:
    chance = random.Random(6)
    store = MongoFacts(mongo.cases(FACTS))
    await store.prepare()
    await store.save([some_fact(number, chance) for number in range(400)])

    with pytest.raises(DatabaseAway, match="code 50"):
        await MongoGroups(mongo.cases(FACTS), seconds=0.001).groups(Cohort(YEAR))

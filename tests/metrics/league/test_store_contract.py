"""The league in a real database: the same groups as in memory, and the page of a real service."""

import random
from datetime import date, datetime, timedelta

import pytest

from services.metrics.domain.facts import Fact, newest_facts
from services.metrics.domain.period import Period
from services.metrics.league.ranking import RankingRate, league
from services.metrics.league.ratios import Share
from services.metrics.league.store import Cohort, MongoGroups
from services.metrics.league.tallies import by_institution
from services.metrics.store import MongoFacts
from shared.contracts.case import InputKind, Status
from shared.database.collections import FACTS
from shared.database.mongo import Mongo
from shared.errors import DatabaseAway
from tests.metrics.conftest import MemoryFacts, act, outline, submitted, told
from tests.support.builders import START, complaint_id, decision

pytestmark = pytest.mark.connected

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


@pytest.fixture
async def groups(mongo: Mongo) -> MongoGroups:
    await MongoFacts(mongo.cases(FACTS)).prepare()
    return MongoGroups(mongo.cases(FACTS), seconds=5)


def plain(found: list[object]) -> list[str]:
    return sorted(map(repr, found))


async def test_groups_agree_with_those_of_the_memory(groups: MongoGroups, mongo: Mongo) -> None:
    chance, memory = random.Random(5), MemoryFacts()
    facts = [some_fact(number, chance) for number in range(120)]
    await MongoFacts(mongo.cases(FACTS)).save(facts)
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
        found, wanted = await groups.groups(cohort), await memory.groups(cohort)
        assert plain([sorted_durations(one) for one in found]) == plain(
            [sorted_durations(one) for one in wanted]
        )


def sorted_durations(group: object) -> object:
    changes = {
        name: tuple(sorted(getattr(group, name))) for name in ("route", "follow_up", "completion")
    }
    return group._replace(**changes)  # type: ignore[attr-defined]  # a Group


async def test_facts_from_before_times_were_kept_are_counted(
    groups: MongoGroups, mongo: Mongo
) -> None:
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


async def test_the_league_of_the_riau_islands_in_2022(groups: MongoGroups, mongo: Mongo) -> None:
    begin = datetime.combine(date(2022, 1, 1), START.timetz())
    facts = []
    for number in range(280):
        # The last seven were received in the year before or after.
        at = begin + timedelta(days=number if number < 273 else 365 + number)
        status = Status.IN_PROGRESS if number in (5, 6) else Status.COMPLETED
        (new,) = newest_facts(
            [(outline(told(str(number), [submitted(decision("prov-21"))])[0]), 0)]
        )
        facts.append(
            new.model_copy(
                update={"received_at": at, "month": f"{at:%Y-%m}", "status": status, "seq": 3}
            )
        )
    await MongoFacts(mongo.cases(FACTS)).save(facts)
    cohort = Cohort(Period(date(2022, 1, 1), date(2022, 12, 31)))

    (line,) = league(by_institution(await groups.groups(cohort)), RankingRate.COMPLETION).lines

    assert (line.rank, line.received) == (1, 273)
    assert (line.completion, str(line.completion.percent)) == (Share(271, 273), "99.27")
    assert [line.statuses[status] for status in (Status.UNVERIFIED, Status.ROUTED)] == [0, 0]


async def test_what_takes_too_long_is_given_up(mongo: Mongo) -> None:
    chance = random.Random(6)
    store = MongoFacts(mongo.cases(FACTS))
    await store.prepare()
    await store.save([some_fact(number, chance) for number in range(400)])

    with pytest.raises(DatabaseAway, match="code 50"):
        await MongoGroups(mongo.cases(FACTS), seconds=0.001).groups(Cohort(YEAR))

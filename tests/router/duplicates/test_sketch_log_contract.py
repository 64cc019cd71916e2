"""The log of sketches in a real database: what routers see of each other."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.router.domain.duplicates.similarity import RecentReports, SketchedReport
from services.router.domain.duplicates.sketches import sketch
from services.router.duplicates.linker import DuplicateLinker
from services.router.duplicates.sketch_log import AHEAD, MARGIN, MongoSketchLog
from shared.database.mongo import Document, Mongo
from shared.errors import DatabaseAway
from shared.runtime.clock import SetClock
from shared.settings import MongoSettings
from tests.support.builders import START, complaint, decision

pytestmark = pytest.mark.connected
WEEK = timedelta(days=7)
STREETS = ["Anggrek", "Mawar", "Melati", "Kenanga", "Cempaka", "Dahlia", "Seroja", "Kenari"]
ROAD = SketchedReport("3603 roads", "A", START, "kab-3603", sketch("Jl. Anggrek rusak"))


class FailingOnce:
    """Inserts, but says of the first that worked that the database was away."""

    def __init__(self, write: Callable[[Document], Awaitable[bool]]) -> None:
        self._write = write
        self._has_failed = False

    async def __call__(self, document: Document) -> bool:
        done = await self._write(document)
        if done and not self._has_failed:
            self._has_failed = True
            raise DatabaseAway("the answer was lost")
        return done


class Database:
    """One collection, and any number of routers that share it."""

    def __init__(self, mongo: Mongo) -> None:
        self.collection = mongo.cases("neighbours")
        self.clock = SetClock(START)

    def router(self) -> MongoSketchLog:
        return MongoSketchLog(self.collection, self.clock, WEEK)


@pytest.fixture
async def database(mongo: Mongo) -> Database:
    found = Database(mongo)
    await found.router().prepare()
    return found


def named(number: str) -> SketchedReport:
    return replace(ROAD, number=number)


async def test_what_one_router_wrote_comes_to_others_as_it_was_and_once(
    database: Database,
) -> None:
    one, other = database.router(), database.router()
    triaged = replace(ROAD, number="T", institution=None)

    assert await one.append_and_read([ROAD, triaged]) == [ROAD, triaged]
    assert await other.append_and_read([named("B")]) == [ROAD, triaged, named("B")]
    assert await other.append_and_read([named("C")]) == [named("C")]
    assert await one.append_and_read([named("D")]) == [named("B"), named("C"), named("D")]


async def test_every_router_follows_all_others_whatever_they_do_at_once(
    database: Database,
) -> None:
    routers = [database.router() for _ in range(4)]
    seen: list[list[str]] = [[] for _ in routers]

    async def work(at: int) -> None:
        for turn in range(5):
            seen[at] += [
                one.number for one in await routers[at].append_and_read([named(f"{at}.{turn}")])
            ]

    await asyncio.gather(*(work(at) for at in range(4)))
    for at, router in enumerate(routers):
        seen[at] += [one.number for one in await router.append_and_read([named("end")])]

    everything = sorted(f"{at}.{turn}" for at in range(4) for turn in range(5))
    for numbers in seen:
        assert sorted(number for number in numbers if number != "end") == everything


async def test_a_router_far_behind_catches_up(database: Database) -> None:
    behind, ahead = database.router(), database.router()
    await behind.append_and_read([named("A")])
    for turn in range(AHEAD + 3):
        await ahead.append_and_read([named(f"{turn}")])

    assert len(await behind.append_and_read([named("B")])) == AHEAD + 3 + 1


async def test_a_router_that_starts_anew_knows_what_was_written_before(database: Database) -> None:
    await database.router().append_and_read([ROAD])
    await database.router().append_and_read([named("B")])

    known = await database.router().append_and_read([named("C")])

    assert [one.number for one in known] == ["A", "B", "C"]


async def test_what_is_too_old_is_deleted_but_the_log_goes_on_after_it(
    database: Database,
) -> None:
    idle, busy = database.router(), database.router()
    await idle.append_and_read([named("A")])
    await busy.append_and_read([named("B")])
    await busy.append_and_read([named("C")])
    database.clock.advance(seconds=(WEEK + MARGIN).total_seconds() + 1)

    await busy.prune()

    assert await database.collection.count({}) == 1
    await busy.append_and_read([named("D")])
    assert [one.number for one in await idle.append_and_read([named("E")])] == ["C", "D", "E"]
    assert [one.number for one in await busy.append_and_read([named("F")])][-2:] == ["E", "F"]


async def test_what_was_read_before_an_outage_is_returned_after_it(database: Database) -> None:
    one, other = database.router(), database.router()
    await one.append_and_read([named("A")])
    await other.append_and_read([named("B")])
    write = database.collection.insert
    failing = FailingOnce(write)
    database.collection.insert = failing  # type: ignore[method-assign]

    with pytest.raises(DatabaseAway):
        await one.append_and_read([named("C")])

    known = await one.append_and_read([named("C")])
    assert {"B", "C"} <= {neighbour.number for neighbour in known}


async def test_of_two_routers_at_once_at_least_one_sees_the_other(database: Database) -> None:
    for turn in range(len(STREETS)):
        first, second = (
            DuplicateLinker(database.router(), RecentReports(WEEK)),
            DuplicateLinker(database.router(), RecentReports(WEEK)),
        )
        reports = [complaint(f"{turn}-{side}", title=f"Jl. {STREETS[turn]}") for side in "ab"]
        decided = {one.complaint_id: decision(category="roads.damage") for one in reports}

        linked = await asyncio.gather(
            first.link(reports[:1], decided), second.link(reports[1:], decided)
        )

        numbers = {one.number for one in reports}
        said = [
            {link.number for link in found[report.complaint_id].similar}
            for report, found in zip(reports, linked, strict=True)
        ]
        assert any(said), f"neither saw the other in turn {turn}"
        assert set().union(*said) <= numbers


async def test_a_forgotten_report_is_in_no_document_and_the_log_goes_on_without_a_gap(
    database: Database,
) -> None:
    one, other = database.router(), database.router()
    await one.append_and_read([ROAD, named("B")])
    await one.append_and_read([named("A")])

    await other.forget(["A", "unknown"])

    assert await other.append_and_read([named("C")]) == [named("B"), named("C")]
    assert await one.append_and_read([named("D")]) == [named("C"), named("D")]
    kept = await database.collection.find({})
    assert sorted(one["number"] for each in kept for one in each["reports"]) == ["B", "C", "D"]


async def test_a_database_that_is_away_is_an_outage_and_loses_nothing(
    database: Database,
) -> None:
    gone = Mongo(MongoSettings(url="mongodb://127.0.0.1:1/", timeout_ms=50))
    async with gone:
        with pytest.raises(DatabaseAway):
            await MongoSketchLog(gone.cases("neighbours"), database.clock, WEEK).append_and_read(
                [ROAD]
            )

    assert await database.collection.count({}) == 0

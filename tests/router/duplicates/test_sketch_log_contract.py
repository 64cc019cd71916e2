"""What the log of sketches promises, in the database and in memory alike: who sees whom."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.router.domain.duplicates.similarity import RecentReports, SketchedReport
from services.router.domain.duplicates.sketches import sketch
from services.router.duplicates.linker import DuplicateLinker
from services.router.duplicates.sketch_log import AHEAD, MARGIN, MongoSketchLog, SketchLog
from shared.database.mongo import Document, Mongo
from shared.errors import DatabaseAway
from shared.runtime.clock import SetClock
from tests.router.conftest import MemoryNeighbours
from tests.support.builders import START, complaint, decision
from tests.support.stores import not_away

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


class Routers:
    """Any number of routers that share one log."""

    def __init__(self, mongo: Mongo | None) -> None:
        self.clock = SetClock(START)
        self.batches: list[list[SketchedReport]] = []
        self._mongo = mongo

    def router(self) -> SketchLog:
        if self._mongo is None:
            return MemoryNeighbours(self.batches)
        return MongoSketchLog(self._mongo.cases("neighbours"), self.clock, WEEK)

    async def kept(self) -> list[str]:
        """Return the numbers of all reports that are kept."""
        found = await self.router().append_and_read([])
        return sorted(one.number for one in found)


@pytest.fixture
async def routers(backing: Mongo | None) -> Routers:
    found = Routers(backing)
    if isinstance(log := found.router(), MongoSketchLog):
        await log.prepare()
    return found


class Database(Routers):
    """The same over one collection."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self.collection = mongo.cases("neighbours")

    def router(self) -> MongoSketchLog:
        return MongoSketchLog(self.collection, self.clock, WEEK)


@pytest.fixture
def stored(mongo: Mongo) -> Database:
    return Database(mongo)


def named(number: str) -> SketchedReport:
    return replace(ROAD, number=number)


async def test_what_one_router_wrote_comes_to_others_as_it_was_and_once(
    routers: Routers,
) -> None:
    one, other = routers.router(), routers.router()
    triaged = replace(ROAD, number="T", institution=None)

    assert await one.append_and_read([ROAD, triaged]) == [ROAD, triaged]
    assert await other.append_and_read([named("B")]) == [ROAD, triaged, named("B")]
    assert await other.append_and_read([named("C")]) == [named("C")]
    assert await one.append_and_read([named("D")]) == [named("B"), named("C"), named("D")]


async def test_every_router_follows_all_others_whatever_they_do_at_once(
    routers: Routers,
) -> None:
    four = [routers.router() for _ in range(4)]
    seen: list[list[str]] = [[] for _ in four]

    async def work(at: int) -> None:
        for turn in range(5):
            seen[at] += [
                one.number for one in await four[at].append_and_read([named(f"{at}.{turn}")])
            ]

    await asyncio.gather(*(work(at) for at in range(4)))
    for at, router in enumerate(four):
        seen[at] += [one.number for one in await router.append_and_read([named("end")])]

    everything = sorted(f"{at}.{turn}" for at in range(4) for turn in range(5))
    for numbers in seen:
        assert sorted(number for number in numbers if number != "end") == everything


async def test_a_router_far_behind_catches_up(routers: Routers) -> None:
    behind, ahead = routers.router(), routers.router()
    await behind.append_and_read([named("A")])
    for turn in range(AHEAD + 3):
        await ahead.append_and_read([named(f"{turn}")])

    assert len(await behind.append_and_read([named("B")])) == AHEAD + 3 + 1


async def test_a_router_that_starts_anew_knows_what_was_written_before(routers: Routers) -> None:
    await routers.router().append_and_read([ROAD])
    await routers.router().append_and_read([named("B")])

    known = await routers.router().append_and_read([named("C")])

    assert [one.number for one in known] == ["A", "B", "C"]


@pytest.mark.connected
async def test_what_is_too_old_is_deleted_but_the_log_goes_on_after_it(
    stored: Database,
) -> None:
    idle, busy = stored.router(), stored.router()
    await idle.append_and_read([named("A")])
    await busy.append_and_read([named("B")])
    await busy.append_and_read([named("C")])
    stored.clock.advance(seconds=(WEEK + MARGIN).total_seconds() + 1)

    await busy.prune()

    assert await stored.collection.count({}) == 1
    await busy.append_and_read([named("D")])
    assert [one.number for one in await idle.append_and_read([named("E")])] == ["C", "D", "E"]
    assert [one.number for one in await busy.append_and_read([named("F")])][-2:] == ["E", "F"]


@pytest.mark.connected
async def test_what_was_read_before_an_outage_is_returned_after_it(stored: Database) -> None:
    one, other = stored.router(), stored.router()
    await one.append_and_read([named("A")])
    await other.append_and_read([named("B")])
    write = stored.collection.insert
    failing = FailingOnce(write)
    stored.collection.insert = failing  # type: ignore[method-assign]

    with pytest.raises(DatabaseAway):
        await one.append_and_read([named("C")])

    known = await one.append_and_read([named("C")])
    assert {"B", "C"} <= {neighbour.number for neighbour in known}


async def test_of_two_routers_at_once_at_least_one_sees_the_other(routers: Routers) -> None:
    for turn in range(len(STREETS)):
        first, second = (
            DuplicateLinker(routers.router(), RecentReports(WEEK)),
            DuplicateLinker(routers.router(), RecentReports(WEEK)),
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
    routers: Routers,
) -> None:
    one, other = routers.router(), routers.router()
    await one.append_and_read([ROAD, named("B")])
    await one.append_and_read([named("A")])

    await other.forget(["A", "unknown"])

    assert await other.append_and_read([named("C")]) == [named("B"), named("C")]
    assert await one.append_and_read([named("D")]) == [named("C"), named("D")]
    assert await routers.kept() == ["B", "C", "D"]


async def test_who_forgets_hears_of_what_it_has_not_read_yet(routers: Routers) -> None:
    one, other = routers.router(), routers.router()
    await one.append_and_read([named("A")])
    await other.forget(["nothing"])
    await other.append_and_read([named("B"), named("C")])

    await other.forget(["B"])

    assert await one.append_and_read([]) == [named("C")]


async def test_every_call_says_that_the_log_is_away(away: Mongo | None) -> None:
    log = Routers(away).router()
    if isinstance(log, MemoryNeighbours):
        log.away = True

    assert await not_away(log.append_and_read([ROAD]), log.forget(["A"])) == []

"""Lists of the database and of memory alike, while the router goes on changing cases."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.intake.identity.vault import VaultCodec
from services.intake.store import IntakeStore, MongoIntakeStore
from services.router.domain.case.fold import Fold
from services.router.domain.case.machine import open_case
from services.router.domain.case.timekeeper import Timekeeper
from services.router.store import CaseStore, MongoCases
from shared.contracts.actions import (
    Action,
    Archive,
    AssignUnit,
    Complete,
    FollowUp,
    Route,
    Transfer,
)
from shared.contracts.case import ArchiveReason, Case
from shared.contracts.events import ActionRequested
from shared.contracts.identifiers import agency_record_id
from shared.database.collections import CASES
from shared.database.mongo import Mongo
from tests.intake.conftest import IntakeBench
from tests.router.case_stores import MemoryCases
from tests.router.lives import after
from tests.support.builders import OFFICER, RING, START, agency, complaint_id, decision, submitted
from tests.support.deadline_cases import CLOCKS

OWN = "/v1/agencies/kab-3603/complaints"
CASE_COUNT = 300


class Office:
    """The router's store and intake's doors over one database, or over one memory."""

    def __init__(self, mongo: Mongo | None) -> None:
        memory = MemoryCases()
        self.cases: CaseStore = memory
        self.kept: dict[str, Case] = {}
        self.intake = IntakeBench()
        self.intake.store.cases = memory.kept
        if mongo is not None:
            self.cases = MongoCases(mongo.cases(CASES))
            store: IntakeStore = MongoIntakeStore(mongo, VaultCodec(RING))
            self.intake.store = store  # type: ignore[assignment]
            self.intake.restart()
        self.headers: dict[str, str] = {}

    async def start(self) -> None:
        if isinstance(self.cases, MongoCases):
            await self.cases.prepare()
        self.headers = await self.intake.key("operator")

    async def open(self, name: str, institution: str | None = "kab-3603", **changes: Any) -> None:
        """Open a case; equal instants are many, so that ids must settle the order."""
        received = START + timedelta(minutes=len(self.kept) // 7)
        opened = open_case(submitted(name, received_at=received), decision(institution, **changes))
        self.kept[name] = opened

    async def write(self) -> None:
        await self.cases.save([Fold(before=None, after=case) for case in self.kept.values()])

    async def act(self, name: str, action: Action, **changes: Any) -> ActionRequested:
        before = self.kept[name]
        asked = ActionRequested(
            action_id=changes.pop("action_id", complaint_id(f"{name} {before.seq}")),
            complaint_id=before.complaint.complaint_id,
            at=START + timedelta(days=1, seconds=before.seq),
            actor=changes.pop("actor", agency()),
            action=action,
        )
        self.kept[name] = after(before, asked)
        assert await self.cases.save([Fold(before=before, after=self.kept[name])]) == []
        return asked

    async def page(self, path: str, **query: Any) -> dict[str, Any]:
        answer = await self.intake.http.get(path, params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def walk(
        self, path: str, meanwhile: Callable[[int], Awaitable[None]] | None = None, **query: Any
    ) -> list[str]:
        """Return the numbers on all pages, in order."""
        found, pages = [], 0
        page = await self.page(path, **query)
        while True:
            found += [item["number"] for item in page["items"]]
            pages += 1
            if "next" not in page:
                return found
            if meanwhile is not None:
                await meanwhile(pages)
            page = await self.page(path, **query, cursor=page["next"])

    def numbers(self, *names: str) -> set[str]:
        return {self.kept[name].complaint.number for name in names}


@pytest.fixture
async def office(backing: Mongo | None) -> AsyncIterator[Office]:
    office = Office(backing)
    await office.start()
    yield office
    await office.intake.http.aclose()


async def test_no_row_is_lost_or_doubled_while_cases_change(office: Office) -> None:
    names = [str(number) for number in range(CASE_COUNT)]
    for name in names:
        await office.open(name)
        await office.open(f"of another {name}", "prov-36")
    await office.write()
    changed: list[str] = []

    async def change(page: int) -> None:
        # One that was passed, one that is still to come, and a new one.
        for name in (names[-page], names[page]):
            await office.act(name, FollowUp(text="Ditinjau."))
            changed.append(name)

    found = await office.walk(OWN, change, limit=23)

    assert len(changed) > 20
    still = office.numbers(*set(names) - set(changed))
    assert [number for number in found if number in still] == _newest_first(office, still)
    assert set(found) <= office.numbers(*names)
    repeated = {number for number in found if found.count(number) > 1}
    assert repeated <= office.numbers(*changed)


async def test_a_walk_at_rest_has_every_row_once_newest_change_first(office: Office) -> None:
    names = [str(number) for number in range(40)]
    for name in names:
        await office.open(name)
    await office.write()
    for name in names[::3]:
        await office.act(name, FollowUp(text="Ditinjau."))

    for limit in (1, 7, 39, 40, 41, 200):
        found = await office.walk(OWN, limit=limit)
        assert found == _newest_first(office, office.numbers(*names))


async def test_filters_leave_what_they_say(office: Office) -> None:
    for name in "abcdef":
        await office.open(name, category="roads.street_light", unit="Dinas PU")
    await office.open("g", category="roads")
    await office.open("h", category="roadside")
    await office.write()
    await office.act("a", FollowUp(text="Ditinjau."))
    await office.act("b", Complete(text="Selesai."))
    await office.act("c", Archive(reason=ArchiveReason.SPAM))
    await office.act("d", Transfer(institution="prov-36", text="Jalan provinsi."))
    await office.act("e", AssignUnit(unit="Dinas Sosial"))

    async def listed(**query: Any) -> set[str]:
        return set(await office.walk(OWN, limit=2, **query))

    assert await listed() == office.numbers(*"abcefgh")
    assert await listed(status="routed") == office.numbers(*"efgh")
    assert await listed(status=["completed", "archived"]) == office.numbers(*"bc")
    assert await listed(unit="Dinas PU") == office.numbers(*"abcf")
    assert await listed(category="roads") == office.numbers(*"abcefg")
    assert await listed(category="roads.street_light", status="routed") == office.numbers(*"ef")
    assert await listed(since="2026-03-03") == office.numbers(*"abce")
    assert await listed(until="2026-03-02") == office.numbers(*"fgh")
    assert await listed(overdue="true") == set()
    assert await listed(overdue="false") == office.numbers(*"abcefgh")
    assert set(await office.walk("/v1/agencies/prov-36/complaints")) == office.numbers("d")


async def test_a_row_says_nothing_of_other_institutions(office: Office) -> None:
    await office.open("a", "prov-36", category="roads", unit="Bina Marga")
    await office.write()
    moved = Transfer(institution="kab-3603", text="Jalan kabupaten.")
    await office.act("a", moved, actor=agency("prov-36"))

    page = await office.page(OWN)

    (row,) = page["items"]
    assert "prov-36" not in str(page)
    assert "Bina Marga" not in str(page)
    assert (row["status"], row["category"], row["title"]) == ("routed", "roads", "Jalan rusak")
    assert "due" not in row


async def test_a_row_tells_by_when_to_answer(office: Office) -> None:
    await office.open("a")
    office.kept["a"] = Timekeeper(CLOCKS, {}).dated(office.kept["a"])
    await office.write()
    due = office.kept["a"].last.due
    assert due is not None

    (row,) = (await office.page(OWN))["items"]
    await office.act("a", Complete(text="Selesai."))
    (done,) = (await office.page(OWN))["items"]

    assert datetime.fromisoformat(row["due"]) == due
    assert "due" not in done


async def test_triage_is_walked_oldest_first_while_officers_work_on_it(office: Office) -> None:
    names = [str(number) for number in range(30)]
    for name in names:
        rule = "incomplete" if int(name) % 3 == 0 else "unknown"
        await office.open(name, None, rule=rule)
    await office.open("held")
    await office.write()
    routed: list[str] = []

    async def route(page: int) -> None:
        for name in (names[page - 1], names[-page]):
            await office.act(name, Route(institution="kab-3603"), actor=OFFICER)
            routed.append(name)

    incomplete = await office.walk("/v1/triage", limit=4, reason="incomplete")
    found = await office.walk("/v1/triage", route, limit=4)

    assert set(incomplete) == office.numbers(*names[::3])
    left = [name for name in names if name not in routed]
    left.sort(key=lambda name: (office.kept[name].complaint.received_at, complaint_id(name).bytes))
    expected = [office.kept[name].complaint.number for name in left]
    assert [number for number in found if number in office.numbers(*left)] == expected
    assert len(found) == len(set(found))


async def test_what_was_given_up_waits_under_its_reason(office: Office) -> None:
    await office.open("a")
    await office.write()
    await office.act("a", Transfer(text="Bukan kami."))

    (item,) = (await office.page("/v1/triage", reason="transferred"))["items"]

    assert item["given_up"][0]["institution"] == "kab-3603"


async def test_what_waits_too_long_is_seen_and_asked_for(office: Office) -> None:
    time = Timekeeper(CLOCKS, {})
    for name in "ab":
        await office.open(name, None)
    await office.write()
    before = office.kept["a"]
    office.kept["a"] = time.settled(before, START + timedelta(days=8), frozenset())
    assert await office.cases.save([Fold(before=before, after=office.kept["a"])]) == []

    (late,) = (await office.page("/v1/triage", overdue="true"))["items"]
    (other,) = (await office.page("/v1/triage", overdue="false"))["items"]

    assert (late["number"], late["overdue"]) == (before.complaint.number, True)
    assert late["deadline"]["clock"] == "route"
    assert (other["overdue"], "deadline" in other) == (False, False)


async def test_an_institutions_own_record_is_found_by_its_id(office: Office) -> None:
    await office.open("a")
    await office.write()
    wrote = agency_record_id("kab-3603", "2026-17")
    await office.act("a", FollowUp(text="Ditinjau."), action_id=wrote)

    view = await office.page(f"/v1/actions/{wrote}")

    assert (view["status"], view["complaint_id"]) == ("applied", str(complaint_id("a")))


def _newest_first(office: Office, numbers: set[str]) -> list[str]:
    cases = [case for case in office.kept.values() if case.complaint.number in numbers]
    cases.sort(key=lambda case: (case.last.at, case.complaint.complaint_id.bytes), reverse=True)
    return [case.complaint.number for case in cases]

"""What the ledger of erasures promises, in the database and in memory alike."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from services.intake.erasure.model import Erasure, ErasureDecision, ErasureState, asked, decided
from services.intake.erasure.store import (
    ErasureRows,
    ErasureStore,
    MongoErasures,
    UnreadableErasure,
)
from services.intake.erasure.views import ErasureQuery
from services.intake.identity.vault import VaultCodec
from services.intake.store import MongoIntakeStore
from services.intake.submit.records import VaultRow
from services.router.store import document_of
from shared.contracts.case import Actor, ActorKind, Case, ErasureReason, InputKind, Outcome
from shared.contracts.identifiers import complaint_number
from shared.database.collections import CASES, CONTACTS, ERASURES, VAULT
from shared.database.mongo import Mongo
from tests.intake.conftest import IntakeBench, case_of, entry
from tests.intake.fakes.erasure_store import MemoryErasures
from tests.intake.stored_rows import vault_row
from tests.support.builders import RING, START, complaint, complaint_id
from tests.support.stores import not_away

OPERATOR = Actor(kind=ActorKind.OPERATOR, code="kantor")


def row(name: str = "one", hours: int = 0, state: ErasureState = ErasureState.ASKED) -> Erasure:
    found = asked(
        complaint_id(name),
        complaint_number(complaint_id(name)),
        Actor(kind=ActorKind.REPORTER),
        reason=ErasureReason.REQUESTED,
        asked_at=START + timedelta(hours=hours),
        restrict_by=START + timedelta(hours=hours + 72),
    )
    return found.model_copy(update={"state": state})


async def spoil(ledger: ErasureStore, mongo: Mongo | None, name: str, **fields: str) -> None:
    """Leave a row with what this release does not know."""
    if isinstance(ledger, MemoryErasures):
        ledger.unreadable.add(complaint_id(name))
    elif mongo is not None:
        await mongo.private(ERASURES).update({"_id": complaint_id(name)}, {"$set": fields})


async def walked(ledger: ErasureStore, *, limit: int) -> list[UUID]:
    """Return the complaints on all pages."""
    page = await ledger.erasures(ErasureQuery(limit=limit), after=None)
    seen = [each.complaint_id for each in page.rows]
    while page.end is not None:
        page = await ledger.erasures(ErasureQuery(limit=limit), after=page.end)
        assert len(page.rows) <= limit
        seen += [each.complaint_id for each in page.rows]
    return seen


class Others:
    """What others keep of complaints: the vault and cases."""

    def __init__(self, mongo: Mongo | None) -> None:
        self._mongo = mongo
        self.vault: dict[UUID, VaultRow] = {}
        self.cases: dict[UUID, Case] = {}

    async def keep(self, row: VaultRow) -> None:
        self.vault[row.id] = row
        if self._mongo is not None:
            await MongoIntakeStore(self._mongo, VaultCodec(RING)).put_vault_rows([row])

    async def vaulted(self) -> set[UUID]:
        """Return the complaints of which something is kept, and check that all of it is."""
        if self._mongo is None:
            return set(self.vault)
        found = [await self._mongo.private(name).find({}) for name in (VAULT, CONTACTS)]
        rows, contacts = ({each["_id"] for each in kept} for kept in found)
        assert rows == contacts
        return rows

    async def open(self, case: Case) -> None:
        self.cases[case.complaint.complaint_id] = case
        if self._mongo is not None:
            await self._mongo.cases(CASES).insert(document_of(case))


@pytest.fixture
def others(backing: Mongo | None) -> Others:
    return Others(backing)


@pytest.fixture
async def ledger(backing: Mongo | None, others: Others) -> ErasureStore:
    if backing is None:
        return MemoryErasures(lambda: others.vault, lambda: others.cases)
    ledger = MongoErasures(backing)
    await ledger.start()
    return ledger


async def test_a_row_comes_back_as_it_was_kept(ledger: ErasureStore) -> None:
    first = row()
    second = decided(first, ErasureDecision(reason=ErasureReason.UNLAWFUL), OPERATOR, START)
    assert second is not None
    told = second.changed(institutions=("kab-3603", "prov-36"), case_blanked_at=START)

    for each in (first, second, told):
        assert await ledger.put_erasure(each)
        assert await ledger.erasure(complaint_id("one")) == each
    assert await ledger.erasure(complaint_id("two")) is None


async def test_of_two_at_once_one_wins(ledger: ErasureStore) -> None:
    await ledger.put_erasure(row())
    mine, theirs = (
        row().changed(state=ErasureState.HELD),
        row().changed(reason=ErasureReason.UNLAWFUL),
    )

    assert await ledger.put_erasure(theirs)
    assert not await ledger.put_erasure(mine)
    assert not await ledger.put_erasure(row())


async def test_a_row_that_was_lost_is_kept_again_under_its_version(ledger: ErasureStore) -> None:
    later = row().changed().changed()

    assert await ledger.put_erasure(later)
    assert await ledger.erasure(complaint_id("one")) == later


async def test_the_list_goes_by_the_time_of_asking_and_by_state(ledger: ErasureStore) -> None:
    rows = [row(str(n), hours=n // 2) for n in range(5)]
    rows[3] = rows[3].model_copy(update={"state": ErasureState.HELD})
    for each in rows:
        await ledger.put_erasure(each)

    seen = await walked(ledger, limit=2)

    assert seen == [
        one.complaint_id for one in sorted(rows, key=lambda r: (r.asked_at, r.complaint_id))
    ]
    held = await ledger.erasures(ErasureQuery(state=(ErasureState.HELD,)), after=None)
    assert held == ErasureRows([rows[3]])


async def test_a_row_of_another_release_holds_up_no_other(
    ledger: ErasureStore, backing: Mongo | None, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        await ledger.put_erasure(row(str(number), hours=number))
    for number in (0, 1, 3):  # a whole page of them, and the one at which a page ends
        await spoil(ledger, backing, str(number), reason="from a later release")

    good = [complaint_id(number) for number in ("2", "4")]
    for limit in (1, 2, 4, 5):
        assert await walked(ledger, limit=limit) == good
    with pytest.raises(UnreadableErasure):
        await ledger.erasure(complaint_id("0"))
    if backing is not None:
        assert str(complaint_id("0")) in caplog.text
        assert "reason: enum" in caplog.text
    assert "later release" not in caplog.text


async def test_a_row_that_cannot_be_read_is_replaced_under_its_version(
    ledger: ErasureStore, backing: Mongo | None
) -> None:
    await ledger.put_erasure(row())
    await spoil(ledger, backing, "one", reason="from a later release")

    assert not await ledger.put_erasure(row())
    assert await ledger.put_erasure(row().changed())
    assert await ledger.erasure(complaint_id("one")) == row().changed()


@pytest.mark.connected
async def test_an_intake_starts_and_erases_beside_a_row_that_it_cannot_read(
    mongo: Mongo,
    intake: IntakeBench,
    *,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., Awaitable[None]],
) -> None:
    ledger = MongoErasures(mongo)

    async def is_ready() -> bool:
        return (await intake.http.get("/readyz")).status_code == 200

    good = UUID((await intake.accepted())["complaint_id"])
    for first in (row("broken"), row().model_copy(update={"complaint_id": good})):
        order = decided(first, ErasureDecision(), OPERATOR, START)
        assert order is not None
        assert await ledger.put_erasure(first)
        assert await ledger.put_erasure(order)
    await spoil(ledger, mongo, "broken", reason="from a later release")
    monkeypatch.setattr(intake, "erasures", ledger)
    intake.restart()

    async with intake.app.router.lifespan_context(intake.app):
        await eventually(is_ready, "intake is ready", timeout=10)
        done = await ledger.erasure(good)

    assert done is not None
    assert done.sent_at == START


async def test_a_row_that_cannot_be_read_is_counted_all_the_same(
    ledger: ErasureStore, backing: Mongo | None
) -> None:
    for name in ("good", "other"):
        await ledger.put_erasure(row(name, state=ErasureState.ERASING))
    await spoil(ledger, backing, "other", reason="from a later release")

    stats = await ledger.stats(START + timedelta(hours=73))

    assert (stats.counts, stats.overdue) == ({ErasureState.ERASING: 2}, 2)


@pytest.mark.connected
@pytest.mark.parametrize("broken", [{"state": "melting"}, {"asked_at": "yesterday"}])
async def test_a_row_without_a_known_state_or_a_time_leaves_the_stats_to_the_others(
    mongo: Mongo, broken: dict[str, str]
) -> None:
    ledger = MongoErasures(mongo)
    for name in ("good", "other"):
        await ledger.put_erasure(row(name))
    await spoil(ledger, mongo, "other", **broken)

    stats = await ledger.stats(START)

    assert (stats.counts, stats.oldest) == ({ErasureState.ASKED: 1}, START)
    for limit in (1, 2):
        assert await walked(ledger, limit=limit) == [complaint_id("good")]


async def test_the_stats_count_states_and_what_is_beyond_the_deadline(
    ledger: ErasureStore,
) -> None:
    states = [ErasureState.ASKED, ErasureState.HELD, ErasureState.ERASING, ErasureState.FADING]
    over = [ErasureState.CLOSED, ErasureState.DECLINED]
    for number, state in enumerate(states + over):
        await ledger.put_erasure(row(str(number), hours=number, state=state))

    stats = await ledger.stats(START + timedelta(hours=73))

    assert stats.counts == dict.fromkeys(states, 1)  # what is over grows for ever
    assert (stats.overdue, stats.oldest) == (1, START)
    assert (await ledger.stats(START + timedelta(hours=80))).overdue == 2


async def test_cases_with_words_are_found_among_those_asked_for(
    ledger: ErasureStore, others: Others
) -> None:
    blank = entry(2, input=InputKind.ERASE, outcome=Outcome.ERASED, decision=None)
    await others.open(case_of(complaint("one"), entry()))
    await others.open(case_of(complaint("two"), entry(), blank, entry(3)))
    await others.open(case_of(complaint("other"), entry()))

    asked_for = [complaint_id(name) for name in ("one", "two", "three")]

    assert await ledger.with_words(asked_for) == {complaint_id("one")}
    assert await ledger.with_words([]) == frozenset()


async def test_what_is_kept_of_these_complaints_is_deleted_and_of_no_others(
    ledger: ErasureStore, others: Others
) -> None:
    for name in ("one", "two"):
        await others.keep(vault_row(name))

    await ledger.clear_vault([complaint_id("one"), complaint_id("three")])
    await ledger.clear_vault([])

    assert await others.vaulted() == {complaint_id("two")}


async def test_every_call_says_that_the_ledger_is_away(away: Mongo | None) -> None:
    ledger: ErasureStore = MongoErasures(away) if away else MemoryErasures(dict, dict)
    if isinstance(ledger, MemoryErasures):
        ledger.is_away = True
    ids = [complaint_id("one")]

    answered = await not_away(
        ledger.erasure(ids[0]),
        ledger.put_erasure(row()),
        ledger.erasures(ErasureQuery(), after=None),
        ledger.clear_vault(ids),
        ledger.with_words(ids),
        ledger.stats(START),
    )

    assert answered == []

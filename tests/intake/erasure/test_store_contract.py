"""The ledger of erasures in a real database."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from services.intake.erasure.model import Erasure, ErasureDecision, ErasureState, asked, decided
from services.intake.erasure.store import ErasureRows, MongoErasures, UnreadableErasure
from services.intake.erasure.views import ErasureQuery
from shared.contracts.case import Actor, ActorKind, ErasureReason
from shared.contracts.identifiers import complaint_number
from shared.database.collections import CASES, ERASURES, VAULT
from shared.database.mongo import Mongo
from tests.intake.conftest import IntakeBench
from tests.support.builders import START, complaint_id

pytestmark = pytest.mark.connected
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


async def spoil(mongo: Mongo, name: str, **fields: str) -> None:
    """Leave a row with what this release does not know."""
    await mongo.private(ERASURES).update({"_id": complaint_id(name)}, {"$set": fields})


async def walked(ledger: MongoErasures, *, limit: int) -> list[UUID]:
    """Return the complaints on all pages."""
    page = await ledger.erasures(ErasureQuery(limit=limit), after=None)
    seen = [each.complaint_id for each in page.rows]
    while page.end is not None:
        page = await ledger.erasures(ErasureQuery(limit=limit), after=page.end)
        assert len(page.rows) <= limit
        seen += [each.complaint_id for each in page.rows]
    return seen


@pytest.fixture
async def ledger(mongo: Mongo) -> MongoErasures:
    ledger = MongoErasures(mongo)
    await ledger.start()
    return ledger


async def test_a_row_comes_back_as_it_was_kept(ledger: MongoErasures) -> None:
    first = row()
    second = decided(first, ErasureDecision(reason=ErasureReason.UNLAWFUL), OPERATOR, START)
    assert second is not None
    told = second.changed(institutions=("kab-3603", "prov-36"), case_blanked_at=START)

    for each in (first, second, told):
        assert await ledger.put_erasure(each)
        assert await ledger.erasure(complaint_id("one")) == each
    assert await ledger.erasure(complaint_id("two")) is None


async def test_of_two_at_once_one_wins(ledger: MongoErasures) -> None:
    await ledger.put_erasure(row())
    mine, theirs = (
        row().changed(state=ErasureState.HELD),
        row().changed(reason=ErasureReason.UNLAWFUL),
    )

    assert await ledger.put_erasure(theirs)
    assert not await ledger.put_erasure(mine)
    assert not await ledger.put_erasure(row())


async def test_the_list_goes_by_the_time_of_asking_and_by_state(ledger: MongoErasures) -> None:
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
    ledger: MongoErasures, mongo: Mongo, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        await ledger.put_erasure(row(str(number), hours=number))
    for number in (0, 1, 3):  # a whole page of them, and the one at which a page ends
        await spoil(mongo, str(number), reason="from a later release")

    good = [complaint_id(number) for number in ("2", "4")]
    for limit in (1, 2, 4, 5):
        assert await walked(ledger, limit=limit) == good
    with pytest.raises(UnreadableErasure):
        await ledger.erasure(complaint_id("0"))
    assert str(complaint_id("0")) in caplog.text
    assert "reason: enum" in caplog.text
    assert "later release" not in caplog.text


async def test_an_intake_starts_and_erases_beside_a_row_that_it_cannot_read(
    ledger: MongoErasures,
    mongo: Mongo,
    intake: IntakeBench,
    *,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., Awaitable[None]],
) -> None:
    async def is_ready() -> bool:
        return (await intake.http.get("/readyz")).status_code == 200

    good = UUID((await intake.accepted())["complaint_id"])
    for first in (row("broken"), row().model_copy(update={"complaint_id": good})):
        order = decided(first, ErasureDecision(), OPERATOR, START)
        assert order is not None
        assert await ledger.put_erasure(first)
        assert await ledger.put_erasure(order)
    await spoil(mongo, "broken", reason="from a later release")
    monkeypatch.setattr(intake, "erasures", ledger)
    intake.restart()

    async with intake.app.router.lifespan_context(intake.app):
        await eventually(is_ready, "intake is ready", timeout=10)
        done = await ledger.erasure(good)

    assert done is not None
    assert done.sent_at == START


async def test_a_row_that_cannot_be_read_is_counted_all_the_same(
    ledger: MongoErasures, mongo: Mongo
) -> None:
    for name in ("good", "other"):
        await ledger.put_erasure(row(name, state=ErasureState.ERASING))
    await spoil(mongo, "other", reason="from a later release")

    standing = await ledger.standing(START + timedelta(hours=73))

    assert (standing.counts, standing.overdue) == ({ErasureState.ERASING: 2}, 2)


@pytest.mark.parametrize("broken", [{"state": "melting"}, {"asked_at": "yesterday"}])
async def test_a_row_without_a_known_state_or_a_time_leaves_the_standing_to_the_others(
    ledger: MongoErasures, mongo: Mongo, broken: dict[str, str]
) -> None:
    for name in ("good", "other"):
        await ledger.put_erasure(row(name))
    await spoil(mongo, "other", **broken)

    standing = await ledger.standing(START)

    assert (standing.counts, standing.oldest) == ({ErasureState.ASKED: 1}, START)
    for limit in (1, 2):
        assert await walked(ledger, limit=limit) == [complaint_id("good")]


async def test_the_standing_counts_states_and_what_is_beyond_the_deadline(
    ledger: MongoErasures,
) -> None:
    states = [ErasureState.ASKED, ErasureState.HELD, ErasureState.ERASING, ErasureState.FADING]
    over = [ErasureState.CLOSED, ErasureState.DECLINED]
    for number, state in enumerate(states + over):
        await ledger.put_erasure(row(str(number), hours=number, state=state))

    standing = await ledger.standing(START + timedelta(hours=73))

    assert standing.counts == dict.fromkeys(states, 1)  # what is over grows for ever
    assert (standing.overdue, standing.oldest) == (1, START)
    assert (await ledger.standing(START + timedelta(hours=80))).overdue == 2


async def test_cases_with_words_are_found_among_those_asked_for(
    ledger: MongoErasures, mongo: Mongo
) -> None:
    lives = {"one": ["routed"], "two": ["routed", "erased", "completed"], "other": ["routed"]}
    for name, outcomes in lives.items():
        history = [{"outcome": outcome} for outcome in outcomes]
        await mongo.cases(CASES).insert({"_id": complaint_id(name), "history": history})

    asked_for = [complaint_id(name) for name in ("one", "two", "three")]

    assert await ledger.with_words(asked_for) == {complaint_id("one")}
    assert await ledger.with_words([]) == frozenset()


async def test_vault_rows_are_deleted_and_no_others(ledger: MongoErasures, mongo: Mongo) -> None:
    for name in ("one", "two"):
        await mongo.private(VAULT).insert({"_id": complaint_id(name), "text": "x"})

    await ledger.clear_vault([complaint_id("one"), complaint_id("three")])
    await ledger.clear_vault([])

    assert [each["_id"] for each in await mongo.private(VAULT).find({})] == [complaint_id("two")]

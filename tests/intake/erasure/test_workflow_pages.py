"""However many erasures there are, a turn holds few of them and leaves none out."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from services.intake.erasure import workflow
from services.intake.erasure.model import Erasure, ErasureState, asked
from shared.contracts.case import Actor, ActorKind, ErasureReason
from shared.contracts.identifiers import NAMESPACE, complaint_number
from tests.intake.cases.test_tracking import with_case
from tests.intake.conftest import IntakeBench, problem_of
from tests.support.builders import START

FEW, MANY = 2, 5
OPERATOR = Actor(kind=ActorKind.OPERATOR, code="kantor")


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "MOST_ROWS", FEW)


@pytest.fixture
def looked_at(intake: IntakeBench, monkeypatch: pytest.MonkeyPatch) -> list[frozenset[UUID]]:
    """Return the complaints that each turn asks about."""
    seen: list[frozenset[UUID]] = []

    async def with_words(complaint_ids: Collection[UUID]) -> frozenset[UUID]:
        seen.append(frozenset(complaint_ids))
        return frozenset()

    monkeypatch.setattr(intake.erasures, "with_words", with_words)
    return seen


def kept(intake: IntakeBench, state: ErasureState) -> dict[UUID, Erasure]:
    """Keep rows that were asked for two by two at one instant."""
    for number in range(MANY):
        complaint = uuid5(NAMESPACE, str(number))
        row = asked(
            complaint,
            complaint_number(complaint),
            OPERATOR,
            reason=ErasureReason.REQUESTED,
            asked_at=START + timedelta(minutes=number // 2),
            restrict_by=START + timedelta(days=3),
        )
        decision = {"state": state, "decided_at": START, "decided_by": OPERATOR}
        done = {"vault_deleted_at": START, "records_gone_at": START + timedelta(days=98)}
        intake.erasures.kept[complaint] = row.model_copy(update={**decision, **done})
    return intake.erasures.kept


async def turn(intake: IntakeBench) -> None:
    await intake.app.state.reception.erasing.turn()


async def test_all_that_are_being_erased_are_gone_on_with_in_one_turn(intake: IntakeBench) -> None:
    rows = kept(intake, ErasureState.ERASING)

    await turn(intake)

    assert {row.sent_at is not None for row in rows.values()} == {True}
    assert len(intake.publisher.sent) == MANY


async def test_those_that_fade_are_looked_after_a_few_in_a_turn(
    intake: IntakeBench, looked_at: list[frozenset[UUID]]
) -> None:
    rows = kept(intake, ErasureState.FADING)

    for _ in range(4):
        await turn(intake)

    assert [len(each) for each in looked_at] == [FEW, FEW, 1, FEW]
    assert frozenset[UUID]().union(*looked_at[:3]) == rows.keys()
    assert looked_at[3] == looked_at[0]


async def test_all_of_them_are_closed_in_the_end(intake: IntakeBench) -> None:
    rows = kept(intake, ErasureState.FADING)
    intake.clock.advance(days=98)

    for _ in range(3):
        await turn(intake)

    assert {row.state for row in rows.values()} == {ErasureState.CLOSED}


async def test_a_page_that_cannot_be_read_ends_no_turn(intake: IntakeBench) -> None:
    rows = kept(intake, ErasureState.ERASING)
    in_order = sorted(rows.values(), key=lambda row: (row.asked_at, row.complaint_id))
    intake.erasures.unreadable = {row.complaint_id for row in in_order[:FEW]}

    await turn(intake)

    sent = {key for key, row in rows.items() if row.sent_at is not None}
    assert sent == rows.keys() - intake.erasures.unreadable


async def test_a_row_that_cannot_be_read_is_left_out_of_the_list_and_503_by_itself(
    intake: IntakeBench,
) -> None:
    operator = await intake.key("operator", "kantor")
    told = await with_case(intake)
    path = f"/v1/complaints/{told['number']}/erasure"
    assert (await intake.http.post(path, headers=operator)).status_code == 202
    rows = kept(intake, ErasureState.HELD)
    intake.erasures.unreadable = {UUID(told["complaint_id"])}

    listed = await intake.http.get("/v1/erasures?limit=2", headers=operator)
    rest = await intake.http.get(
        "/v1/erasures", params={"limit": 50, "cursor": listed.json()["next"]}, headers=operator
    )

    shown = [each["number"] for each in (*listed.json()["items"], *rest.json()["items"])]
    assert len(shown) == MANY == len(rows) - 1
    assert told["number"] not in shown
    for answer in (
        await intake.http.get(path, headers=operator),
        await intake.http.post(path, headers=operator),
    ):
        problem_of(answer, 503, "unavailable")

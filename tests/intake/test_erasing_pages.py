"""However many erasures there are, a turn holds few of them and leaves none out."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from services.intake import erasing
from services.intake.domain.erasures import Erasure, ErasureState, asked
from shared.case import Actor, ActorKind, ErasureReason
from shared.identifiers import NAMESPACE, complaint_number
from tests.builders import START
from tests.intake.conftest import IntakeBench

FEW, MANY = 2, 5
OPERATOR = Actor(kind=ActorKind.OPERATOR, code="kantor")


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "MOST_ROWS", FEW)


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

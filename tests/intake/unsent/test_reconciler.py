"""What was accepted and has no case is said again: the very record that Kafka has lost."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.submit.submission import Submission
from services.intake.unsent.reconciler import MOST, SubmissionReconciler
from shared.contracts.identifiers import complaint_id
from shared.errors import BrokerAway
from shared.key_rings import UnknownKey
from tests.intake.conftest import KEY, IntakeBench, case_of, entry
from tests.support.builders import complaint

ID = complaint_id("public", KEY)
SITI: dict[str, Any] = {"name": "Siti Rahasia", "phone": "081234567890"}


async def look(intake: IntakeBench) -> None:
    await SubmissionReconciler(intake.ports, after=timedelta(minutes=10)).turn()


def counted(intake: IntakeBench) -> float:
    counter = intake.telemetry.counter("salur_republished_complaints_total")
    return float(counter._value.get())


@pytest.fixture
async def lost(intake: IntakeBench) -> IntakeBench:
    """Return an intake whose one complaint Kafka took, and that has no case."""
    await intake.accepted(reporter=SITI, institution="kab-3603")
    await intake.app.state.reception.stop()
    return intake


async def test_it_is_said_again_after_ten_minutes_byte_for_byte(lost: IntakeBench) -> None:
    lost.clock.advance(seconds=600)
    await look(lost)
    assert len(lost.publisher.sent) == 1

    lost.clock.advance(seconds=1)
    await look(lost)

    first, again = lost.publisher.sent
    assert again == first
    assert counted(lost) == 1


async def test_what_has_its_case_is_never_looked_at_again(lost: IntakeBench) -> None:
    lost.store.cases[ID] = case_of(complaint(), entry())
    lost.clock.advance(days=1)

    await look(lost)
    lost.store.cases.clear()
    await look(lost)

    assert len(lost.publisher.sent) == 1
    assert lost.unsent.settled == {ID}


async def test_the_next_time_is_when_it_is_twice_as_old(lost: IntakeBench) -> None:
    lost.clock.advance(minutes=30)
    await look(lost)
    lost.clock.advance(minutes=29)
    await look(lost)
    assert counted(lost) == 1

    lost.clock.advance(minutes=12)
    await look(lost)

    assert counted(lost) == 2


async def test_of_two_intakes_one_says_it(lost: IntakeBench) -> None:
    lost.clock.advance(minutes=11)

    await look(lost)
    await look(lost)

    assert counted(lost) == 1


async def test_what_was_erased_meanwhile_is_not_said(lost: IntakeBench) -> None:
    lost.store.vault.clear()
    lost.clock.advance(minutes=11)

    await look(lost)

    assert len(lost.publisher.sent) == 1
    assert lost.unsent.settled == {ID}


async def test_a_row_that_does_not_open_holds_up_no_other(
    lost: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = UUID((await lost.submit(key=None)).json()["complaint_id"])
    await lost.app.state.reception.stop()
    kept = lost.store.submission

    async def submission(complaint: UUID) -> Submission | None:
        if complaint == ID:
            raise UnknownKey("key 'k1' is not in INTAKE_VAULT_KEYS")
        return await kept(complaint)

    monkeypatch.setattr(lost.store, "submission", submission)
    lost.clock.advance(minutes=11)

    await look(lost)

    assert [record.key for record in lost.publisher.sent[2:]] == [str(other).encode()]
    assert lost.unsent.settled == set()


async def test_a_kafka_that_is_away_is_asked_again_later(lost: IntakeBench) -> None:
    lost.clock.advance(minutes=11)
    lost.publisher.is_away = True
    with pytest.raises(BrokerAway):
        await look(lost)
    lost.publisher.is_away = False
    lost.clock.advance(minutes=22)

    await look(lost)

    assert counted(lost) == 1


async def test_one_turn_says_no_more_than_its_bound(intake: IntakeBench) -> None:
    for number in range(MOST + 5):
        await intake.accepted(key=None, title=f"Laporan {number}")
    await intake.app.state.reception.stop()
    intake.clock.advance(minutes=11)

    await look(intake)
    assert counted(intake) == MOST
    await look(intake)

    assert counted(intake) == MOST + 5

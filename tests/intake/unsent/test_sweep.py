"""A submission that never reached Kafka and that nobody repeats is forgotten, and who wrote it."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.ports import IntakePorts
from services.intake.unsent.sweep import MOST, MOST_PAGES, SubmissionSweep
from shared.contracts.identifiers import complaint_id
from tests.intake.conftest import KEY, IntakeBench, case_of, entry
from tests.support.builders import START, complaint

ID = complaint_id("public", KEY)
SITI: dict[str, Any] = {"name": "Siti Rahasia", "phone": "081234567890"}


async def sweep(intake: IntakeBench) -> None:
    ports = IntakePorts(
        intake.store,
        intake.publisher,
        unsent=intake.unsent,
        subscriptions=intake.subscriptions,
        resolver=intake.resolver,
        keys=intake.keys,
        identities=intake.identities,
        audit=intake.audit,
        erasures=intake.erasures,
        opt_outs=intake.opt_outs,
        clock=intake.clock,
    )
    await SubmissionSweep(ports, after=timedelta(days=7)).turn()


@pytest.fixture(autouse=True)
def later(intake: IntakeBench) -> None:
    """Let the router have made a case of a complaint of every day to come."""
    other = complaint(received_at=START + timedelta(days=500))
    intake.store.cases[other.complaint_id] = case_of(other, entry())


async def test_nothing_is_forgotten_while_routers_stand_still_or_cases_are_lost(
    unsent: IntakeBench,
) -> None:
    unsent.store.cases.clear()
    unsent.clock.advance(days=8)

    await sweep(unsent)

    assert unsent.store.vault


@pytest.fixture
async def unsent(intake: IntakeBench) -> IntakeBench:
    intake.publisher.is_away = True
    assert (await intake.submit(reporter=SITI)).status_code == 503
    intake.publisher.is_away = False
    return intake


async def test_what_nobody_repeats_is_forgotten_after_its_days(unsent: IntakeBench) -> None:
    unsent.clock.advance(days=7)
    await sweep(unsent)
    assert unsent.store.vault

    unsent.clock.advance(seconds=1)
    await sweep(unsent)

    assert unsent.store.is_empty


async def test_a_crash_before_the_vault_row_is_forgotten_too(intake: IntakeBench) -> None:
    intake.store.away.add("put_vault_rows")
    await intake.submit(reporter=SITI)
    intake.clock.advance(days=8)

    await sweep(intake)

    assert intake.store.is_empty


async def test_what_was_accepted_stays(intake: IntakeBench) -> None:
    await intake.accepted(reporter=SITI)
    await intake.app.state.reception.stop()
    intake.clock.advance(days=400)

    await sweep(intake)

    assert intake.store.vault[ID].reporter is not None
    assert intake.store.receipts[ID].acknowledged


async def test_of_what_has_a_case_only_the_mark_was_lost(intake: IntakeBench) -> None:
    intake.store.forgets_marks = True
    await intake.accepted(reporter=SITI)
    intake.store.cases[ID] = case_of(complaint(complaint_id=ID), entry())
    intake.clock.advance(days=8)

    await sweep(intake)

    assert intake.store.receipts[ID].acknowledged
    assert intake.store.vault[ID].reporter is not None


async def test_who_comes_again_begins_the_days_anew(unsent: IntakeBench) -> None:
    unsent.clock.advance(days=6)
    unsent.publisher.is_away = True
    await unsent.submit(reporter=SITI)
    unsent.clock.advance(days=6)

    await sweep(unsent)

    assert unsent.store.vault[ID].reporter is not None
    assert ID in unsent.store.receipts


async def test_a_repeat_after_it_is_a_first_submission_of_the_same_number(
    unsent: IntakeBench,
) -> None:
    unsent.clock.advance(days=8)
    await sweep(unsent)

    told = await unsent.accepted(reporter=SITI)

    assert told["complaint_id"] == str(ID)
    assert unsent.store.vault[ID].reporter is not None
    assert unsent.store.receipts[ID].at == unsent.clock.now()


async def test_a_repeat_in_whose_middle_it_happens_is_told_to_come_again(
    unsent: IntakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsent.clock.advance(days=8)
    read = unsent.store.receipt

    async def then_forgotten(receipt_id: Any) -> Any:
        found = await read(receipt_id)
        await sweep(unsent)
        return found

    monkeypatch.setattr(unsent.store, "receipt", then_forgotten)
    assert (await unsent.submit(reporter=SITI)).status_code == 503
    assert unsent.store.is_empty
    assert not unsent.publisher.sent

    monkeypatch.setattr(unsent.store, "receipt", read)
    await unsent.accepted(reporter=SITI)
    assert unsent.store.vault[ID].reporter is not None


async def test_a_turn_is_bounded_and_the_next_one_goes_on(unsent: IntakeBench) -> None:
    receipt = unsent.store.receipts.pop(ID)
    for number in range(MOST * MOST_PAGES + 1):
        each = complaint_id("public", str(number))
        unsent.store.receipts[each] = type(receipt)(
            each, receipt.kind, each, "public", b"", receipt.at, tried_at=receipt.tried_at
        )
    unsent.clock.advance(days=8)

    await sweep(unsent)
    assert (len(unsent.store.receipts), unsent.unsent.pages) == (1, MOST_PAGES)

    await sweep(unsent)
    assert not unsent.store.receipts

"""After an erasure: nothing comes back by a repeat, and no more words go out."""

from typing import Any

import pytest

from shared.contracts.events import Submitted
from tests.intake.cases.test_tracking import with_case
from tests.intake.conftest import KEY, TEXT, IntakeBench, problem_of
from tests.intake.erasure.desk import Desk

REPORTER: dict[str, Any] = {"name": "Siti Rahasia", "phone": "081234567890"}


@pytest.fixture
async def desk(intake: IntakeBench) -> Desk:
    # The newest entry holds the case: `with_case` routes it to kab-3603.
    told = await with_case(intake)
    return Desk(intake, told, await intake.key("operator", "kantor"))


async def test_a_repeated_submission_brings_nothing_back(intake: IntakeBench) -> None:
    told = await with_case(intake, reporter=REPORTER)
    desk = Desk(intake, told, await intake.key("operator", "kantor"))
    intake.store.unmark(desk.id)  # as if a kill had come before the mark
    await desk.decide()
    sent = len(intake.publisher.sent)
    intake.restart()

    repeat = await intake.submit(KEY, reporter=REPORTER)

    assert repeat.json() == told
    assert intake.store.vault == {}
    assert len(intake.publisher.sent) == sent
    # And with another body, which is refused.
    problem_of(await intake.submit(KEY, text=f"{TEXT} Lagi."), 422)
    assert intake.store.vault == {}


async def test_a_vault_row_that_a_killed_repeat_left_is_removed_at_the_next_turn(
    intake: IntakeBench,
) -> None:
    told = await with_case(intake)
    desk = Desk(intake, told, await intake.key("operator", "kantor"))
    row = intake.store.vault[desk.id]
    await desk.decide()
    desk.router_blanks()
    await desk.turn()
    intake.store.vault[desk.id] = row

    await desk.turn()

    assert intake.store.vault == {}


async def test_a_case_that_was_lost_and_opened_anew_is_erased_again(desk: Desk) -> None:
    lost = desk.intake.store.cases[desk.id]
    await desk.decide()
    desk.router_blanks()
    await desk.turn()
    desk.intake.store.cases[desk.id] = lost

    await desk.turn()
    assert (await desk.stands())["state"] == "erasing"
    first, again = desk.requests()
    assert first == again

    desk.router_blanks()
    await desk.turn()
    assert (await desk.stands())["state"] == "fading"


async def test_the_code_still_opens_the_timeline_which_shows_the_erasure(desk: Desk) -> None:
    await desk.decide()
    desk.router_blanks()

    path = f"/v1/complaints/{desk.told['number']}"
    view = (await desk.intake.http.get(path, headers=desk.code)).json()

    assert [line["outcome"] for line in view["timeline"]] == ["routed", "erased"]
    assert view["status"] == "routed"


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "reply", "text": "Saya lagi."},
        {"kind": "supplement", "text": "Saya lagi."},
        {"kind": "rate", "rating": 1, "text": "Saya lagi."},
    ],
    ids=lambda action: str(action["kind"]),
)
async def test_no_words_of_a_reporter_go_to_kafka_after_an_erasure(
    desk: Desk, action: dict[str, Any]
) -> None:
    desk.router_blanks()
    sent = len(desk.intake.publisher.sent)

    path = f"/v1/complaints/{desk.told['number']}/actions"
    answer = await desk.intake.http.post(path, json=action, headers=desk.code)

    problem_of(answer, 409, "erased")
    assert len(desk.intake.publisher.sent) == sent


async def test_an_action_from_before_may_be_repeated_after_an_erasure(desk: Desk) -> None:
    path = f"/v1/complaints/{desk.told['number']}/actions"
    body = {"kind": "reply", "text": "Belum."}
    headers = {**desk.code, "Idempotency-Key": KEY}
    first = await desk.intake.http.post(path, json=body, headers=headers)
    desk.router_blanks()
    sent = len(desk.intake.publisher.sent)

    again = await desk.intake.http.post(path, json=body, headers=headers)

    assert (again.status_code, again.json()) == (202, first.json())
    assert len(desk.intake.publisher.sent) == sent


async def test_a_rating_without_words_is_taken_after_an_erasure(desk: Desk) -> None:
    desk.router_blanks()

    path = f"/v1/complaints/{desk.told['number']}/actions"
    body = {"kind": "rate", "rating": 2}
    answer = await desk.intake.http.post(path, json=body, headers=desk.code)

    assert answer.status_code == 202


@pytest.mark.parametrize("role", ["operator", "officer", "agency"])
async def test_nobody_erases_through_the_door_of_actions(desk: Desk, role: str) -> None:
    agency = "kab-3603" if role == "agency" else None
    key = await desk.intake.key(role, "lain", agency)

    path = f"/v1/complaints/{desk.told['number']}/actions"
    body = {"kind": "erase", "reason": "requested"}
    problem_of(await desk.intake.http.post(path, json=body, headers=key), 403, "not_allowed")

    assert not desk.requests()


async def test_the_ledger_holds_neither_words_nor_identity(intake: IntakeBench) -> None:
    told = await intake.accepted(reporter=REPORTER)
    record = Submitted.model_validate_json(intake.publisher.sent[-1].value)
    desk = Desk(intake, told, await intake.key("operator", "kantor"))

    await desk.decide()

    kept = intake.erasures.kept[desk.id].model_dump_json()
    for word in (record.complaint.text, "Siti", "0812", told["tracking_code"]):
        assert word not in kept

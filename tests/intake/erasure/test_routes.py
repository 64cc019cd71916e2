"""Erasures: asked for, decided, held, declined, listed."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.actions import Erase
from shared.contracts.case import ActorKind, ErasureReason
from tests.intake.cases.test_tracking import with_case
from tests.intake.conftest import IntakeBench, problem_of
from tests.intake.erasure.desk import Desk
from tests.support.builders import START

PERIOD = timedelta(hours=72)


@pytest.fixture
async def desk(intake: IntakeBench) -> Desk:
    # The newest entry holds the case: `with_case` routes it to kab-3603.
    told = await with_case(intake)
    return Desk(intake, told, await intake.key("operator", "kantor"))


async def test_an_operator_erases_and_sees_what_is_done_and_what_waits(desk: Desk) -> None:
    answer = await desk.decide(reason="by_order")

    assert answer.status_code == 202
    view = answer.json()
    assert (view["state"], view["reason"]) == ("erasing", "by_order")
    assert view["decided_by"] == {"kind": "operator", "code": "kantor"}
    assert view["waits_for"] == ["case", "institutions", "records"]
    assert "vault_deleted_at" in view
    assert desk.intake.store.vault == {}
    (asked,) = desk.requests()
    assert asked.action == Erase(reason=ErasureReason.BY_ORDER)
    assert (asked.actor.kind, asked.actor.code) == (ActorKind.OPERATOR, "kantor")
    assert asked.complaint_id == desk.id


async def test_a_reporter_asks_and_an_operator_must_decide(desk: Desk) -> None:
    answer = await desk.ask(reason="consent_withdrawn")

    assert answer.status_code == 202
    assert set(answer.json()) == {"number", "state", "reason", "asked_at", "restrict_by"}
    view = await desk.stands()
    assert (view["state"], view["waits_for"]) == ("asked", ["decision"])
    assert view["asked_by"] == {"kind": "reporter"}
    assert desk.intake.store.vault
    assert not desk.requests()

    decided = (await desk.decide()).json()
    assert (decided["state"], decided["reason"]) == ("erasing", "consent_withdrawn")
    assert decided["asked_by"] == {"kind": "reporter"}


async def test_the_deadline_runs_from_the_asking_and_only_while_something_is_to_be_done(
    desk: Desk,
) -> None:
    await desk.ask()
    assert desk.intake.erasures.kept[desk.id].restrict_by == START + PERIOD

    desk.intake.clock.advance(hours=72, seconds=60)
    await desk.turn()
    assert (await desk.stands())["overdue"] is True
    assert desk.gauge("salur_erasures_overdue") == 1
    assert desk.gauge("salur_erasures_oldest_open_seconds") == PERIOD.total_seconds() + 60

    await desk.decide()
    desk.router_blanks()
    await desk.turn()
    assert (await desk.stands())["overdue"] is False
    assert desk.gauge("salur_erasures", "fading") == 1
    assert desk.gauge("salur_erasures", "asked") == 0
    assert desk.gauge("salur_erasures_overdue") == 0
    assert desk.gauge("salur_erasures_oldest_open_seconds") == 0


async def test_a_legal_hold_waits_is_seen_and_can_be_ended(desk: Desk) -> None:
    await desk.ask()

    held = (await desk.decide(decision="hold")).json()
    await desk.turn()

    assert (held["state"], held["waits_for"]) == ("held", ["legal_hold"])
    assert desk.gauge("salur_erasures", "held") == 1
    assert desk.intake.store.vault
    assert not desk.requests()
    assert (await desk.decide(decision="erase")).json()["state"] == "erasing"
    assert desk.intake.store.vault == {}


async def test_what_was_declined_may_be_asked_for_again(desk: Desk) -> None:
    await desk.ask()
    assert (await desk.decide(decision="decline")).json()["state"] == "declined"
    desk.intake.clock.advance(days=10)

    again = (await desk.ask()).json()

    assert again["state"] == "asked"
    assert desk.intake.erasures.kept[desk.id].restrict_by == START + timedelta(days=10) + PERIOD


@pytest.mark.parametrize("decision", ["hold", "decline"])
async def test_what_is_being_erased_can_no_longer_be_stopped(desk: Desk, decision: str) -> None:
    await desk.decide()

    problem_of(await desk.decide(decision=decision), 409, "too_late")

    assert (await desk.stands())["state"] == "erasing"


async def test_both_may_repeat_and_meet_the_same_row(desk: Desk) -> None:
    first, second = (await desk.ask()).json(), (await desk.ask()).json()
    assert first == second

    assert (await desk.decide()).json() == (await desk.decide()).json()
    assert len(desk.requests()) == 1


@pytest.mark.parametrize("role", ["officer", "gateway", "agency"])
async def test_only_operators_decide_and_list(desk: Desk, role: str) -> None:
    agency = "kab-3603" if role == "agency" else None
    key = await desk.intake.key(role, "lain", agency)

    problem_of(await desk.intake.http.post(desk.path, json={}, headers=key), 403)
    problem_of(await desk.intake.http.get(desk.path, headers=key), 403)
    problem_of(await desk.intake.http.get("/v1/erasures", headers=key), 403)
    assert not desk.intake.erasures.kept


async def test_a_wrong_code_and_no_key_ask_for_nothing(desk: Desk) -> None:
    wrong = {"Tracking-Code": "0" * 21}

    problem_of(await desk.intake.http.post(desk.path, json={}, headers=wrong), 404)
    problem_of(await desk.intake.http.post(desk.path, json={}), 401)
    assert not desk.intake.erasures.kept


@pytest.mark.parametrize("wish", [{"reason": "by_order"}, {"reason": "x"}, {"reason": 1}])
async def test_a_reporter_gives_a_reporters_reason(desk: Desk, wish: dict[str, Any]) -> None:
    (error,) = problem_of(await desk.ask(**wish), 422)["errors"]

    assert error["pointer"] == "/reason"


async def test_a_body_may_be_missing_and_one_that_is_no_json_is_refused(desk: Desk) -> None:
    empty = await desk.intake.http.post(desk.path, headers=desk.code)
    assert empty.status_code == 202

    broken = await desk.intake.http.post(desk.path, content=b"{", headers=desk.operator)
    problem_of(broken, 400, "not_json")


async def test_what_nobody_asked_for_is_404(desk: Desk) -> None:
    answer = await desk.intake.http.get(desk.path, headers=desk.operator)

    problem_of(answer, 404, "not_asked_for")


async def test_the_list_has_all_states_or_those_asked_for_page_by_page(desk: Desk) -> None:
    await desk.decide(decision="hold")
    for number in range(2):
        told = await desk.intake.accepted(key=f"3f9c1c52-93d5-4a0e-9d7e-0a1b2c3d4e{number:02}")
        code = {"Tracking-Code": told["tracking_code"]}
        desk.intake.clock.advance(hours=1)
        path = f"/v1/complaints/{told['number']}/erasure"
        await desk.intake.http.post(path, json={}, headers=code)

    async def listed(**query: str) -> dict[str, Any]:
        answer = await desk.intake.http.get("/v1/erasures", params=query, headers=desk.operator)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    first = await listed(limit="2")
    second = await listed(limit="2", cursor=first["next"])
    assert [row["state"] for row in first["items"] + second["items"]] == ["held", "asked", "asked"]
    assert "next" not in second
    assert len((await listed(state="asked"))["items"]) == 2
    problem_of(await desk.intake.http.get("/v1/erasures?state=gone", headers=desk.operator), 422)

"""`POST /v1/complaints/{number}/actions` and `GET /v1/actions/{id}`."""

from typing import Any

import pytest

from shared.contracts.actions import AssignUnit, Complete, Route
from shared.contracts.case import ActorKind
from shared.contracts.events import ActionRequested, InputType
from shared.contracts.identifiers import action_id
from tests.intake.actions.conftest import FOLLOW_UP, Desk
from tests.intake.conftest import IntakeBench, problem_of
from tests.support.builders import START

BODIES: dict[str, dict[str, Any]] = {
    "route": {"kind": "route", "institution": "kab-3603"},
    "transfer": {"kind": "transfer", "text": "Bukan wewenang kami."},
    "return_to_reporter": {"kind": "return_to_reporter", "text": "Mohon foto."},
    "follow_up": FOLLOW_UP,
    "complete": {"kind": "complete", "text": "Sudah diperbaiki."},
    "supplement": {"kind": "supplement", "text": "Kata pelapor: di depan pasar."},
    "assign_unit": {"kind": "assign_unit", "unit": "Dinas PU"},
    "reply": {"kind": "reply", "text": "Kata pelapor: belum."},
    "reopen": {"kind": "reopen", "text": "Kata pelapor: rusak lagi."},
    "rate": {"kind": "rate", "rating": 4},
    "archive": {"kind": "archive", "reason": "spam"},
}
FROM_REPORTER = {"supplement", "reply", "reopen", "rate"}
ALLOWED = {
    "officer": set(BODIES) - {"follow_up", "complete", "rate"},
    "agency": set(BODIES) - FROM_REPORTER - {"route"},
    "operator": set(BODIES) - {"rate"},
    "gateway": set[str](),
}


async def test_an_action_is_published_with_its_stamped_actor(desk: Desk) -> None:
    answer = await desk.act(await desk.caller("agency"), key="1")

    sent = desk.intake.publisher.sent[-1]
    event = ActionRequested.model_validate_json(sent.value)
    expected = action_id("agency:kab-3603", desk.complaint_id, "1")
    assert answer.status_code == 202
    assert answer.json() == {
        "action_id": str(expected),
        "status_url": f"/v1/actions/{expected}",
    }
    assert (sent.ce_id, sent.ce_type) == (str(expected), InputType.ACTION)
    assert sent.key == str(desk.complaint_id).encode()
    assert (event.actor.kind, event.actor.code) == (ActorKind.AGENCY, "kab-3603")
    assert event.at == sent.ce_time == START


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("kind", BODIES)
async def test_each_role_may_do_its_own_actions_only(desk: Desk, role: str, kind: str) -> None:
    answer = await desk.act(await desk.caller(role), BODIES[kind])

    if kind in ALLOWED[role]:
        assert answer.status_code == 202
    else:
        # A gateway may complete complaints, but only its own.
        is_foreign = role == "gateway" and kind in FROM_REPORTER
        problem_of(answer, 404 if is_foreign else 403)
        assert desk.nothing_happened()


async def test_a_route_keeps_all_it_says(desk: Desk) -> None:
    body = BODIES["route"] | {"unit": "Dinas PU", "category": "jalan", "text": "Mohon segera."}
    body |= {"investigation": True}
    await desk.act(await desk.caller("officer"), body)

    event = ActionRequested.model_validate_json(desk.intake.publisher.sent[-1].value)
    assert event.action == Route.model_validate(body)
    assert b'"investigation":true' in desk.intake.publisher.sent[-1].value


async def test_an_officer_may_say_nothing_but_that_no_investigation_is_needed(desk: Desk) -> None:
    body = {"kind": "assign_unit", "investigation": False}
    answer = await desk.act(await desk.caller("officer"), body)

    event = ActionRequested.model_validate_json(desk.intake.publisher.sent[-1].value)
    assert answer.status_code == 202
    assert event.action == AssignUnit(investigation=False)


async def test_identity_in_an_action_is_masked(desk: Desk) -> None:
    body = {"kind": "complete", "text": "Pelapor 081234567890 sudah dihubungi."}
    await desk.act(await desk.caller("agency"), body)

    event = ActionRequested.model_validate_json(desk.intake.publisher.sent[-1].value)
    assert event.action == Complete(text="Pelapor [telepon] sudah dihubungi.")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/kind"),
        ({"kind": "rm -rf", "text": "x"}, "/kind"),
        ({"kind": "follow_up"}, "/text"),
        ({"kind": "follow_up", "text": "   "}, "/text"),
        ({"kind": "follow_up", "text": "é" * 4_097}, "/text"),
        ({"kind": "route", "institution": "dinas"}, "/institution"),
        ({"kind": "assign_unit"}, ""),
        ({"kind": "assign_unit", "unit": " "}, "/unit"),
        ({"kind": "assign_unit", "unit": "x" * 101}, "/unit"),
        ({"kind": "assign_unit", "category": "Jalan Raya"}, "/category"),
        ({"kind": "assign_unit", "investigation": "perhaps"}, "/investigation"),
        ({"kind": "reopen"}, "/text"),
        ({"kind": "reply", "text": "é" * 4_097}, "/text"),
        ({"kind": "archive"}, "/reason"),
        ({"kind": "archive", "reason": "malas"}, "/reason"),
        ({"kind": "erase"}, "/reason"),
    ],
)
async def test_a_faulty_action_is_422(desk: Desk, body: Any, pointer: str) -> None:
    (error,) = problem_of(await desk.act(await desk.caller("operator"), body), 422)["errors"]

    assert error["pointer"] == pointer
    assert "rm -rf" not in str(error)
    assert desk.nothing_happened()


async def test_a_unit_is_masked(desk: Desk) -> None:
    await desk.act(await desk.caller("agency"), {"kind": "assign_unit", "unit": "Budi 08123456789"})

    event = ActionRequested.model_validate_json(desk.intake.publisher.sent[-1].value)
    assert event.action == AssignUnit(unit="Budi [telepon]")


async def test_a_text_of_exactly_8_kb_is_taken(desk: Desk) -> None:
    body = {"kind": "follow_up", "text": "é" * 4_096}

    assert (await desk.act(await desk.caller("agency"), body)).status_code == 202


async def test_an_action_needs_a_key(desk: Desk) -> None:
    problem_of(await desk.act({}), 401)
    assert desk.nothing_happened()


async def test_an_action_on_an_unknown_complaint_is_404(desk: Desk) -> None:
    desk.number = "0" * 16

    problem_of(await desk.act(await desk.caller("agency")), 404)
    assert desk.nothing_happened()


async def test_an_action_on_what_kafka_never_took_is_404(intake: IntakeBench) -> None:
    intake.publisher.is_away = True
    await intake.submit()
    (receipt,) = intake.store.receipts.values()
    desk = Desk(intake, {"number": receipt.number or "", "complaint_id": str(receipt.id)})
    intake.publisher.is_away = False

    problem_of(await desk.act(await desk.caller("agency")), 404)
    assert not intake.publisher.sent


async def test_a_repeated_action_gets_the_first_answer(desk: Desk) -> None:
    caller = await desk.caller("agency")
    first = await desk.act(caller, key="1")
    desk.intake.clock.advance(hours=1)

    assert (await desk.act(caller, key="1")).json() == first.json()
    assert len(desk.intake.publisher.sent) == 2


async def test_an_unmarked_action_is_published_again_alike(desk: Desk) -> None:
    caller = await desk.caller("agency")
    await desk.intake.app.state.reception.stop()
    desk.intake.store.forgets_marks = True
    await desk.act(caller, key="1")
    desk.intake.clock.advance(hours=1)
    desk.intake.restart()

    await desk.act(caller, key="1")

    _, first, second = desk.intake.publisher.sent
    assert first == second


async def test_another_action_under_the_same_key_is_refused(desk: Desk) -> None:
    caller = await desk.caller("agency")
    await desk.act(caller, key="1")

    answer = await desk.act(caller, {**FOLLOW_UP, "kind": "complete"}, key="1")

    problem_of(answer, 422, "idempotency_key_reused")
    assert len(desk.intake.publisher.sent) == 2


async def test_without_kafka_an_action_is_503(desk: Desk) -> None:
    desk.intake.publisher.is_away = True

    problem_of(await desk.act(await desk.caller("agency")), 503)


@pytest.mark.parametrize("text", ["\u200b", "\u202a\u202c", "...", "\u3164", "\u2800"])
async def test_an_answer_that_says_nothing_is_refused(desk: Desk, text: str) -> None:
    answer = await desk.act(await desk.caller("agency"), {"kind": "complete", "text": text})

    (wrong,) = answer.json()["errors"]
    assert (answer.status_code, wrong["pointer"], wrong["code"]) == (422, "/text", "nothing_said")
    assert desk.nothing_happened()


async def test_the_words_of_an_action_travel_in_their_normal_form(desk: Desk) -> None:
    written = "\u202aＬａｍｐｕ\u200b sudah diganti.\u202c\n"
    await desk.act(await desk.caller("agency"), {"kind": "complete", "text": written})

    sent = ActionRequested.model_validate_json(desk.intake.publisher.sent[-1].value)
    assert sent.action.text == "Lampu sudah diganti."


async def test_a_text_that_grows_in_its_normal_form_keeps_its_bound(desk: Desk) -> None:
    answer = await desk.act(
        await desk.caller("agency"), {"kind": "complete", "text": "\ufdfa" * 2_000}
    )

    assert answer.json()["errors"][0]["code"] == "too_many_bytes"

"""A reporter completes the report: `supplement` with the tracking code, without an API key."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.contracts.actions import Supplement
from shared.contracts.case import (
    ActorKind,
    InputKind,
    Outcome,
    Place,
    Question,
    Refusal,
    Similar,
    Status,
)
from shared.contracts.events import ActionRequested, Submitted
from shared.contracts.identifiers import action_id, complaint_id, tracking_code, tracking_key
from tests.intake.conftest import KEY, SECRET, IntakeBench, case_of, entry, problem_of

ADDED = {"kind": "supplement", "text": "Di Kabupaten Tangerang."}
ASKED = Question(need="place", text="Di mana?", text_en="Where?")


class Reporter:
    """Somebody who has submitted a complaint and holds its code."""

    def __init__(self, intake: IntakeBench, told: dict[str, str]) -> None:
        self.intake = intake
        self.number = told["number"]
        self.complaint_id = UUID(told["complaint_id"])
        self.code = {"Tracking-Code": told["tracking_code"]}

    async def add(
        self, body: Any = ADDED, *, key: str | None = KEY, **headers: str
    ) -> httpx.Response:
        named = {**self.code, **headers, **({"Idempotency-Key": key} if key else {})}
        path = f"/v1/complaints/{self.number}/actions"
        return await self.intake.http.post(path, json=body, headers=named)

    async def outcome(self, action: object, headers: dict[str, str]) -> httpx.Response:
        return await self.intake.http.get(f"/v1/actions/{action}", headers=headers)

    async def view(self, **headers: str) -> Any:
        path = f"/v1/complaints/{self.number}"
        return (await self.intake.http.get(path, headers=headers or self.code)).json()

    def stands(self, *changes: dict[str, Any]) -> None:
        """Let the router have made the case, with these entries."""
        record = Submitted.model_validate_json(self.intake.publisher.sent[0].value)
        entries = [entry(seq, **each) for seq, each in enumerate(changes, start=1)]
        self.intake.store.cases[self.complaint_id] = case_of(record.complaint, *entries)

    def nothing_happened(self) -> bool:
        return len(self.intake.publisher.sent) == len(self.intake.store.receipts) == 1


@pytest.fixture
async def reporter(intake: IntakeBench) -> Reporter:
    return Reporter(intake, await intake.accepted())


async def test_a_supplement_is_published_as_the_reporters(reporter: Reporter) -> None:
    place = {"text": "Jl. Raya Serang", "region_code": "36.03"}

    answer = await reporter.add(ADDED | {"place": place})

    event = ActionRequested.model_validate_json(reporter.intake.publisher.sent[-1].value)
    assert answer.status_code == 202
    assert answer.json()["action_id"] == str(action_id("public", reporter.complaint_id, KEY))
    assert (event.actor.kind, event.actor.code) == (ActorKind.REPORTER, None)
    assert event.action == Supplement(text=ADDED["text"], place=Place(**place))


async def test_text_and_place_are_masked(reporter: Reporter) -> None:
    place = {"text": "Rumah Bu Siti 081234567890"}
    await reporter.add({**ADDED, "text": "NIK saya 3603123456789012", "place": place})

    sent = reporter.intake.publisher.sent[-1].value
    assert b"[NIK]" in sent
    assert b"Rumah Bu Siti [telepon]" in sent
    assert b"081234567890" not in sent


async def test_a_wrong_code_and_an_unknown_number_look_the_same(reporter: Reporter) -> None:
    wrong = tracking_code(tracking_key(SECRET.encode()), complaint_id("public", "other"))
    answers = [await reporter.add(**{"Tracking-Code": code}) for code in (wrong, "bukan kode", "")]
    reporter.number = "0" * 16
    answers.append(await reporter.add())

    assert len({answer.text for answer in answers}) == 1
    problem_of(answers[0], 404, "not_found")
    assert reporter.nothing_happened()


async def test_without_code_and_key_it_is_401(reporter: Reporter) -> None:
    reporter.code = {}

    problem_of(await reporter.add(), 401)
    assert reporter.nothing_happened()


async def test_a_wrong_key_beside_the_code_is_401(reporter: Reporter) -> None:
    problem_of(await reporter.add(Authorization="Bearer salur_x"), 401)
    assert reporter.nothing_happened()


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "route", "institution": "kab-3603"},
        {"kind": "transfer", "text": "x"},
        {"kind": "return_to_reporter", "text": "x"},
        {"kind": "follow_up", "text": "x"},
        {"kind": "complete", "text": "x"},
        {"kind": "assign_unit", "unit": "x"},
        {"kind": "archive", "reason": "withdrawn"},
    ],
    ids=lambda body: body["kind"],
)
async def test_a_reporter_may_do_nothing_else(reporter: Reporter, body: dict[str, str]) -> None:
    problem = problem_of(await reporter.add(body), 403, "not_allowed")

    assert "a Tracking-Code allows rate, reopen, reply, supplement;" in problem["detail"]
    assert reporter.nothing_happened()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"text": "é" * 4_097}, "/text"),
        ({"text": "  "}, "/text"),
        ({"place": {"region_code": "Banten"}}, "/place/region_code"),
        ({"place": {"latitude": 91}}, "/place/latitude"),
        ({"place": {"text": "x" * 501}}, "/place/text"),
    ],
    ids=str,
)
async def test_a_faulty_supplement_is_422(
    reporter: Reporter, change: dict[str, Any], pointer: str
) -> None:
    (error,) = problem_of(await reporter.add(ADDED | change), 422)["errors"]

    assert error["pointer"] == pointer
    assert reporter.nothing_happened()


async def test_a_body_beyond_its_bound_is_413(reporter: Reporter) -> None:
    problem_of(await reporter.add(ADDED | {"more": "x" * 256 * 1024}), 413)


async def test_a_reporters_key_must_be_a_uuid(reporter: Reporter) -> None:
    problem_of(await reporter.add(key="1"), 422, "key_must_be_uuid")
    assert reporter.nothing_happened()


async def test_a_repeat_gets_the_first_answer(reporter: Reporter) -> None:
    first = await reporter.add()

    assert (await reporter.add()).json() == first.json()
    problem_of(await reporter.add({**ADDED, "text": "x"}), 422, "idempotency_key_reused")
    assert len(reporter.intake.publisher.sent) == 2


async def test_the_reporter_reads_what_became_of_it(reporter: Reporter) -> None:
    action = (await reporter.add()).json()["action_id"]
    refusal = Refusal(code="wrong_status", detail="supplement is not possible while routed")

    assert (await reporter.outcome(action, reporter.code)).json()["status"] == "pending"
    reporter.stands({}, {"input_id": action, "outcome": Outcome.REFUSED, "refusal": refusal})

    view = (await reporter.outcome(action, reporter.code)).json()
    assert (view["status"], view["code"]) == ("refused", "wrong_status")


async def test_a_code_opens_the_actions_of_its_reporter_only(reporter: Reporter) -> None:
    own = (await reporter.add()).json()["action_id"]
    theirs = await reporter.intake.accepted(key=str(uuid4()))
    officer = await reporter.intake.key("officer")
    reporter.code = officer
    by_officer = (await reporter.add()).json()["action_id"]
    reporter.code = {"Tracking-Code": (await reporter.intake.accepted())["tracking_code"]}

    problem_of(await reporter.outcome(own, {"Tracking-Code": theirs["tracking_code"]}), 404)
    problem_of(await reporter.outcome(by_officer, reporter.code), 404)
    problem_of(await reporter.outcome(uuid4(), reporter.code), 404)
    problem_of(await reporter.outcome(own, {}), 401)
    assert (await reporter.outcome(own, officer)).status_code == 200


async def test_a_gateway_completes_what_it_submitted_and_nothing_else(intake: IntakeBench) -> None:
    own = await intake.key("gateway", "sms")
    told = (await intake.http.post("/v1/complaints", json={"text": "Halo pak"}, headers=own)).json()
    gateway = Reporter(intake, told)
    gateway.code = own

    assert (await gateway.add(key="1")).status_code == 202
    gateway.code = await intake.key("gateway", "app")
    problem_of(await gateway.add(key="1"), 404)
    event = ActionRequested.model_validate_json(intake.publisher.sent[-1].value)
    assert (event.actor.kind, event.actor.code) == (ActorKind.GATEWAY, "sms")


def triaged(*questions: Question) -> dict[str, Any]:
    first = entry()
    assert first.decision is not None
    unsure = first.decision.model_copy(update={"institution": None, "questions": questions})
    return {
        "outcome": Outcome.TRIAGED,
        "status": Status.UNVERIFIED,
        "institution": None,
        "decision": unsure,
    }


async def test_in_triage_the_reporter_sees_what_to_answer_and_no_guess(reporter: Reporter) -> None:
    refused = triaged() | {"outcome": Outcome.REFUSED, "decision": None}
    reporter.stands(triaged(ASKED), refused)

    view = await reporter.view()

    assert view["questions"] == [ASKED.model_dump()]
    assert "candidates" not in str(view)
    assert "region_code" not in str(view)


async def test_what_is_answered_or_routed_is_asked_no_more(reporter: Reporter) -> None:
    reporter.stands(triaged(ASKED), triaged())
    assert (await reporter.view())["questions"] == []

    routed = {"input": InputKind.ROUTE, "decision": None}
    reporter.stands(triaged(ASKED), routed)
    assert (await reporter.view())["questions"] == []


@pytest.mark.parametrize("role", ["officer", "operator"])
async def test_officers_see_guesses_questions_and_similar_reports(
    reporter: Reporter, role: str
) -> None:
    made = triaged(ASKED)
    similar = Similar(number="0" * 16, likeness=0.9)
    made["decision"] = made["decision"].model_copy(update={"similar": (similar,)})
    reporter.stands(made)

    view = await reporter.view(**await reporter.intake.key(role))

    (line,) = view["timeline"]
    assert line["decision"]["candidates"][0]["institution"] == "prov-36"
    assert line["decision"]["questions"] == [ASKED.model_dump()]
    assert line["decision"]["similar"] == [similar.model_dump(exclude_none=True)]

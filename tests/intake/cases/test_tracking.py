"""`GET /v1/complaints/{number}`: who sees what, and when."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.contracts.case import InputKind, Outcome, Refusal, Status
from shared.contracts.events import Submitted
from shared.contracts.identifiers import complaint_id, tracking_code, tracking_key
from tests.intake.conftest import SECRET, IntakeBench, case_of, entry, problem_of


async def track(intake: IntakeBench, number: str, **headers: str) -> httpx.Response:
    return await intake.http.get(f"/v1/complaints/{number}", headers=headers)


async def with_case(intake: IntakeBench, *changes: dict[str, Any], **form: Any) -> dict[str, str]:
    """Accept a complaint and let the router have made its case."""
    told = await intake.accepted(**form)
    record = Submitted.model_validate_json(intake.publisher.sent[-1].value)
    entries = [entry(seq, **each) for seq, each in enumerate(changes or ({},), start=1)]
    intake.store.cases[UUID(told["complaint_id"])] = case_of(record.complaint, *entries)
    return told


def code(told: dict[str, str]) -> dict[str, str]:
    return {"Tracking-Code": told["tracking_code"]}


async def test_a_reporter_sees_an_accepted_complaint_at_once(intake: IntakeBench) -> None:
    told = await intake.accepted()

    answer = await track(intake, told["number"], **code(told))

    assert answer.json().items() >= {"number": told["number"], "status": "accepted"}.items()


async def test_another_intake_shows_it_at_once_too(intake: IntakeBench) -> None:
    told = await intake.accepted()
    intake.restart()  # another process: it remembers nothing of the answer

    answer = await track(intake, told["number"], **code(told))

    assert answer.json()["status"] == "accepted"


async def test_what_kafka_never_took_does_not_exist(intake: IntakeBench) -> None:
    intake.publisher.is_away = True
    await intake.submit()
    (receipt,) = intake.store.receipts.values()
    assert receipt.number
    own = tracking_code(tracking_key(SECRET.encode()), receipt.id)

    problem_of(await track(intake, receipt.number, **{"Tracking-Code": own}), 404)


async def test_a_reporter_sees_status_institution_and_timeline(intake: IntakeBench) -> None:
    told = await with_case(
        intake,
        {},
        {
            "input": InputKind.FOLLOW_UP,
            "outcome": Outcome.FOLLOWED_UP,
            "status": Status.IN_PROGRESS,
            "text": "Sudah ditinjau.",
            "decision": None,
        },
    )

    view = (await track(intake, told["number"], **code(told))).json()

    assert (view["status"], view["institution"]) == ("in_progress", "kab-3603")
    assert [line["outcome"] for line in view["timeline"]] == ["routed", "followed_up"]
    assert view["timeline"][1]["text"] == "Sudah ditinjau."
    assert set(view["timeline"][0]) <= {"seq", "outcome", "at", "institution", "text"}


@pytest.mark.parametrize("mark", [True, None])
async def test_a_reporter_sees_whether_an_investigation_is_needed(
    intake: IntakeBench, mark: bool | None
) -> None:
    told = await with_case(intake, {"investigation": mark})

    view = (await track(intake, told["number"], **code(told))).json()

    assert view.get("investigation") is mark


async def test_a_reporter_sees_no_refused_input(intake: IntakeBench) -> None:
    refused = {
        "outcome": Outcome.REFUSED,
        "refusal": Refusal(code="not_yours", detail="the case is not yours"),
        "text": "rahasia",
    }
    told = await with_case(intake, {}, refused)

    answer = await track(intake, told["number"], **code(told))

    assert [line["seq"] for line in answer.json()["timeline"]] == [1]
    assert "rahasia" not in answer.text


async def test_a_code_may_be_typed_carelessly(intake: IntakeBench) -> None:
    told = await intake.accepted()
    typed = "-".join(told["tracking_code"][at : at + 7] for at in (0, 7, 14)).lower()

    assert (await track(intake, told["number"], **{"Tracking-Code": typed})).status_code == 200


async def test_a_number_may_be_typed_in_lower_case(intake: IntakeBench) -> None:
    told = await intake.accepted()

    answer = await track(intake, told["number"].lower(), **code(told))

    assert answer.json()["number"] == told["number"]


async def test_a_wrong_code_and_an_unknown_number_look_the_same(intake: IntakeBench) -> None:
    told = await intake.accepted()
    wrong = tracking_code(tracking_key(SECRET.encode()), complaint_id("public", "other"))

    answers = [
        await track(intake, told["number"], **{"Tracking-Code": wrong}),
        await track(intake, told["number"], **{"Tracking-Code": "bukan kode"}),
        await track(intake, told["number"], **{"Tracking-Code": ""}),
        await track(intake, "0" * 16, **code(told)),
        await track(intake, "bukan-nomor", **code(told)),
    ]

    assert len({answer.text for answer in answers}) == 1
    problem_of(answers[0], 404, "not_found")


async def test_without_code_and_key_nothing_is_told(intake: IntakeBench) -> None:
    told = await intake.accepted()

    problem_of(await track(intake, told["number"]), 401)


@pytest.mark.parametrize("role", ["officer", "operator"])
async def test_officers_see_decisions_and_candidates(intake: IntakeBench, role: str) -> None:
    told = await with_case(intake)

    answer = await track(intake, told["number"], **await intake.key(role, "triase"))

    (line,) = answer.json()["timeline"]
    assert line["decision"]["candidates"][0]["institution"] == "prov-36"
    assert line["actor"] == "router"


@pytest.mark.parametrize("role", ["officer", "operator"])
async def test_who_sees_a_whole_case_is_an_entry_of_the_audit_first(
    intake: IntakeBench, role: str
) -> None:
    told = await with_case(intake)
    key = await intake.key(role, "triase")

    await track(intake, told["number"], **key)
    await track(intake, "0" * 16, **key)
    await track(intake, told["number"], **code(told))

    (row,) = intake.audit.rows
    assert (row.action, row.role, row.name) == ("case_read", role, "triase")
    assert (row.number, str(row.complaint_id)) == (told["number"], told["complaint_id"])
    intake.audit.away.add("add")
    problem_of(await track(intake, told["number"], **key), 503)


async def test_an_agency_sees_what_it_holds_and_nothing_else(intake: IntakeBench) -> None:
    moved = {"institution": "prov-36", "previous": "kab-3603", "outcome": Outcome.TRANSFERRED}
    told = await with_case(intake, {}, moved)
    former = await intake.key("agency", "pemkab", agency="kab-3603")
    present = await intake.key("agency", "pemprov", agency="prov-36")

    answer = await track(intake, told["number"], **present)

    assert answer.json()["institution"] == "prov-36"
    assert "candidates" not in answer.text
    problem_of(await track(intake, told["number"], **former), 404)


async def test_an_agency_sees_nothing_before_there_is_a_case(intake: IntakeBench) -> None:
    told = await intake.accepted()
    key = await intake.key("agency", "pemkab", agency="kab-3603")

    problem_of(await track(intake, told["number"], **key), 404)


async def test_a_gateway_sees_only_what_it_submitted(intake: IntakeBench) -> None:
    own = await intake.key("gateway", "sms")
    told = (await intake.http.post("/v1/complaints", json={"text": "Halo pak"}, headers=own)).json()

    assert (await track(intake, told["number"], **own)).status_code == 200
    problem_of(await track(intake, told["number"], **await intake.key("gateway", "app")), 404)


async def test_while_the_database_is_away_the_answer_is_503(intake: IntakeBench) -> None:
    told = await intake.accepted()
    intake.store.away.add("receipt_of")

    problem_of(await track(intake, told["number"], **code(told)), 503)

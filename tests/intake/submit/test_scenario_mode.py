"""Scenario mode: a trusted caller may say when something happened; nobody else, and never else."""

import json
from typing import Any

import pytest

from shared.contracts.events import ActionRequested, Submitted
from tests.intake.conftest import KEY, TEXT, IntakeBench
from tests.support.builders import START

THEN = "2022-03-01T09:30:00+07:00"
MOMENT = "2022-03-01 02:30:00+00:00"
FOLLOW_UP = {"kind": "follow_up", "text": "Petugas meninjau."}


@pytest.fixture
def scenario(intake: IntakeBench) -> IntakeBench:
    intake.restart(scenario=True)
    return intake


async def submit(
    intake: IntakeBench, headers: dict[str, str], *, occurred_at: Any = THEN
) -> dict[str, Any]:
    answer = await intake.http.post(
        "/v1/complaints",
        json={"text": TEXT, "occurred_at": occurred_at},
        headers={"Idempotency-Key": KEY} | headers,
    )
    body: dict[str, Any] = answer.json()
    return {"http": answer.status_code} | body


def received(intake: IntakeBench, place: int = 0) -> str:
    value = intake.publisher.sent[place].value
    return str(Submitted.model_validate_json(value or b"").complaint.received_at)


async def trusted(intake: IntakeBench, role: str = "gateway") -> dict[str, str]:
    return await intake.key(role, "replay", scopes=["trusted"])


async def test_a_trusted_caller_says_when_a_complaint_was_received(scenario: IntakeBench) -> None:
    told = await submit(scenario, await trusted(scenario))

    assert told["http"] == 202
    assert received(scenario) == MOMENT


async def test_each_line_of_a_batch_has_its_own_time(scenario: IntakeBench) -> None:
    lines = [{"text": TEXT, "occurred_at": THEN}, {"text": TEXT}]

    await scenario.http.post(
        "/v1/complaints:batch",
        content="\n".join(map(json.dumps, lines)),
        headers=await trusted(scenario),
    )

    assert [received(scenario, 0), received(scenario, 1)] == [MOMENT, str(START)]


async def test_a_trusted_operator_says_when_an_action_was_taken(scenario: IntakeBench) -> None:
    told = await submit(scenario, await trusted(scenario))

    answer = await scenario.http.post(
        f"/v1/complaints/{told['number']}/actions",
        json=FOLLOW_UP | {"occurred_at": THEN},
        headers=await trusted(scenario, "operator"),
    )

    assert answer.status_code == 202
    request = ActionRequested.model_validate_json(scenario.publisher.sent[1].value or b"")
    assert str(request.at) == MOMENT


@pytest.mark.parametrize("role", ["public", "gateway"])
@pytest.mark.parametrize("occurred_at", [THEN, "yesterday", 7])
async def test_from_anybody_else_the_time_is_an_unknown_field(
    scenario: IntakeBench, role: str, occurred_at: object
) -> None:
    headers = {} if role == "public" else await scenario.key(role)

    told = await submit(scenario, headers, occurred_at=occurred_at)

    assert told["http"] == 202
    assert received(scenario) == str(START)


@pytest.mark.parametrize("occurred_at", [THEN, "yesterday", 7])
async def test_outside_scenario_mode_the_time_is_an_unknown_field(
    intake: IntakeBench, occurred_at: object
) -> None:
    told = await submit(intake, await trusted(intake), occurred_at=occurred_at)

    assert told["http"] == 202
    assert received(intake) == str(START)


@pytest.mark.parametrize("occurred_at", ["yesterday", "2022-03-01T09:30:00"])
async def test_a_time_that_is_none_is_refused(scenario: IntakeBench, occurred_at: str) -> None:
    told = await submit(scenario, await trusted(scenario), occurred_at=occurred_at)

    assert told["http"] == 422
    assert [error["pointer"] for error in told["errors"]] == ["/occurred_at"]


async def test_the_same_key_with_another_time_is_another_body(scenario: IntakeBench) -> None:
    headers = await trusted(scenario)
    await submit(scenario, headers)

    told = await submit(scenario, headers, occurred_at="2022-03-02T09:30:00+07:00")

    assert told["http"] == 422

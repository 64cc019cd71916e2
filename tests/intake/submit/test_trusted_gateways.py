"""Institution and category that a trusted gateway names are given; from others they are not."""

import json
from typing import Any

import pytest

from shared.contracts.case import Complaint
from shared.contracts.events import Submitted
from tests.intake.conftest import KEY, TEXT, IntakeBench

NAMED = {"institution": "kab-3603", "category": "roads.street_light"}


def sent(intake: IntakeBench) -> list[Complaint]:
    return [Submitted.model_validate_json(one.value).complaint for one in intake.publisher.sent]


async def submit(intake: IntakeBench, headers: dict[str, str], **form: Any) -> None:
    answer = await intake.http.post(
        "/v1/complaints",
        json={"text": TEXT} | form,
        headers={"Idempotency-Key": KEY} | headers,
    )
    assert answer.status_code == 202


async def trusted(intake: IntakeBench) -> dict[str, str]:
    return await intake.key("gateway", "sms", scopes=["trusted"])


@pytest.mark.parametrize(
    "form", [NAMED, {"institution": "kab-3603"}, {"category": "roads"}], ids=str
)
async def test_what_a_trusted_gateway_names_is_given(
    intake: IntakeBench, form: dict[str, str]
) -> None:
    await submit(intake, await trusted(intake), **form)

    assert sent(intake)[0].given


async def test_a_trusted_gateway_that_names_nothing_gives_nothing(intake: IntakeBench) -> None:
    await submit(intake, await trusted(intake))

    assert not sent(intake)[0].given


@pytest.mark.parametrize("role", ["public", "gateway", "officer", "operator"])
async def test_from_anybody_else_nothing_is_given_whatever_they_send(
    intake: IntakeBench, role: str
) -> None:
    headers = {} if role == "public" else await intake.key(role)

    await submit(intake, headers, **NAMED, given=True, scopes=["trusted"])

    (complaint,) = sent(intake)
    assert not complaint.given
    assert (complaint.institution, complaint.category) == tuple(NAMED.values())


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_the_door_of_batches_judges_alike(intake: IntakeBench, is_trusted: bool) -> None:
    headers = await trusted(intake) if is_trusted else await intake.key("gateway")
    lines = [{"text": TEXT, **NAMED, "given": True}, {"text": TEXT, "given": True}]

    await intake.http.post(
        "/v1/complaints:batch", content="\n".join(map(json.dumps, lines)), headers=headers
    )

    given = {complaint.institution: complaint.given for complaint in sent(intake)}
    assert given == {"kab-3603": is_trusted, None: False}


async def test_a_repeat_with_another_key_of_the_gateway_sends_the_same_record(
    intake: IntakeBench,
) -> None:
    await submit(intake, await trusted(intake), **NAMED)
    await intake.app.state.reception.stop()
    (receipt,) = intake.store.receipts
    intake.store.unmark(receipt)
    intake.restart()

    await submit(intake, await intake.key("gateway", "sms"), **NAMED)

    first, second = intake.publisher.sent
    assert first == second

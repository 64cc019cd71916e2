"""The doors take a valid `traceparent` on, and what institutions write keeps its own."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.intake.handlers import ActionHandler
from shared.work import Item
from tests.builders import FakeRecord
from tests.intake.conftest import KEY, TEXT, IntakeBench

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def submit(intake: IntakeBench, traceparent: str | None, **more: Any) -> None:
    headers = {"Idempotency-Key": KEY} | ({"traceparent": traceparent} if traceparent else {})
    answer = await intake.http.post("/v1/complaints", json={"text": TEXT} | more, headers=headers)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("given", "carried"),
    [(GIVEN, GIVEN), (None, None), ("hostile", None), (GIVEN.upper(), None)],
)
async def test_the_record_carries_a_valid_trace_and_nothing_else(
    intake: IntakeBench, given: str | None, carried: str | None
) -> None:
    await submit(intake, given)

    (sent,) = intake.publisher.sent
    assert sent.trace == carried


async def test_a_trace_ends_with_its_request(intake: IntakeBench) -> None:
    await submit(intake, GIVEN)
    await intake.submit(key="6f1c1a52-0000-4000-8000-000000000002")

    assert [sent.trace for sent in intake.publisher.sent] == [GIVEN, None]


async def test_every_line_of_a_batch_is_of_its_requests_trace(intake: IntakeBench) -> None:
    gateway = await intake.key("gateway")
    lines = "\n".join(json.dumps({"text": f"{TEXT} {number}"}) for number in range(3))

    answer = await intake.http.post(
        "/v1/complaints:batch", content=lines, headers={**gateway, "traceparent": GIVEN}
    )

    assert answer.status_code == 200
    assert [sent.trace for sent in intake.publisher.sent] == [GIVEN] * 3


async def test_a_repeat_is_the_same_record_in_another_trace(intake: IntakeBench) -> None:
    await submit(intake, None)
    intake.restart()
    intake.store.unmark(next(iter(intake.store.receipts)))
    await submit(intake, GIVEN)

    first, second = intake.publisher.sent
    assert replace(second, trace=None) == first
    assert second.trace == GIVEN


async def test_an_institutions_record_and_its_refusal_carry_the_records_trace(
    intake: IntakeBench,
) -> None:
    handler = ActionHandler(intake.store, intake.clock, intake.telemetry)
    known = UUID((await intake.accepted())["complaint_id"])
    items = []
    for complaint in (known, UUID(int=7)):
        body = {"complaint_id": str(complaint), "action": {"kind": "follow_up", "text": "Ya."}}
        record = FakeRecord(topic="agency-kab-3603-action", value=json.dumps(body).encode())
        items.append(Item(record, handler.decode(record), GIVEN))

    work = await handler.handle(items)

    assert [one.topic for one in work.publications] == ["complaint-input", "agency-kab-3603"]
    assert [one.trace for one in work.publications] == [GIVEN, GIVEN]

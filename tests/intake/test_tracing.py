"""No `traceparent` from outside reaches a record: a trace of our own begins, linked to it."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.intake.handlers import ActionHandler
from shared.stage.handler import DecodedRecord
from shared.telemetry.tracing import Kind, Span, Tracing
from tests.intake.conftest import KEY, TEXT, IntakeBench
from tests.support.builders import FakeRecord

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Numbered(Tracing):
    """Begins a trace of its own for each request, and notes what came from outside."""

    def __init__(self) -> None:
        self.outside: list[str | None] = []

    def enter(self, name: str, given: str | None, *, kind: Kind) -> Span:
        self.outside.append(given)
        return Span(self.trace(len(self.outside)))

    def trace(self, number: int) -> str:
        return f"00-{number:032x}-{number:016x}-01"


async def submit(intake: IntakeBench, traceparent: str | None, **more: Any) -> None:
    headers = {"Idempotency-Key": KEY} | ({"traceparent": traceparent} if traceparent else {})
    answer = await intake.http.post("/v1/complaints", json={"text": TEXT} | more, headers=headers)
    assert answer.status_code == 202


@pytest.mark.parametrize("role", [None, "gateway", "operator"])
async def test_no_record_carries_a_trace_from_outside(
    intake: IntakeBench, role: str | None
) -> None:
    key = await intake.key(role) if role else {}

    answer = await intake.http.post(
        "/v1/complaints", json={"text": TEXT}, headers={**key, "traceparent": GIVEN}
    )

    assert answer.status_code == 202
    assert [sent.trace for sent in intake.publisher.sent] == [None]


async def test_a_record_carries_the_trace_that_begins_at_the_door(intake: IntakeBench) -> None:
    tracing = Numbered()
    intake.restart_traced(tracing)

    await submit(intake, GIVEN)
    await intake.submit(key="6f1c1a52-0000-4000-8000-000000000002")

    assert tracing.outside == [GIVEN, None]
    assert [sent.trace for sent in intake.publisher.sent] == [tracing.trace(1), tracing.trace(2)]


async def test_every_line_of_a_batch_is_of_its_requests_trace(intake: IntakeBench) -> None:
    tracing = Numbered()
    intake.restart_traced(tracing)
    gateway = await intake.key("gateway")
    lines = "\n".join(json.dumps({"text": f"{TEXT} {number}"}) for number in range(3))

    answer = await intake.http.post("/v1/complaints:batch", content=lines, headers=gateway)

    assert answer.status_code == 200
    assert [sent.trace for sent in intake.publisher.sent] == [tracing.trace(1)] * 3


async def test_a_repeat_is_the_same_record_in_another_trace(intake: IntakeBench) -> None:
    await submit(intake, None)
    tracing = Numbered()
    intake.restart_traced(tracing)
    intake.store.unmark(next(iter(intake.store.receipts)))
    await submit(intake, GIVEN)

    first, second = intake.publisher.sent
    assert replace(second, trace=None) == first
    assert second.trace == tracing.trace(1)


async def test_an_institutions_record_and_its_refusal_are_of_the_trace_begun_for_it(
    intake: IntakeBench,
) -> None:
    handler = ActionHandler(intake.store, intake.clock, intake.telemetry)
    known = UUID((await intake.accepted())["complaint_id"])
    items = []
    for complaint in (known, UUID(int=7)):
        body = {"complaint_id": str(complaint), "action": {"kind": "follow_up", "text": "Ya."}}
        record = FakeRecord(topic="agency-kab-3603-action", value=json.dumps(body).encode())
        items.append(DecodedRecord(record, handler.decode(record), GIVEN))

    work = await handler.handle(items)

    assert [one.topic for one in work.publications] == ["complaint-input", "agency-kab-3603"]
    assert [one.trace for one in work.publications] == [GIVEN, GIVEN]

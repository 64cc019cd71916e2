"""`POST /v1/complaints:batch`: one result a line, in order; each line for itself."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.intake.conftest import KEY, TEXT, IntakeBench, problem_of

OTHER = KEY.replace("3", "4")


def lines_of(*forms: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(form).encode() + b"\n" for form in forms)


async def post(intake: IntakeBench, body: bytes, **headers: str) -> httpx.Response:
    return await intake.http.post("/v1/complaints:batch", content=body, headers=headers)


async def results(intake: IntakeBench, body: bytes, **headers: str) -> Sequence[dict[str, Any]]:
    answer = await post(intake, body, **headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_each_line_gets_its_result_in_order(intake: IntakeBench) -> None:
    body = b"\n".join(
        [
            json.dumps({"text": TEXT, "idempotency_key": KEY}).encode(),
            b"{broken",
            b"",
            json.dumps({"text": "x", "channel": "fax"}).encode(),
            json.dumps({"text": TEXT, "idempotency_key": "17"}).encode(),
            json.dumps({"text": TEXT + " " * 262_144}).encode(),
            json.dumps({"text": TEXT}).encode(),
        ]
    )

    found = await results(intake, body)

    assert [line["status"] for line in found] == [202, 400, 400, 422, 422, 413, 202]
    assert {error["pointer"] for error in found[3]["errors"]} == {"/text", "/channel"}
    assert found[4]["errors"][0]["pointer"] == "/idempotency_key"
    assert len(intake.publisher.sent) == len(intake.store.receipts) == len(intake.store.vault) == 2


async def test_a_line_is_answered_like_a_single_complaint(intake: IntakeBench) -> None:
    (line,) = await results(intake, lines_of({"text": TEXT, "idempotency_key": KEY}))

    assert line == {"status": 202, **await intake.accepted()}
    assert len(intake.publisher.sent) == 1


async def test_two_lines_with_one_key_and_body_are_one_complaint(intake: IntakeBench) -> None:
    same = {"text": TEXT, "idempotency_key": KEY}

    first, second = await results(intake, lines_of(same, same))

    assert first == second
    assert first["status"] == 202
    assert len(intake.publisher.sent) == 1


async def test_two_lines_with_one_key_and_two_bodies_are_one_complaint(
    intake: IntakeBench,
) -> None:
    body = lines_of(*({"text": TEXT + end, "idempotency_key": KEY} for end in ("", "!")))

    first, second = await results(intake, body)

    assert (first["status"], second["status"]) == (202, 422)
    assert second["code"] == "idempotency_key_reused"


async def test_a_line_whose_first_request_is_in_hand_is_a_conflict(intake: IntakeBench) -> None:
    intake.publisher.open.clear()
    first = asyncio.create_task(intake.submit())
    while not intake.store.receipts:
        await asyncio.sleep(0)
    body = lines_of({"text": TEXT, "idempotency_key": KEY}, {"text": TEXT, "idempotency_key": "?"})

    found = await results(intake, body)

    assert [line["status"] for line in found] == [409, 422]
    intake.publisher.open.set()
    assert (await first).status_code == 202


async def test_a_line_that_kafka_did_not_take_is_503(intake: IntakeBench) -> None:
    intake.publisher.is_away = True

    (line,) = await results(intake, lines_of({"text": TEXT}))

    assert (line["status"], line["code"]) == (503, "unavailable")


async def test_a_thousand_lines_are_taken(intake: IntakeBench) -> None:
    found = await results(intake, lines_of(*({"text": TEXT} for _ in range(1_000))))

    assert {line["status"] for line in found} == {202}
    assert len({line["number"] for line in found}) == len(intake.publisher.sent) == 1_000


@pytest.mark.parametrize("end", [b"", b"\n", b"\n" * 1_000])
async def test_more_than_a_thousand_lines_are_413(intake: IntakeBench, end: bytes) -> None:
    body = lines_of(*({"text": TEXT} for _ in range(1_001))).removesuffix(b"\n") + end

    problem_of(await post(intake, body), 413, "too_many_lines")
    assert intake.nothing_happened()


async def test_a_body_beyond_its_bound_is_413(intake: IntakeBench) -> None:
    intake.restart(most_batch_body=1_000)

    problem_of(await post(intake, lines_of({"text": TEXT * 50})), 413, "too_large")
    assert intake.nothing_happened()


async def test_an_empty_body_is_400(intake: IntakeBench) -> None:
    problem_of(await post(intake, b""), 400, "no_lines")


async def test_lines_may_end_as_on_windows(intake: IntakeBench) -> None:
    body = lines_of({"text": TEXT}, {"text": TEXT}).replace(b"\n", b"\r\n")

    assert [line["status"] for line in await results(intake, body)] == [202, 202]


async def test_a_wrong_api_key_refuses_the_whole_batch(intake: IntakeBench) -> None:
    problem_of(await post(intake, lines_of({"text": TEXT}), Authorization="Bearer x"), 401)
    assert intake.nothing_happened()


async def test_callers_with_a_key_choose_keys_freely(intake: IntakeBench) -> None:
    headers = await intake.key("gateway", "sms")

    (line,) = await results(intake, lines_of({"text": TEXT, "idempotency_key": "17"}), **headers)

    assert line["status"] == 202


async def test_too_many_batches_at_once_are_503(intake: IntakeBench) -> None:
    intake.restart(most_batches=1)
    intake.publisher.open.clear()
    first = asyncio.create_task(post(intake, lines_of({"text": TEXT})))
    while not intake.store.receipts:
        await asyncio.sleep(0)

    problem_of(await post(intake, lines_of({"text": TEXT})), 503)

    intake.publisher.open.set()
    assert (await first).status_code == 200
    assert (await post(intake, lines_of({"text": TEXT}))).status_code == 200
    assert len(intake.store.receipts) == 2

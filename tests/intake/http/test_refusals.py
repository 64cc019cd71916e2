"""The faulty requests: each has its own answer and leaves nothing behind."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from services.intake.submit.records import VaultRow
from tests.intake.conftest import KEY, TEXT, IntakeBench, problem_of


@pytest.fixture
async def refused(intake: IntakeBench) -> AsyncIterator[IntakeBench]:
    """Yield a service that must have kept and published nothing afterwards."""
    yield intake
    assert intake.nothing_happened()


async def post(intake: IntakeBench, content: bytes, **headers: str) -> Any:
    return await intake.http.post("/v1/complaints", content=content, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"text=halo",
        b'{"text": "abc',
        b"\xff\xfe\x00",
        b'{"text": "\xff\xff\xff\xff\xff"}',
        b'{"text": "\\ud800 rusak"}',
        b"[" * 5_000,
    ],
)
async def test_what_is_no_json_is_400(refused: IntakeBench, body: bytes) -> None:
    problem_of(await post(refused, body), 400, "not_json")


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("text", None, "/text"),
        ("text", 12_345, "/text"),
        ("text", "abcd", "/text"),
        ("text", "   abcd   ", "/text"),
        ("text", "x" * 50_001, "/text"),
        ("title", "x" * 501, "/title"),
        ("title", ["a"], "/title"),
        ("type", "rant", "/type"),
        ("channel", "fax", "/channel"),
        ("occurred_on", "kemarin", "/occurred_on"),
        ("occurred_on", 20_260_301, "/occurred_on"),
        ("occurred_on", "2026-02-30", "/occurred_on"),
        ("place", "Tigaraksa", "/place"),
        ("place", {"text": "x" * 501}, "/place/text"),
        ("place", {"region_code": "Banten"}, "/place/region_code"),
        ("place", {"latitude": 91}, "/place/latitude"),
        ("place", {"latitude": "6"}, "/place/latitude"),
        ("place", {"longitude": -181}, "/place/longitude"),
        ("institution", "dinas-pu", "/institution"),
        ("institution", "kab-36.03", "/institution"),
        ("category", "x" * 501, "/category"),
        ("anonymous", "ya", "/anonymous"),
        ("secret", 1, "/secret"),
        ("reporter", [], "/reporter"),
        ("reporter", {"name": "x" * 201}, "/reporter/name"),
        ("reporter", {"phone": 812}, "/reporter/phone"),
        ("reporter", {"nik": "1" * 33}, "/reporter/nik"),
    ],
)
async def test_wrong_types_and_values_are_422(
    refused: IntakeBench, field: str, value: object, pointer: str
) -> None:
    body = json.dumps({"text": TEXT, field: value}).encode()

    (error,) = problem_of(await post(refused, body), 422, "invalid_fields")["errors"]

    assert error["pointer"] == pointer
    assert error["code"]
    assert error["detail"]


async def test_not_a_number_is_no_latitude(refused: IntakeBench) -> None:
    body = b'{"text": "Jalan rusak", "place": {"latitude": NaN}}'

    answer = await post(refused, body)

    assert answer.status_code in (400, 422)


async def test_what_is_no_object_is_422(refused: IntakeBench) -> None:
    (error,) = problem_of(await post(refused, b"[]"), 422)["errors"]

    assert error["pointer"] == ""


async def test_all_wrong_fields_are_told_at_once(refused: IntakeBench) -> None:
    answer = await refused.submit(text="x", channel="fax", place={"latitude": 99, "longitude": 999})

    pointers = {error["pointer"] for error in problem_of(answer, 422)["errors"]}
    assert pointers == {"/text", "/channel", "/place/latitude", "/place/longitude"}


async def test_no_answer_quotes_what_was_sent(refused: IntakeBench) -> None:
    word = "RAHASIA-3603011203800001"
    answer = await refused.submit(
        text=[word], type=word, occurred_on=word, institution=word, reporter={"name": {word: 1}}
    )

    assert len(problem_of(answer, 422)["errors"]) == 5
    assert word not in answer.text


async def test_a_declared_length_beyond_the_bound_is_413(refused: IntakeBench) -> None:
    body = json.dumps({"text": TEXT, "padding": "x" * 262_144}).encode()

    problem_of(await post(refused, body), 413, "too_large")


async def test_a_body_is_counted_while_it_arrives(refused: IntakeBench) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 65_536

    problem_of(await refused.http.post("/v1/complaints", content=endless()), 413, "too_large")
    assert taken == 5


async def test_a_body_at_the_bound_is_read(intake: IntakeBench) -> None:
    body = json.dumps({"text": TEXT}).encode().ljust(262_144)

    assert (await post(intake, body)).status_code == 202


async def test_a_body_that_does_not_come_is_408(refused: IntakeBench) -> None:
    refused.restart(body_seconds=0.05)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    problem_of(await refused.http.post("/v1/complaints", content=stalled()), 408)


@pytest.mark.parametrize("key", ["", "dengan spasi", "x" * 201, "kunci\u00e9"])
async def test_an_unfit_idempotency_key_is_422(refused: IntakeBench, key: str) -> None:
    headers = await refused.key("gateway") | {"Idempotency-Key": key.encode("latin-1")}

    answer = await refused.http.post("/v1/complaints", json={"text": TEXT}, headers=headers)  # type: ignore[arg-type]

    problem_of(answer, 422, "invalid_idempotency_key")


@pytest.mark.parametrize("key", ["17", KEY[:-1], "{" + KEY[1:-1] + "}", KEY.replace("-", "x")])
async def test_the_public_must_use_a_uuid(refused: IntakeBench, key: str) -> None:
    problem_of(await refused.submit(key=key), 422, "key_must_be_uuid")


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer x", "Basic eDp5", f"Bearer salur_{'0' * 12}_{'0' * 64}", ""],
)
async def test_a_wrong_key_is_401(refused: IntakeBench, authorization: str) -> None:
    answer = await refused.http.post(
        "/v1/complaints", json={"text": TEXT}, headers={"Authorization": authorization}
    )

    problem_of(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_right_key_with_a_wrong_secret_is_401(refused: IntakeBench) -> None:
    right = (await refused.key("gateway"))["Authorization"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")

    answer = await refused.http.post(
        "/v1/complaints", json={"text": TEXT}, headers={"Authorization": wrong}
    )

    problem_of(answer, 401)


async def test_too_many_requests_in_hand_are_503(intake: IntakeBench) -> None:
    intake.restart(most_in_flight=1)
    intake.publisher.open.clear()
    first = asyncio.create_task(intake.submit())
    while not intake.store.receipts:
        await asyncio.sleep(0)

    answer = await intake.submit(key=None)

    problem_of(answer, 503)
    assert answer.headers["retry-after"]
    assert len(intake.store.receipts) == 1
    intake.publisher.open.set()
    assert (await first).status_code == 202
    assert (await intake.submit(key=None)).status_code == 202


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/complaints/x/y"])
async def test_an_unknown_path_is_a_problem(refused: IntakeBench, path: str) -> None:
    problem_of(await refused.http.get(path), 404)


async def test_a_wrong_method_is_a_problem(refused: IntakeBench) -> None:
    answer = await refused.http.delete("/v1/complaints")

    problem_of(answer, 405)
    assert "POST" in answer.headers["allow"]


async def test_a_mistake_of_ours_is_500_and_tells_nothing(
    intake: IntakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(rows: Sequence[VaultRow]) -> None:
        raise RuntimeError(f"insert failed for {TEXT}")

    intake.store.put_vault_rows = broken  # type: ignore[method-assign]

    answer = await intake.submit()

    problem_of(answer, 500)
    assert TEXT not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


async def test_no_key_comes_into_a_log(
    intake: IntakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    headers = await intake.key("gateway")
    await intake.http.post("/v1/complaints", json={"text": TEXT}, headers=headers)
    await intake.http.post(
        "/v1/complaints", json={"text": TEXT}, headers={"Authorization": "Bearer salur_wrong"}
    )

    assert "salur_" not in caplog.text


async def test_a_caller_who_hangs_up_leaves_nothing_behind(refused: IntakeBench) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/complaints",
        "query_string": b"",
        "headers": [],
    }

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        raise AssertionError(f"nobody is there for {message}")

    await refused.app(scope, receive, send)

    metrics = (await refused.http.get("/metrics")).text
    assert 'salur_http_requests_total{door="/v1/complaints",status="499"} 1.0' in metrics

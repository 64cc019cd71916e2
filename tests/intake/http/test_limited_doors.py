"""Doors under limits: by address for the public, by key for all others, with what is left said."""

import re
from typing import Any

import httpx
import orjson

from services.intake.settings import RateSettings
from tests.intake.conftest import TEXT, IntakeBench, problem_of

NUMBER = "0123456789ABCDEF"
WRONG_KEY = {"Authorization": f"Bearer salur_{'0' * 12}_{'0' * 64}"}


def limited(**rates: str) -> IntakeBench:
    return IntakeBench(rates=RateSettings(**rates))


async def test_every_answer_says_what_is_left() -> None:
    intake = limited(submit="3/hour")

    answers = [await intake.submit(None) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"submit";q=3;w=3600'}
    left = [re.fullmatch(r'"submit";r=(\d+);t=\d+', a.headers["ratelimit"]) for a in answers]
    assert [found and found.group(1) for found in left] == ["2", "1", "0", "0"]
    problem_of(answers[3], 429, "too_many_requests")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 1200
    assert len(intake.store.receipts) == 3
    assert refusals(intake, "submit") == 1


async def test_an_answer_without_a_limit_says_nothing() -> None:
    answer = await limited(submit="off").submit()

    assert answer.status_code == 202
    assert "ratelimit" not in answer.headers


async def test_tracking_does_not_spend_what_submitting_needs() -> None:
    intake = limited(track="1/hour", submit="1/hour")
    path = f"/v1/complaints/{NUMBER}"

    answers = [await intake.http.get(path, headers={"Tracking-Code": "x"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [404, 429]
    assert (await intake.submit()).status_code == 202


async def test_a_batch_costs_its_lines() -> None:
    intake = limited(submit="5/hour")

    first = await batch(intake, 4)
    second = await batch(intake, 2)

    assert first.status_code == 200
    assert '"submit";r=1;' in first.headers["ratelimit"]
    problem_of(second, 429, "too_many_requests")
    assert len(intake.store.receipts) == 4


async def test_a_batch_beyond_the_whole_quota_is_told_to_shrink() -> None:
    answer = await batch(limited(submit="5/hour"), 7)

    assert "send less" in problem_of(answer, 429, "too_many_at_once")["detail"]
    assert "retry-after" not in answer.headers


async def test_each_key_has_its_own_quota_by_its_role() -> None:
    intake = limited(officer="1/hour", operator="2/hour", track="1/hour")
    keys = [await intake.key("officer"), await intake.key("officer"), await intake.key("operator")]

    statuses = [
        [(await intake.http.get("/v1/triage", headers=key)).status_code for _ in range(3)]
        for key in keys
    ]

    assert statuses == [[200, 429, 429], [200, 429, 429], [200, 200, 429]]


async def test_guesses_at_codes_are_stopped_before_any_look_up() -> None:
    intake = limited(wrong="3/hour")
    told = await intake.accepted()
    path = f"/v1/complaints/{told['number']}"

    answers = [await intake.http.get(path, headers={"Tracking-Code": "x"}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    asked = len(intake.store.asked)
    act = await intake.http.post(f"{path}/actions", headers={"Tracking-Code": "x"}, json={})
    problem_of(act, 429)
    assert len(intake.store.asked) == asked
    assert refusals(intake, "wrong") == 2


async def test_right_codes_are_no_guesses() -> None:
    intake = limited(wrong="1/hour")
    told = await intake.accepted()
    headers = {"Tracking-Code": told["tracking_code"]}

    answers = [
        await intake.http.get(f"/v1/complaints/{told['number']}", headers=headers) for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [200] * 3


async def test_wrong_keys_are_stopped_and_a_right_one_beside_them_works_on() -> None:
    intake = limited(wrong="2/hour")
    right = await intake.key("officer")
    assert (await intake.http.get("/v1/triage", headers=right)).status_code == 200

    answers = [await intake.http.get("/v1/triage", headers=WRONG_KEY) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    intake.clock.advance(hours=1)  # the right key must be looked up again
    assert (await intake.http.get("/v1/triage", headers=right)).status_code == 200
    assert (await intake.submit()).status_code == 202


async def test_a_code_beside_a_key_is_a_guess_too() -> None:
    intake = limited(wrong="1/hour")
    headers = {**await intake.key("gateway"), "Tracking-Code": "x"}

    answers = [await intake.http.get(f"/v1/complaints/{NUMBER}", headers=headers) for _ in "12"]

    assert [answer.status_code for answer in answers] == [404, 429]


async def test_a_forwarded_address_counts_behind_a_trusted_proxy_only() -> None:
    for proxies, statuses in (((), [202, 429]), (("127.0.0.0/8",), [202, 202])):
        settings: dict[str, Any] = {"trusted_proxies": ",".join(proxies)}
        intake = IntakeBench(rates=RateSettings(submit="1/hour"), **settings)

        answers = [
            await intake.http.post(
                "/v1/complaints", json={"text": TEXT}, headers={"X-Forwarded-For": address}
            )
            for address in ("203.0.113.1", "203.0.113.2")
        ]

        assert [answer.status_code for answer in answers] == statuses


def batch(intake: IntakeBench, lines: int) -> Any:
    body = orjson.dumps({"text": TEXT}) + b"\n"
    return intake.http.post("/v1/complaints:batch", content=body * lines)


def refusals(intake: IntakeBench, limit: str) -> float:
    counted = intake.telemetry.registry.get_sample_value(
        "salur_rate_limited_total", {"limit": limit}
    )
    return counted or 0.0


async def test_health_and_documents_are_not_counted() -> None:
    intake = limited(track="1/hour")

    answers: list[httpx.Response] = [await intake.http.get("/openapi.json") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3


async def test_no_door_goes_uncounted(intake: IntakeBench) -> None:
    names = {"{number}": NUMBER, "{code}": "kab-3603", "{name}": "main", "{action_id}": "x"}
    names["{token}"] = "x"
    for template, methods in intake.app.openapi()["paths"].items():
        path = re.sub(r"\{\w+\}", lambda name: names[name[0]], template)
        for method in methods:
            for headers in ({}, {"Tracking-Code": "x"}, await intake.key("officer")):
                answer = await intake.http.request(method, path, headers=headers)
                assert answer.headers.get("ratelimit"), f"{method} {path} {answer.text}"

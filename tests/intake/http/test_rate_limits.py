"""Rate limits: by address for the public, by key for all others, with what is left said."""

import re
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.intake.http.rate_limits import (
    Quota,
    RateLimit,
    RateLimiter,
    RateLimitState,
    read_quota,
)
from services.intake.settings import IntakeSettings, RateSettings
from tests.intake.conftest import SECRET, TEXT, IntakeBench, problem_of
from tests.support.builders import VAULT_KEYS

NUMBER = "0123456789ABCDEF"
WRONG_KEY = {"Authorization": f"Bearer salur_{'0' * 12}_{'0' * 64}"}


class Ticks:
    """Milliseconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def ledger(ticks: Ticks, quota: str = "3/minute", most: int = 100) -> RateLimiter:
    return RateLimiter({RateLimit.TRACK: read_quota(quota)}, ticks=ticks, most=most)


def spend(book: RateLimiter, who: str = "a", cost: int = 1) -> RateLimitState:
    balance = book.spend(RateLimit.TRACK, who, cost)
    assert balance is not None
    return balance


def limited(**rates: str) -> IntakeBench:
    return IntakeBench(rates=RateSettings(**rates))


def test_the_quota_goes_at_once_and_comes_back_evenly(ticks: Ticks) -> None:
    book = ledger(ticks)
    assert [spend(book).left for _ in range(3)] == [2, 1, 0]
    refused = spend(book)
    assert (refused.is_refused, refused.wait, refused.left) == (True, 20, 0)

    ticks.now += 19_000
    assert spend(book).is_refused
    ticks.now += 1_000
    assert not spend(book).is_refused
    assert spend(book).is_refused


def test_one_caller_does_not_spend_anothers_quota(ticks: Ticks) -> None:
    book = ledger(ticks, "1/minute")

    assert not spend(book, "a").is_refused
    assert spend(book, "a").is_refused
    assert not spend(book, "b").is_refused


def test_a_cost_is_taken_whole_or_not_at_all(ticks: Ticks) -> None:
    book = ledger(ticks, "10/minute")
    spend(book, cost=8)

    refused = spend(book, cost=3)

    assert (refused.is_refused, refused.left, refused.wait) == (True, 2, 6)
    assert not spend(book, cost=2).is_refused


def test_a_cost_beyond_the_whole_quota_never_has_room(ticks: Ticks) -> None:
    refused = spend(ledger(ticks), cost=4)

    assert (refused.is_refused, refused.wait) == (True, None)


def test_a_look_ahead_spends_nothing(ticks: Ticks) -> None:
    book = ledger(ticks, "1/minute")

    assert [book.would_refuse(RateLimit.TRACK, "a") for _ in range(3)] == [None] * 3
    assert len(book) == 0
    spend(book)
    refusal = book.would_refuse(RateLimit.TRACK, "a")
    assert refusal is not None
    assert refusal.wait == 60


def test_memory_is_bounded_and_who_was_unseen_longest_is_forgiven(ticks: Ticks) -> None:
    book = ledger(ticks, "1/minute", most=3)
    for who in ("a", "b", "c"):
        spend(book, who)
    assert spend(book, "a").is_refused  # seen again

    spend(book, "d")

    assert len(book) == 3
    assert spend(book, "a").is_refused
    assert not spend(book, "b").is_refused


def test_what_is_off_has_no_limit(ticks: Ticks) -> None:
    book = RateLimiter({RateLimit.TRACK: read_quota("off")}, ticks=ticks)

    assert book.spend(RateLimit.TRACK, "a", 10**9) is None
    assert book.would_refuse(RateLimit.TRACK, "a") is None


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 4)), max_size=60))
def test_no_window_passes_more_than_twice_the_quota(steps: list[tuple[int, int]]) -> None:
    ticks = Ticks()
    book, passed = ledger(ticks, "10/minute"), []
    for wait, cost in steps:
        ticks.now += wait
        if not spend(book, cost=cost).is_refused:
            passed.append((ticks.now, cost))

    for begin, _ in passed:
        within = sum(cost for at, cost in passed if begin <= at < begin + 60_000)
        assert within <= 2 * 10


@pytest.mark.parametrize(
    ("text", "quota"),
    [("600/minute", Quota(600, 60)), ("1/day", Quota(1, 86_400)), ("off", None)],
)
def test_a_quota_reads_as_it_says(text: str, quota: Quota | None) -> None:
    assert read_quota(text) == quota


@pytest.mark.parametrize("text", ["", "0/minute", "-1/minute", "5", "5/week", "many/minute"])
def test_a_quota_that_says_nothing_is_refused_by_name(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTAKE_SECRET", SECRET)
    monkeypatch.setenv("INTAKE_VAULT_KEYS", VAULT_KEYS)
    monkeypatch.setenv("INTAKE_RATES__TRACK", text)

    with pytest.raises(ValidationError, match=r"rates\.track"):
        IntakeSettings()


def test_a_quota_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTAKE_SECRET", SECRET)
    monkeypatch.setenv("INTAKE_VAULT_KEYS", VAULT_KEYS)
    monkeypatch.setenv("INTAKE_RATES__TRACK", "7/second")

    quotas = IntakeSettings().rates.quotas

    assert quotas[RateLimit.TRACK] == Quota(7, 1)
    assert quotas[RateLimit.SUBMIT] == Quota(1_000, 3_600)


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

"""Rate limits: how a quota is read, spent and given back."""

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
from services.intake.settings import IntakeSettings
from tests.intake.conftest import SECRET
from tests.support.builders import VAULT_KEYS


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

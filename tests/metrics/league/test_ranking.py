"""The order of the league: a total one of ranks, and the others in which it is shown."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.facts import tier_of
from services.metrics.league.ranking import (
    LeagueOrder,
    RankingRate,
    TierChoice,
    arranged,
    league,
    within,
)
from services.metrics.league.ratios import DAY_MS, Share
from services.metrics.league.tallies import FactGroup, by_institution
from shared.contracts.case import Status
from tests.metrics.league.conftest import CODES, databases, group, league_of, rates


def test_rates_are_compared_exactly_and_not_as_they_are_printed() -> None:
    found = league_of(
        group("kab-0001", cases=99_999),
        group("kab-0001", Status.ROUTED),
        group("kab-0002", cases=99_998),
        group("kab-0002", Status.ROUTED),
    )

    assert [one.completion.percent for one in found.lines] == [Decimal("100.00")] * 2
    assert [one.holder for one in found.lines] == ["kab-0001", "kab-0002"]


def test_of_equal_rates_the_larger_volume_goes_first_then_the_code() -> None:
    found = league_of(
        group("prov-36", cases=4), group("prov-21", cases=4), group("kab-3603", cases=9)
    )

    assert [(one.rank, one.holder) for one in found.lines] == [
        (1, "kab-3603"),
        (2, "prov-21"),
        (3, "prov-36"),
    ]


def test_who_was_asked_for_nothing_comes_last_and_unranked() -> None:
    found = league_of(
        group("kab-3603", Status.POSTPONED, 50), group("prov-21", Status.ROUTED), group("prov-36")
    )

    assert [(one.rank, one.holder) for one in found.lines] == [
        (1, "prov-36"),
        (2, "prov-21"),
        (None, "kab-3603"),
    ]
    assert found.lines[2].completion.percent is None


def test_the_rate_that_is_asked_for_ranks() -> None:
    cases = [
        group("prov-21", Status.IN_PROGRESS),
        group("prov-36"),
        group("prov-36", Status.ROUTED),
    ]

    assert league_of(*cases, by=RankingRate.FOLLOW_UP).lines[0].holder == "prov-21"
    assert league_of(*cases, by=RankingRate.COMPLETION).lines[0].holder == "prov-36"


def test_triage_is_a_line_of_its_own_within_the_totals() -> None:
    found = league_of(group(None, Status.UNVERIFIED, 4), group("prov-21", cases=6))

    assert found.unassigned is not None
    assert (found.unassigned.received, found.unassigned.rank) == (4, None)
    assert [one.holder for one in found.lines] == ["prov-21"]
    assert found.totals.completion == Share(6, 10)


def test_a_tier_has_its_own_institutions_only_and_no_triage() -> None:
    tallies = by_institution([group(code) for code in CODES] + [group(None, Status.UNVERIFIED)])

    assert set(within(tallies, TierChoice.LOCAL)) == {"kab-3603", "kota-3671"}
    assert set(within(tallies, TierChoice.PROVINCE)) == {"prov-21", "prov-36"}
    assert within(tallies, None) == tallies
    assert league(within(tallies, TierChoice.CITY), RankingRate.COMPLETION).unassigned is None


def test_every_tier_is_a_choice_and_the_local_one_is_two() -> None:
    assert {tier_of(code) for code in CODES} <= {t for one in TierChoice for t in one.tiers}
    assert len(TierChoice.LOCAL.tiers) == 2


@given(databases, rates)
def test_ranks_are_a_total_order(database: list[FactGroup], by: RankingRate) -> None:
    found = league_of(*database, by=by)

    ranked = [one for one in found.lines if one.rate(by).denominator]
    assert [one.rank for one in ranked] == list(range(1, len(ranked) + 1))
    assert list(found.lines[: len(ranked)]) == ranked
    for better, worse in pairwise(ranked):
        one, other = better.rate(by).exact, worse.rate(by).exact
        assert one is not None
        assert other is not None
        assert (one, better.received) >= (other, worse.received)


@given(databases, st.sampled_from(LeagueOrder))
def test_another_order_has_the_same_lines(database: list[FactGroup], sort: LeagueOrder) -> None:
    lines = league_of(*database).lines

    shown = arranged(lines, sort, str)

    assert sorted(shown, key=repr) == sorted(lines, key=repr)


def test_lines_are_shown_in_the_order_asked_for_and_without_a_value_last() -> None:
    lines = league_of(
        group("prov-21", Status.POSTPONED, 9),
        group("prov-36", follow_up=(3,), returned=1),
        group("kab-3603", Status.ROUTED, follow_up=(DAY_MS,)),
    ).lines
    names = {"prov-21": "a", "prov-36": "C", "kab-3603": "b"}

    def order(sort: LeagueOrder) -> list[str | None]:
        return [one.holder for one in arranged(lines, sort, names.__getitem__)]

    assert order(LeagueOrder.RANK) == ["prov-36", "kab-3603", "prov-21"]
    assert order(LeagueOrder.RECEIVED) == ["prov-21", "prov-36", "kab-3603"]
    assert order(LeagueOrder.NAME) == ["prov-21", "kab-3603", "prov-36"]
    assert order(LeagueOrder.FOLLOW_UP_DAYS) == ["prov-36", "kab-3603", "prov-21"]
    assert order(LeagueOrder.COMPLETION) == ["prov-36", "kab-3603", "prov-21"]

"""The league: exact rates, a total order of ranks, and lines that add up to the totals."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.facts import tier_of
from services.metrics.league.ranking import (
    League,
    LeagueLine,
    LeagueOrder,
    RankingRate,
    TierChoice,
    arranged,
    league,
    within,
)
from services.metrics.league.ratios import DAY_MS, Mean, Share, median_days, two_decimals
from services.metrics.league.tallies import (
    FactGroup,
    by_institution,
    by_unit,
    months_between,
    total,
)
from shared.contracts.case import Status

CODES = ("kem-014", "prov-21", "prov-36", "kab-3603", "kota-3671")
UNITS = ("PUPR", "Dinkes")


def group(
    institution: str | None = "prov-21",
    status: Status = Status.COMPLETED,
    cases: int = 1,
    **changes: object,
) -> FactGroup:
    values = {
        "institution": institution,
        "unit": None,
        "former": (),
        "former_units": (),
        "month": "2022-01",
        "status": status,
        "cases": cases,
    }
    return FactGroup(**(values | changes))  # type: ignore[arg-type]  # a table of fields


def table(*groups: FactGroup, by: RankingRate = RankingRate.COMPLETION) -> League:
    return league(by_institution(groups), by)


def line(*groups: FactGroup) -> LeagueLine:
    (only,) = table(*groups).lines
    return only


@st.composite
def groups(draw: st.DrawFn) -> FactGroup:
    institution = draw(st.sampled_from((None, *CODES)))
    former = set(draw(st.lists(st.sampled_from(CODES), max_size=2))) - {institution}
    unit = draw(st.sampled_from((None, *UNITS))) if institution else None
    held = draw(
        st.lists(st.tuples(st.sampled_from(sorted(former) or CODES), st.sampled_from(UNITS)))
    )
    units = {one for one in held if one[0] in (*former, institution)} - {(institution, unit)}
    cases = draw(st.integers(1, 40))
    return group(
        institution,
        draw(st.sampled_from(Status)),
        cases,
        unit=unit,
        former=tuple(sorted(former)),
        former_units=tuple(sorted(units)),
        month=draw(st.sampled_from(["2021-11", "2022-01", "2022-02"])),
        returned=draw(st.integers(0, cases)),
        overdue=draw(st.integers(0, cases)),
        misrouted=draw(st.integers(0, cases)),
        ratings=Mean(draw(st.integers(0, 9)), draw(st.integers(0, 3))),
        follow_up=tuple(draw(st.lists(st.integers(0, 9 * DAY_MS), max_size=3))),
    )


databases = st.lists(groups(), max_size=14)
rates = st.sampled_from(RankingRate)


def test_the_rates_of_the_riau_islands_in_2022() -> None:
    found = line(
        group(status=Status.COMPLETED, cases=271), group(status=Status.IN_PROGRESS, cases=2)
    )

    assert (found.received, found.completion.percent) == (273, Decimal("99.27"))
    assert found.completion == Share(271, 273)
    assert found.follow_up.percent == Decimal("100.00")
    assert found.rank == 1


def test_postponed_and_archived_cases_are_not_asked_for() -> None:
    found = line(
        group(status=Status.COMPLETED, cases=2),
        group(status=Status.IN_PROGRESS, cases=1),
        group(status=Status.ROUTED, cases=1),
        group(status=Status.POSTPONED, cases=5),
        group(status=Status.ARCHIVED, cases=7),
    )

    assert found.received == 16
    assert (found.follow_up, found.completion) == (Share(3, 4), Share(2, 4))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(5, 1000), "0.01"),
        (Fraction(4999, 1_000_000), "0.00"),
        (Fraction(1005, 1000), "1.01"),
        (Fraction(9_999_500, 100_000), "100.00"),
        (Fraction(9_999_499, 100_000), "99.99"),
        (Fraction(2, 3), "0.67"),
        (Fraction(0), "0.00"),
    ],
)
def test_halves_are_rounded_up(value: Fraction, shown: str) -> None:
    assert str(two_decimals(value)) == shown


def test_rates_are_compared_exactly_and_not_as_they_are_printed() -> None:
    found = table(
        group("kab-0001", cases=99_999),
        group("kab-0001", Status.ROUTED),
        group("kab-0002", cases=99_998),
        group("kab-0002", Status.ROUTED),
    )

    assert [one.completion.percent for one in found.lines] == [Decimal("100.00")] * 2
    assert [one.holder for one in found.lines] == ["kab-0001", "kab-0002"]


def test_of_equal_rates_the_larger_volume_goes_first_then_the_code() -> None:
    found = table(group("prov-36", cases=4), group("prov-21", cases=4), group("kab-3603", cases=9))

    assert [(one.rank, one.holder) for one in found.lines] == [
        (1, "kab-3603"),
        (2, "prov-21"),
        (3, "prov-36"),
    ]


def test_who_was_asked_for_nothing_comes_last_and_unranked() -> None:
    found = table(
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

    assert table(*cases, by=RankingRate.FOLLOW_UP).lines[0].holder == "prov-21"
    assert table(*cases, by=RankingRate.COMPLETION).lines[0].holder == "prov-36"


def test_a_transferred_case_counts_once_where_it_is_now() -> None:
    found = table(group("prov-36", former=("kab-3603", "kem-014"), cases=3))
    by_code = {one.holder: one for one in found.lines}

    assert found.totals.received == 3
    assert (by_code["prov-36"].transferred_in, by_code["prov-36"].transferred_out) == (3, 0)
    assert (by_code["kab-3603"].received, by_code["kab-3603"].transferred_out) == (0, 3)
    assert by_code["kab-3603"].rank is None


def test_triage_is_a_line_of_its_own_within_the_totals() -> None:
    found = table(group(None, Status.UNVERIFIED, 4), group("prov-21", cases=6))

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


@pytest.mark.parametrize(
    ("durations", "days"),
    [
        ([], None),
        ([DAY_MS], "1.00"),
        ([3 * DAY_MS, DAY_MS, 2 * DAY_MS], "2.00"),
        ([DAY_MS, 2 * DAY_MS], "1.50"),
        ([DAY_MS // 200], "0.01"),
        ([-DAY_MS], "0.00"),
    ],
)
def test_medians_are_days_with_two_decimals(durations: list[int], days: str | None) -> None:
    assert median_days(durations) == (None if days is None else Decimal(days))


def test_satisfaction_is_a_mean_with_its_count() -> None:
    found = line(group(ratings=Mean(9, 2)), group(month="2022-02", ratings=Mean(1, 1)))

    assert (found.satisfaction, found.satisfaction.value) == (Mean(10, 3), Decimal("3.33"))
    assert line(group()).satisfaction.value is None


def test_a_trend_has_every_month_between_the_first_and_the_last() -> None:
    found = line(group(month="2021-11", cases=2), group(month="2022-01", status=Status.ROUTED))

    assert found.trend == (("2021-11", 2, 2), ("2021-12", 0, 0), ("2022-01", 1, 0))
    assert list(months_between([])) == []


@given(databases, rates)
def test_lines_and_triage_add_up_to_the_totals(database: list[FactGroup], by: RankingRate) -> None:
    found = table(*database, by=by)

    parts = [*found.lines, *filter(None, [found.unassigned])]
    for name in ("received", "transferred_in", "transferred_out", "returned", "overdue"):
        assert sum(getattr(part, name) for part in parts) == getattr(found.totals, name)
    for status in Status:
        assert sum(part.statuses[status] for part in parts) == found.totals.statuses[status]
    assert found.totals.received == sum(one.cases for one in database)
    assert found.totals.received == sum(month.received for month in found.totals.trend)


@given(databases, rates, st.randoms(use_true_random=False))
def test_the_order_of_facts_is_irrelevant(
    database: list[FactGroup], by: RankingRate, chance: object
) -> None:
    mixed = list(database)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' own Random

    assert table(*mixed, by=by) == table(*database, by=by)


@given(databases, rates)
def test_ranks_are_a_total_order(database: list[FactGroup], by: RankingRate) -> None:
    found = table(*database, by=by)

    ranked = [one for one in found.lines if one.rate(by).denominator]
    assert [one.rank for one in ranked] == list(range(1, len(ranked) + 1))
    assert list(found.lines[: len(ranked)]) == ranked
    for better, worse in pairwise(ranked):
        one, other = better.rate(by).exact, worse.rate(by).exact
        assert one is not None
        assert other is not None
        assert (one, better.received) >= (other, worse.received)


@given(databases)
def test_units_add_up_to_their_institution(database: list[FactGroup]) -> None:
    for code in CODES:
        mine = [one for one in database if code in (one.institution, *one.former)]
        units = by_unit(mine, code)
        whole = by_institution(mine).get(code)

        assert total(units.values()).received == (whole.received if whole else 0)
        assert total(units.values()).statuses == (whole.statuses if whole else Counter())


def test_a_case_that_left_counts_as_transferred_out_of_its_unit() -> None:
    units = by_unit(
        [
            group("kab-3603", unit="PUPR", former_units=(("kab-3603", "Dinkes"),), cases=2),
            group("prov-36", former=("kab-3603",), former_units=(("kab-3603", "Dinkes"),), cases=3),
            group("prov-36", former=("kab-3603",), cases=5),
        ],
        "kab-3603",
    )

    assert units["PUPR"].numbers["transferred_in"] == 2
    assert units["Dinkes"].numbers["transferred_out"] == 5
    assert units[None].numbers["transferred_out"] == 5
    assert total(units.values()).received == 2


@given(databases, st.sampled_from(LeagueOrder))
def test_another_order_has_the_same_lines(database: list[FactGroup], sort: LeagueOrder) -> None:
    lines = table(*database).lines

    shown = arranged(lines, sort, str)

    assert sorted(shown, key=repr) == sorted(lines, key=repr)


def test_lines_are_shown_in_the_order_asked_for_and_without_a_value_last() -> None:
    lines = table(
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

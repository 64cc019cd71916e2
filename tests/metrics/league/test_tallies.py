"""What the league counts: exact rates, and lines that add up to the totals."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.league.ranking import LeagueLine, RankingRate
from services.metrics.league.ratios import DAY_MS, Mean, Share, median_days, two_decimals
from services.metrics.league.tallies import (
    FactGroup,
    by_institution,
    by_unit,
    months_between,
    total,
)
from shared.contracts.case import Status
from tests.metrics.league.conftest import CODES, databases, group, league_of, rates


def line(*groups: FactGroup) -> LeagueLine:
    (only,) = league_of(*groups).lines
    return only


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


def test_a_transferred_case_counts_once_where_it_is_now() -> None:
    found = league_of(group("prov-36", former=("kab-3603", "kem-014"), cases=3))
    by_code = {one.holder: one for one in found.lines}

    assert found.totals.received == 3
    assert (by_code["prov-36"].transferred_in, by_code["prov-36"].transferred_out) == (3, 0)
    assert (by_code["kab-3603"].received, by_code["kab-3603"].transferred_out) == (0, 3)
    assert by_code["kab-3603"].rank is None


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
    found = league_of(*database, by=by)

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

    assert league_of(*mixed, by=by) == league_of(*database, by=by)


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

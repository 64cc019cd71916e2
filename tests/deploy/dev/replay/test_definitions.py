"""The scenarios as data: figures follow from cohorts, and the published ones are there."""

import ast
from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deploy.dev.replay.scale import part_of, read_scale, scaled
from deploy.dev.replay.scenario import (
    Basis,
    Checkpoint,
    Cohort,
    Course,
    Measure,
    Question,
    Scenario,
    end_of,
)
from deploy.dev.replay.scenarios import NAMES, scenario_of
from deploy.dev.replay.scenarios.fates import divided
from deploy.dev.replay.sources.expected import expected_value
from shared.errors import Misconfigured

SERVICES = Path(__file__).parents[4] / "services"
PUBLISHED = {
    "kepri-2022": ["273", "271", "2", "0", "0", "99.27", "1"],
    "tangerang-2021h1": ["92.00", "2"],
    "tangerang-2018-2021": ["3171", "3164", "25", "82", "3271", "92", "3171"],
    "tangerang-units": ["62", "713", "713", "85"],
    "covid-2020": ["40939", "22747", "22747"],
    "nation-day": [],
}


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_follows_from_the_cohorts(name: str) -> None:
    scenario = scenario_of(name)

    for checkpoint in scenario.checkpoints:
        for figure in checkpoint.figures:
            value = expected_value(scenario.until(checkpoint), figure)
            assert (figure.name, value) == (figure.name, figure.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_published_figures_are_marked_as_seeds(name: str) -> None:
    figures = [one for each in scenario_of(name).checkpoints for one in each.figures]

    assert [one.value for one in figures if one.basis is Basis.SEED] == PUBLISHED[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(1, 10), Fraction(1, 100)])
def test_at_a_part_of_its_size_nobody_and_no_fate_vanishes(name: str, scale: Fraction) -> None:
    scenario = scenario_of(name)

    smaller = scaled(scenario, scale)

    assert len(smaller.cohorts) == len(scenario.cohorts)
    assert smaller.institutions == scenario.institutions
    assert smaller.complaints < scenario.complaints
    assert all(
        one.count == max(1, round_half_up(whole.count * scale))
        for one, whole in zip(smaller.cohorts, scenario.cohorts, strict=True)
    )


def round_half_up(value: Fraction) -> int:
    return (2 * value + 1) // 2


@given(st.integers(1, 50_000), st.fractions(Fraction(1, 1000), 1))
def test_a_part_is_as_near_as_a_whole_number_can_be(count: int, scale: Fraction) -> None:
    part = part_of(count, scale)

    assert part == 1 or abs(part - count * scale) <= Fraction(1, 2)
    assert part_of(count, Fraction(1)) == count


@given(st.integers(0, 10_000), st.lists(st.integers(1, 100), min_size=1, max_size=20))
def test_divided_parts_sum_to_the_whole(count: int, weights: list[int]) -> None:
    parts = divided(count, weights)

    assert sum(parts) == count
    assert all(
        abs(part * sum(weights) - count * weight) <= sum(weights)
        for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize("text", ["0", "-1", "1.1", "half", "", "1/0", "nan"])
def test_a_scale_that_makes_no_sense_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"such as 0\.1"):
        read_scale(text)


def test_an_unknown_scenario_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Misconfigured, match="kepri-2022, tangerang-2021h1"):
        scenario_of("kepri-2023")


def cohort(first: date, last: date) -> Cohort:
    return Cohort(
        institution="kab-3603",
        category="roads",
        course=Course.COMPLETED,
        count=10,
        first=first,
        last=last,
    )


def test_a_period_that_cuts_a_cohort_has_no_figures() -> None:
    question = Question(first=date(2021, 1, 1), last=date(2021, 6, 30))

    assert question.covers(cohort(date(2021, 1, 1), date(2021, 6, 30)))
    assert not question.covers(cohort(date(2021, 7, 1), date(2021, 7, 2)))
    with pytest.raises(ValueError, match="cuts a cohort of kab-3603"):
        question.covers(cohort(date(2021, 6, 30), date(2021, 7, 1)))


@pytest.mark.parametrize("last", [date(2021, 7, 1), date(2022, 7, 1)])
def test_a_checkpoint_within_a_cohort_is_refused(last: date) -> None:
    first = date(2021, 6, 30) if last.year == 2021 else date(2022, 6, 30)
    with pytest.raises(ValidationError, match="cohort"):
        Scenario(
            name="x",
            title="x",
            notes=(),
            cohorts=(cohort(first, last),),
            checkpoints=(Checkpoint(as_of=end_of(date(2021, 6, 30)), figures=()),),
        )


def test_every_country_wide_figure_counts_each_complaint_once() -> None:
    scenario = scenario_of("tangerang-2018-2021")
    march, end = scenario.checkpoints

    received = {one.holder: one.value for one in march.figures if one.measure is Measure.RECEIVED}
    moved = next(one.value for one in march.figures if one.measure is Measure.TRANSFERRED_OUT)

    assert int(received["kab-3603"]) + int(moved) == int(received[None]) == 3171
    assert sum(one.count for one in scenario.until(end)) - 3171 == 100


def test_no_service_knows_a_scenario() -> None:
    found = Counter(
        (path.name, name)
        for path in SERVICES.rglob("*.py")
        for name in NAMES
        if name in path.read_text(encoding="utf-8")
    )

    assert not found


def test_the_direct_count_imports_nothing_of_salur() -> None:
    tree = ast.parse(
        (Path(__file__).parents[3] / "support" / "direct_count.py").read_text(encoding="utf-8")
    )

    imported = {
        name.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    } | {
        (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }

    assert "pymongo" in imported
    assert not imported & {"services", "shared", "deploy", "tests"}

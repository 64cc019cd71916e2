"""Rates and ranks by three hands, which must agree: the replay's, the script's, the league's."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.dev.replay.scenario import Basis, Figure, Measure, Question
from deploy.dev.replay.sources.table import (
    Counts,
    CountTable,
    Row,
    percent,
    row_of,
    table_of,
    value_of,
)
from services.metrics.league.ranking import RankingRate, league
from services.metrics.league.tallies import FactGroup, by_institution
from shared.contracts.case import Status
from tests.support.direct_count import Line, answer, found_in, in_percent

CODES = ("kab-3603", "kab-3604", "kota-3671", "prov-36", "kem-021")
counted = st.dictionaries(
    st.sampled_from(CODES),
    st.dictionaries(st.sampled_from([one.value for one in Status]), st.integers(1, 400)),
    min_size=1,
)


@given(counted, st.sampled_from(["completion", "follow_up"]))
def test_rates_and_ranks_are_those_of_the_league(
    counts: Mapping[str, dict[str, int]], by: str
) -> None:
    counts = {code: statuses for code, statuses in counts.items() if statuses}
    mine = table_of({code: Counts(Counter(one)) for code, one in counts.items()}, by)
    groups = [
        FactGroup(code, None, (), (), "2021-01", Status(status), cases)
        for code, statuses in counts.items()
        for status, cases in statuses.items()
    ]

    theirs = league(by_institution(groups), RankingRate(by))

    assert {line.holder: line.rank for line in theirs.lines} == {
        code: row.rank for code, row in mine.rows.items()
    }
    for line in theirs.lines:
        row = mine.rows[str(line.holder)]
        told = line.follow_up.percent, line.completion.percent
        assert (row.follow_up, row.completion) == tuple(
            str(one) if one is not None else None for one in told
        )


@given(counted, st.sampled_from(["completion", "follow_up"]))
def test_the_script_ranks_alike(counts: Mapping[str, dict[str, int]], by: str) -> None:
    documents = [
        document(code, status)
        for code, statuses in counts.items()
        for status, cases in statuses.items()
        for _ in range(min(cases, 20))
    ]
    few = {
        code: Counts(Counter({name: min(cases, 20) for name, cases in one.items()}))
        for code, one in counts.items()
        if one
    }
    mine = table_of(few, by)

    told: Any = answer(map(found_in, documents), PERIOD | {"by": by})

    assert {code: row["rank"] for code, row in told["rows"].items()} == {
        code: row.rank for code, row in mine.rows.items()
    }
    assert told["totals"]["completion"] == mine.totals.completion


PERIOD: dict[str, Any] = {"first": "2021-01-01", "last": "2021-06-30"}


def document(code: str, status: str = "routed", **more: Any) -> dict[str, Any]:
    entry = {"input": "route", "institution": code, "status": status, "category": "covid.health"}
    at = more.pop("at", datetime(2021, 3, 1))
    before = [entry | {"institution": one} for one in more.pop("before", ())]
    return {"complaint": {"received_at": at}, "history": [*before, entry | more]}


@pytest.mark.parametrize(
    ("part", "whole", "decimals", "said"),
    [
        (271, 273, 2, "99.27"),
        (276, 300, 2, "92.00"),
        (606, 713, 2, "84.99"),
        (606, 713, 0, "85"),
        (1, 800, 2, "0.13"),  # half up
        (1, 1, 2, "100.00"),
        (0, 5, 2, "0.00"),
        (0, 0, 2, None),
    ],
)
def test_per_cent_is_rounded_half_up(part: int, whole: int, decimals: int, said: str) -> None:
    assert percent(part, whole, decimals) == said


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_the_script_rounds_alike(part: int, whole: int) -> None:
    assert percent(part, whole) == in_percent(Fraction(part, whole))


def table(**counts: Counts) -> CountTable:
    return table_of({f"kab-{code[1:]}": one for code, one in counts.items()}, "completion")


def figure(measure: Measure, holder: str | None = None) -> Figure:
    question = Question(first=date(2021, 1, 1), last=date(2021, 6, 30))
    return Figure(
        name="x", question=question, measure=measure, value="", basis=Basis.SEED, holder=holder
    )


def test_a_line_that_differs_in_one_count_does_not_agree() -> None:
    expected = table(k1=Counts(Counter(completed=3)), k2=Counts(Counter(routed=2)))
    same = table(k1=Counts(Counter(completed=3)), k2=Counts(Counter(routed=2)))
    other = table(k1=Counts(Counter(completed=2, routed=1)), k2=Counts(Counter(routed=2)))

    assert value_of(same, figure(Measure.LINES), expected) == "2"
    assert value_of(other, figure(Measure.LINES), expected) == "1"


def test_rates_and_ranks_are_taken_as_the_source_says_them() -> None:
    counts = Counts(Counter(completed=1, routed=1))
    told = CountTable({"kab-1": Row(counts, "1.00", "2.00", rank=9)}, row_of(counts))

    def said(measure: Measure) -> str:
        return value_of(told, figure(measure, "kab-1"), told)

    assert said(Measure.FOLLOW_UP_RATE) == "1.00"
    assert said(Measure.COMPLETION_RATE) == "2.00"
    assert said(Measure.RANK) == "9"


def test_whoever_has_no_line_has_nothing() -> None:
    empty = table()

    assert value_of(empty, figure(Measure.RECEIVED, "kab-1"), empty) == "0"
    assert value_of(empty, figure(Measure.COMPLETION_RATE, "kab-1"), empty) == "None"


def test_the_script_counts_a_transferred_complaint_once_at_its_holder() -> None:
    cases = [found_in(document("prov-36", before=["kab-3603"])), found_in(document("kab-3603"))]

    told: Any = answer(cases, PERIOD)

    assert {code: row["received"] for code, row in told["rows"].items()} == {
        "kab-3603": 1,
        "prov-36": 1,
    }
    assert told["totals"]["received"] == 2
    assert told["rows"]["kab-3603"]["transferred_out"] == 1
    assert told["rows"]["prov-36"]["transferred_in"] == 1


@pytest.mark.parametrize(
    ("at", "is_within"),
    [("2020-12-31T17:00", True), ("2020-12-31T16:59", False), ("2021-06-30T16:59", True)],
)
def test_the_script_takes_days_by_the_calendar_of_western_indonesia(
    at: str, is_within: bool
) -> None:
    case = found_in(document("kab-3603", at=datetime.fromisoformat(at)))

    told: Any = answer([case], PERIOD)

    assert told["totals"]["received"] == int(is_within)


@pytest.mark.parametrize(
    ("more", "received"),
    [
        ({"tier": "kabkota"}, 1),
        ({"tier": "provinsi"}, 0),
        ({"category": "covid"}, 1),
        ({"category": "covid.health"}, 1),
        ({"category": "cov"}, 0),
        ({"institution": "kab-3603"}, 1),
        ({"institution": "kab-3604"}, 0),
    ],
)
def test_the_script_asks_what_it_is_asked(more: dict[str, str], received: int) -> None:
    case = found_in(document("kab-3603", unit="Dinas PU"))

    told: Any = answer([case], PERIOD | more)

    assert told["totals"]["received"] == received


def test_the_script_leaves_out_of_rates_what_nobody_could_follow_up() -> None:
    line = Line(Counter(completed=1, postponed=5, archived=5))

    assert in_percent(line.rate("completion")) == "100.00"
    assert Line(Counter(postponed=5)).rate("completion") is None

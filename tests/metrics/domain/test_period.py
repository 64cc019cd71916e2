"""Periods: what the forms mean, by the calendar of western Indonesia, and what is refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain.facts import month_of
from services.metrics.domain.period import InvalidPeriod, Period, parse_period, year_of

days = st.dates(date(2000, 1, 1), date(2999, 12, 31))


def period(text: str) -> Period:
    found = parse_period(text)
    assert isinstance(found, Period)
    return found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("2021H1", date(2021, 1, 1), date(2021, 6, 30)),
        ("2021h2", date(2021, 7, 1), date(2021, 12, 31)),
        ("2021-02", date(2021, 2, 1), date(2021, 2, 28)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2021-12", date(2021, 12, 1), date(2021, 12, 31)),
        ("2021-03-23", date(2021, 3, 23), date(2021, 3, 23)),
        ("2018-09..2021-03-23", date(2018, 9, 1), date(2021, 3, 23)),
        ("2020..2021H1", date(2020, 1, 1), date(2021, 6, 30)),
        (" 2021 .. 2021 ", date(2021, 1, 1), date(2021, 12, 31)),
    ],
)
def test_each_form_names_its_days_both_included(text: str, first: date, last: date) -> None:
    assert period(text) == (first, last)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_period"),
        ("21", "invalid_period"),
        ("1999", "invalid_period"),
        ("3000", "invalid_period"),
        ("2021H3", "invalid_period"),
        ("2021-3", "invalid_period"),
        ("2021Q1", "invalid_period"),
        ("2021..", "invalid_period"),
        ("..2021", "invalid_period"),
        ("2021..2022..2023", "invalid_period"),
        ("２０２１", "invalid_period"),
        ("2021-00", "no_such_date"),
        ("2021-13", "no_such_date"),
        ("2021-02-29", "no_such_date"),
        ("2021-01-00", "no_such_date"),
        ("2022..2021", "empty_period"),
        ("2021-03-02..2021-03-01", "empty_period"),
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(text: str, code: str) -> None:
    found = parse_period(text)

    assert isinstance(found, InvalidPeriod)
    assert found.code == code
    assert "write" in found.detail


def test_a_period_begins_and_ends_at_midnight_in_jakarta() -> None:
    found = period("2021H1")

    assert found.begins == datetime(2020, 12, 31, 17, tzinfo=UTC)
    assert found.ends == datetime(2021, 6, 30, 17, tzinfo=UTC)


@given(days, days)
def test_a_period_is_named_so_that_it_is_read_again(one: date, other: date) -> None:
    found = Period(min(one, other), max(one, other))

    assert period(str(found)) == found


@pytest.mark.parametrize("text", ["2021", "2021H1", "2021H2", "2021-02", "2021-02-03"])
def test_a_period_has_the_shortest_name(text: str) -> None:
    assert str(period(text)) == text


@given(days, days, st.floats(0, 1, exclude_max=True))
def test_the_months_of_a_period_cover_each_of_its_instants(
    one: date, other: date, part: float
) -> None:
    found = Period(min(one, other), max(one, other))
    instant = found.begins + timedelta(
        seconds=int((found.ends - found.begins).total_seconds() * part)
    )

    assert found.months[0] <= month_of(instant) <= found.months[1]


def test_the_year_of_an_instant_is_that_of_jakarta() -> None:
    assert year_of(datetime(2021, 12, 31, 17, tzinfo=UTC)) == period("2022")
    assert year_of(datetime(2021, 12, 31, 16, 59, tzinfo=UTC)) == period("2021")

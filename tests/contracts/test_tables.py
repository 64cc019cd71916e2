"""A test over a table names every row that fails, and passes over none."""

from tests.support.tables import failing


def is_below_three(number: int) -> None:
    assert 6 // number >= 0
    assert number < 3, f"{number} is not below 3"


def test_every_row_that_fails_is_named_with_its_reason() -> None:
    assert failing([1, 2], is_below_three) == {}

    found = failing([5, 1, 0, 3], is_below_three)

    assert list(found) == ["5", "0", "3"]
    assert "5 is not below 3" in found["5"]
    assert found["0"].startswith("ZeroDivisionError")

"""Exact shares, means and medians: whole numbers and fractions, rounded half up at the very end."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

DAY_MS = 86_400_000
Milliseconds = int


class Share(NamedTuple):
    """A part of a whole; without a whole there is no share."""

    numerator: int
    denominator: int

    @property
    def exact(self) -> Fraction | None:
        """Return the share itself, for comparing; None where the denominator is 0."""
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def percent(self) -> Decimal | None:
        """Return the share in per cent, two decimals, half up."""
        return None if self.exact is None else two_decimals(self.exact * 100)


class Mean(NamedTuple):
    """A sum and of how many."""

    total: int
    number: int

    @property
    def value(self) -> Decimal | None:
        """Return the mean, two decimals, half up; None of nothing."""
        return two_decimals(Fraction(self.total, self.number)) if self.number else None


def two_decimals(value: Fraction) -> Decimal:
    """Return a value that is not negative with two decimals, half up."""
    hundredths = (200 * value.numerator + value.denominator) // (2 * value.denominator)
    return Decimal(hundredths).scaleb(-2)


def median_days(durations: Sequence[Milliseconds]) -> Decimal | None:
    """Return the median in days, two decimals, half up; None of nothing.

    Of an even number it is the mean of the middle two.
    """
    if not durations:
        return None
    ordered = sorted(durations)
    middle = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
    return two_decimals(Fraction(max(middle, 0), 2 * DAY_MS))

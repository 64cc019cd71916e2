"""A scenario at a part of its size: every count is scaled by itself, so figures stay exact.

A cohort of n complaints keeps n x scale of them, rounded half up, and at least one: no institution,
unit or fate vanishes. Rates and ranks follow from these counts and differ from those at full size.
"""

from fractions import Fraction

from deploy.dev.replay.scenario import Scenario
from shared.errors import Misconfigured

FULL = Fraction(1)


def scaled(scenario: Scenario, scale: Fraction) -> Scenario:
    """Return the scenario with a part of its complaints; its figures keep their full values."""
    if scale == FULL:
        return scenario
    smaller = tuple(
        one.model_copy(update={"count": part_of(one.count, scale)}) for one in scenario.cohorts
    )
    return scenario.model_copy(update={"cohorts": smaller})


def part_of(count: int, scale: Fraction) -> int:
    """Return count x scale, rounded half up, at least 1."""
    return max(1, int(count * scale + Fraction(1, 2)))


def read_scale(text: str) -> Fraction:
    """Return a scale as typed, such as `0.1` or `1/10`; exact, so that no rounding hides in it.

    Raises:
        Misconfigured: it is no number above 0 and up to 1.
    """
    try:
        scale = Fraction(text)
    except (ValueError, ZeroDivisionError):
        scale = Fraction(0)
    if not 0 < scale <= 1:
        raise Misconfigured(f"scale {text!r}: give a number above 0 and up to 1, such as 0.1")
    return scale

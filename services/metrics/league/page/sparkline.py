"""A trend as a small picture: one bar a month, the completed part of it dark."""

from collections.abc import Sequence
from typing import NamedTuple

from services.metrics.league.page.words import PageLocale
from services.metrics.league.ranking import MonthlyTrend

WIDTH, HEIGHT = 96, 24


class Sparkline(NamedTuple):
    """The paths of an SVG, and its first and last month in words for who cannot see it."""

    label: str
    received: str
    completed: str
    width: int = WIDTH
    height: int = HEIGHT


def draw(trend: Sequence[MonthlyTrend], speech: PageLocale) -> Sparkline:
    """Return the picture of a trend; an empty one has no bars."""
    ends = dict.fromkeys((*trend[:1], *trend[-1:]))
    most = max((month.received for month in trend), default=0)
    return Sparkline(
        label="; ".join(_told(month, speech) for month in ends),
        received=_bars([month.received for month in trend], most),
        completed=_bars([month.completed for month in trend], most),
    )


def _told(month: MonthlyTrend, speech: PageLocale) -> str:
    return speech(
        "trend_of",
        month=speech.month(month.month),
        received=speech.number(month.received),
        completed=speech.number(month.completed),
    )


def _bars(values: Sequence[int], most: int) -> str:
    # In tenths of a unit, whole numbers only: 680 of these pictures go into one page.
    step = WIDTH * 10 // max(1, len(values))
    width = max(1, min(step * 4 // 5, 120))
    return "".join(
        f"M{at * step / 10:g} {HEIGHT}v-{max(0.5, value * HEIGHT * 10 // most / 10):g}"
        f"h{width / 10:g}V{HEIGHT}z"
        for at, value in enumerate(values)
        if value
    )

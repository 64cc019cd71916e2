"""A trend as a small picture: one bar a month, the completed part of it dark."""

from collections.abc import Sequence

from services.metrics.league.page.markup import Markup, element
from services.metrics.league.page.words import PageLocale
from services.metrics.league.ranking import MonthlyTrend

WIDTH, HEIGHT = 96, 24


def sparkline(trend: Sequence[MonthlyTrend], speech: PageLocale) -> Markup:
    """Return an SVG picture that tells its first and last month to who cannot see it."""
    told = [_told(month, speech) for month in dict.fromkeys((*trend[:1], *trend[-1:]))]
    label = "; ".join(told)
    most = max((month.received for month in trend), default=0)
    return element(
        "svg",
        element("title", label),
        element("path", d=_bars([month.received for month in trend], most), class_="all"),
        element("path", d=_bars([month.completed for month in trend], most), class_="done"),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
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

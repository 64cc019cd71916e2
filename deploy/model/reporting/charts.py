"""Pictures of a report, drawn as SVG by hand: reliability, coverage, confusion."""

from collections.abc import Sequence
from html import escape

from deploy.model.training.figures import Bin, LabelFigures

SIZE, EDGE = 360, 48
Point = tuple[float, float]


def reliability_picture(bins: Sequence[Bin]) -> str:
    """Draw how often texts were right over how sure the model was; the diagonal is true."""
    dots = [
        f'<circle cx="{_x(one.confidence):.1f}" cy="{_y(one.accuracy):.1f}" r="5" fill="#1f5fa8"/>'
        for one in bins
    ]
    points = [(one.confidence, one.accuracy) for one in bins]
    diagonal = _line([(0, 0), (1, 1)], "#999", dash="4")
    return _plot("confidence", "right", [diagonal, _line(points, "#1f5fa8"), *dots])


def coverage_picture(curve: Sequence[Point]) -> str:
    """Draw the share of right decisions over the share decided, the surest first."""
    return _plot("share of texts decided", "right", [_line(curve, "#1f5fa8")])


def confusion_picture(worst: Sequence[LabelFigures]) -> str:
    """Draw, for each of the worst labels, the share found and the shares taken for others."""
    rows = [_bar(at, one) for at, one in enumerate(worst)]
    return _svg(760, 30 * len(worst) + 40, rows)


def _bar(at: int, one: LabelFigures) -> str:
    top, width = 20 + 30 * at, 200
    said = ", ".join(f"{label} {count}" for label, count in one.taken_for)
    return (
        f'<text x="232" y="{top + 14}" text-anchor="end">{_short(one.label, 34)}</text>'
        f'<rect x="240" y="{top}" width="{width}" height="18" fill="#e4c9c2"/>'
        f'<rect x="240" y="{top}" width="{width * one.recall:.1f}" height="18" fill="#1f5fa8"/>'
        f'<text x="450" y="{top + 14}">{_short(said, 46)}</text>'
    )


def _short(text: str, most: int) -> str:
    return escape(text if len(text) <= most else f"{text[: most - 1]}…")


def _plot(across: str, up: str, inside: Sequence[str]) -> str:
    ticks = [
        f'<text x="{_x(at):.1f}" y="{_y(0) + 16:.1f}" text-anchor="middle">{at:g}</text>'
        f'<text x="{_x(0) - 6:.1f}" y="{_y(at) + 4:.1f}" text-anchor="end">{at:g}</text>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    ]
    frame = _line([(0, 1), (0, 0), (1, 0)], "#333")
    names = (
        f'<text x="{_x(0.5)}" y="{SIZE - 8}" text-anchor="middle">{across}</text>'
        f'<text x="{_x(0) + 6}" y="{EDGE - 28}">{up}</text>'
    )
    return _svg(SIZE, SIZE, [frame, names, *ticks, *inside])


def _line(points: Sequence[Point], colour: str, dash: str = "0") -> str:
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-dasharray="{dash}"/>'


def _x(value: float) -> float:
    return EDGE + value * (SIZE - 2 * EDGE)


def _y(value: float) -> float:
    return SIZE - EDGE - value * (SIZE - 2 * EDGE)


def _svg(width: int, height: int, inside: Sequence[str]) -> str:
    style = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {style}>'
    back = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, back, *inside, "</svg>"]) + "\n"

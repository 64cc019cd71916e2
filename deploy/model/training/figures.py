"""How good predictions are: the figures of every report, from labels and probabilities alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.router.domain.classifier.model import Floats

BINS = 10
TARGETS = (0.9, 0.95)
WORST = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts of one range of confidence: how many, how sure on average, how often right."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """The largest share of texts, the surest first, of which `precision` are right.

    `threshold` is the least confidence among them; None where no share is that good.
    """

    precision: float
    share: float
    threshold: float | None


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label: how many texts have it, how well it is found, what it is taken for."""

    label: str
    texts: int
    precision: float
    recall: float
    f1: float
    taken_for: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one set; shares from 0 to 1. Macro-F1 is over labels that are or were said;
    `curve` is what is right of the surest share."""

    texts: int
    labels: int
    accuracy: float
    macro_f1: float
    top3: float
    ece: float
    reliability: tuple[Bin, ...]
    coverage: tuple[Coverage, ...]
    worst: tuple[LabelFigures, ...]
    curve: tuple[tuple[float, float], ...]


def measure(truth: Sequence[str], labels: Sequence[str], probabilities: Floats) -> Figures:
    """Return the figures of at least one text; a label unknown to the model counts as wrong."""
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    said = [labels[best] for best in order[:, 0]]
    right = np.array([a == b for a, b in zip(truth, said, strict=True)])
    sure = probabilities.max(axis=1)
    each = _each_label(truth, said)
    bins = _bins(sure, right)
    near = [true in {labels[at] for at in row} for true, row in zip(truth, order, strict=True)]
    return Figures(
        texts=len(truth),
        labels=len(set(truth)),
        accuracy=float(right.mean()),
        macro_f1=float(np.mean([one.f1 for one in each])),
        top3=float(np.mean(near)),
        ece=float(sum(one.count * abs(one.confidence - one.accuracy) for one in bins) / len(truth)),
        reliability=bins,
        coverage=tuple(_coverage(sure, right, target) for target in TARGETS),
        worst=tuple(sorted((one for one in each if one.texts), key=_badness)[:WORST]),
        curve=_curve(sure, right),
    )


def _badness(one: LabelFigures) -> tuple[float, int, str]:
    return (one.f1, -one.texts, one.label)


def _each_label(truth: Sequence[str], said: Sequence[str]) -> list[LabelFigures]:
    pairs = Counter(zip(truth, said, strict=True))
    of_truth, of_said = Counter(truth), Counter(said)
    found = []
    for label in sorted(of_truth.keys() | of_said.keys()):
        hits = pairs[label, label]
        wrong = Counter({b: n for (a, b), n in pairs.items() if a == label != b})
        found.append(
            LabelFigures(
                label=label,
                texts=of_truth[label],
                precision=hits / max(of_said[label], 1),
                recall=hits / max(of_truth[label], 1),
                f1=2 * hits / (of_truth[label] + of_said[label]),
                taken_for=tuple(sorted(wrong.items(), key=lambda one: (-one[1], one[0]))[:3]),
            )
        )
    return found


def _bins(sure: Floats, right: np.ndarray) -> tuple[Bin, ...]:
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(int(inside.sum()), float(sure[inside].mean()), float(right[inside].mean()))
        for inside in (place == at for at in range(BINS))
        if inside.any()
    )


def _curve(sure: Floats, right: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return at most 100 points: the share decided, the surest first, and the share right."""
    order = np.argsort(-sure, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    ends = np.unique(np.linspace(1, len(order), min(100, len(order))).astype(int))
    return tuple((float(end / len(order)), float(precision[end - 1])) for end in ends)


def _coverage(sure: Floats, right: np.ndarray, target: float) -> Coverage:
    order = np.argsort(-sure, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # Equal confidences stand or fall together: a threshold cannot tell them apart.
    last = np.append(np.diff(sure[order]) != 0, True)
    good = np.flatnonzero((precision >= target) & last)
    if not len(good):
        return Coverage(target, 0.0, None)
    return Coverage(target, float((good[-1] + 1) / len(order)), float(sure[order][good[-1]]))

"""How well links between reports find retellings of one event, on a generated stream.

The threshold is chosen on one half of the scenarios and measured on the other: no sentence is in
both. A pair is two reports of one key, that is of one region and main category.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from deploy.dev.duplicates.retellings import SCENARIOS, Scenario
from deploy.dev.duplicates.stream import SyntheticReport, SyntheticStream
from services.router.domain.duplicates.similarity import THRESHOLD, jaccard, likeness
from services.router.domain.duplicates.sketches import SketchParts, parts, sketch

KEYS = 240
TUNING_SEED, MEASURING_SEED = 1, 2
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(4, 19))
Likeness = Callable[[SketchParts, SketchParts], float]


@dataclass(frozen=True, slots=True)
class Pairs:
    """All pairs of a stream: how alike, whether of one event, whether in one street."""

    scores: npt.NDArray[np.float64]
    same_event: npt.NDArray[np.bool_]
    same_street: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """What linking from one threshold on finds; of the wrong links, how many share the street."""

    threshold: float
    pairs: int
    duplicates: int
    linked: int
    right: int
    wrong_in_same_street: int

    @property
    def precision(self) -> float:
        """Return the share of links that are right."""
        return self.right / self.linked if self.linked else 0.0

    @property
    def recall(self) -> float:
        """Return the share of duplicates that are linked."""
        return self.right / self.duplicates if self.duplicates else 0.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def in_right_street(self) -> float:
        """Return the share of links that are right, or wrong but within one street or village."""
        return (self.right + self.wrong_in_same_street) / self.linked if self.linked else 0.0


def tuning_and_measuring(
    keys: int = KEYS,
) -> tuple[list[list[SyntheticReport]], list[list[SyntheticReport]]]:
    """Return the two streams, of different scenarios."""
    return _stream(TUNING_SEED, SCENARIOS[::2], keys), _stream(
        MEASURING_SEED, SCENARIOS[1::2], keys
    )


def best(pairs: Pairs) -> LinkFigures:
    """Return the links of the threshold with the highest F1."""
    return max((links(pairs, threshold) for threshold in THRESHOLDS), key=lambda one: one.f1)


def links(pairs: Pairs, threshold: float = THRESHOLD) -> LinkFigures:
    """Return what a threshold finds."""
    linked = pairs.scores >= threshold
    wrong = linked & ~pairs.same_event
    return LinkFigures(
        threshold=threshold,
        pairs=len(pairs.scores),
        duplicates=int(pairs.same_event.sum()),
        linked=int(linked.sum()),
        right=int((linked & pairs.same_event).sum()),
        wrong_in_same_street=int((wrong & pairs.same_street).sum()),
    )


def pairs_of(stream: Iterable[Sequence[SyntheticReport]], by: Likeness = likeness) -> Pairs:
    """Return all pairs of all keys."""
    rows = [row for reports in stream for row in _rows(reports, by)]
    table = np.array(rows, np.float64).reshape(-1, 3)
    return Pairs(table[:, 0], table[:, 1] > 0, table[:, 2] > 0)


def by_words_alone(one: SketchParts, other: SketchParts) -> float:
    """Return the share of common words, names among them: what comparing plain texts can tell."""
    return jaccard(one.words | one.names, other.words | other.names)


def _rows(reports: Sequence[SyntheticReport], by: Likeness) -> Iterator[tuple[float, bool, bool]]:
    known = [(told, parts(sketch(told.text))) for told in reports]
    for (one, mine), (other, theirs) in combinations(known, 2):
        yield by(mine, theirs), one.event == other.event, one.street == other.street


def _stream(seed: int, scenarios: Sequence[Scenario], keys: int) -> list[list[SyntheticReport]]:
    return list(SyntheticStream(seed, scenarios).keys(keys))

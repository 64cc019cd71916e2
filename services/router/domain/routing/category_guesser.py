"""What a complaint is probably about, by a learned model: guesses with honest probabilities."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from services.router.domain.classifier.model import Floats, Integers, Model
from services.router.domain.classifier.predict import Classifier
from services.router.domain.reference.taxonomy import Taxonomy
from shared.errors import Misconfigured

MOST = 3


class CategoryGuess(NamedTuple):
    """A category, how probable it is, and whether that is enough to decide by."""

    category: str
    probability: float
    is_sure: bool


class Guesser(Protocol):
    """Guesses what texts are about; `version` names what it learned from."""

    @property
    def version(self) -> str:
        """Return the model's short name; empty where there is none."""
        ...

    def guess(self, texts: Sequence[str]) -> list[tuple[CategoryGuess, ...]]:
        """Return the three best guesses of each text, the most probable first."""
        ...


class NoGuesser:
    """Knows nothing: categories come from words and from choices alone."""

    version = ""

    def guess(self, texts: Sequence[str]) -> list[tuple[CategoryGuess, ...]]:
        """Return no guess for any text."""
        return [()] * len(texts)


class LearnedGuesser:
    """Guesses with a trained model whose labels are categories.

    Raises:
        Misconfigured: a label is no category of the taxonomy.
    """

    def __init__(self, model: Model, taxonomy: Taxonomy) -> None:
        unknown = sorted(set(model.labels) - set(taxonomy.categories))
        if unknown:
            raise Misconfigured(
                f"the model's label {unknown[0]!r} is no category of taxonomy.csv"
                f" ({len(unknown)} such labels); add it there, or train on its slugs"
            )
        self.version = model.version
        self._labels = model.labels
        self._classifier = Classifier(model)
        self._thresholds = np.asarray(model.thresholds, np.float32)

    def guess(self, texts: Sequence[str]) -> list[tuple[CategoryGuess, ...]]:
        """Return the three best guesses of each text, the most probable first."""
        found = self._classifier.probabilities(texts)
        best = _best(found, min(MOST, found.shape[1]))
        sure = np.take_along_axis(found >= self._thresholds, best, axis=1)
        probable = np.take_along_axis(found, best, axis=1).astype(np.float64).round(4)
        labels = map(self._labels.__getitem__, best.ravel().tolist())
        every = map(CategoryGuess, labels, probable.ravel().tolist(), sure.ravel().tolist())
        return list(zip(*[every] * best.shape[1], strict=True))


def _best(found: Floats, most: int) -> Integers:
    """Return the places of each row's greatest values, the greatest first, of equals the first."""
    left, rows = found.copy(), np.arange(len(found))
    best = np.empty((len(found), most), np.int64)
    for at in range(most):
        best[:, at] = left.argmax(axis=1)
        left[rows, best[:, at]] = -1
    return best

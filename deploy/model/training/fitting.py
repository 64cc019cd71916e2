"""Fits a model, and chooses its settings by folds within the rows it is given."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deploy.model.training.figures import measure
from deploy.model.training.linear_svm import Settings, fit_linear_svm
from deploy.model.training.matrix import Matrix, Words, learn_vocabulary
from services.router.domain.classifier.model import Floats, Vocabulary, Weights
from services.router.domain.classifier.predict import doubted, softmax

COSTS = (0.1, 0.3, 1.0, 3.0)
BALANCES = (0.0, 0.5, 1.0)
EVEN = 1.5  # the most frequent label has at most so many times the rows of the rarest
BEST = 3  # as many settings are averaged: the best one alone is often best by luck
SHARPNESSES = np.geomspace(0.5, 30, 40)
DOUBTS = (0.001, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Rows of the folds, each predicted by a model that had not learned it; rows by labels."""

    truth: npt.NDArray[np.int64]
    probabilities: Floats


@dataclass(frozen=True, slots=True)
class ChosenSettings:
    """The settings best in the folds, and what makes probabilities of their mean score."""

    settings: tuple[Settings, ...]
    sharpness: float
    doubt: float
    unseen: Unseen


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows as words, each with its label's place in `labels`."""

    texts: Sequence[Words]
    truth: npt.NDArray[np.int64]
    labels: tuple[str, ...]

    def part(self, chosen: npt.NDArray[np.bool_]) -> "TrainingSet":
        """Return the chosen rows; labels stay all."""
        texts = [text for text, wanted in zip(self.texts, chosen, strict=True) if wanted]
        return TrainingSet(texts, self.truth[chosen], self.labels)


def choose(rows: TrainingSet, fold: npt.NDArray[np.int64], tell: Tell) -> ChosenSettings:
    """Return the settings with the best sums of accuracy and macro-F1 over folds of the rows."""
    count = int(fold.max()) + 1
    grid = [Settings(cost, balance) for balance in _balances(rows) for cost in COSTS]
    scores = {one: np.zeros((len(rows.texts), len(rows.labels)), np.float32) for one in grid}
    known = np.zeros(len(rows.texts), bool)
    for at in range(count):
        tell(f"choosing settings: part {at + 1} of {count}")
        inside, outside = rows.part(fold != at), rows.part(fold == at)
        known[fold == at] = np.isin(outside.truth, inside.truth)
        for settings, found in _scores(inside, outside, grid):
            scores[settings][fold == at] = found
    best = sorted(grid, key=lambda one: -_worth(rows, scores[one]))[:BEST]
    together = np.mean([scores[one][known] for one in best], axis=0)
    truth = rows.truth[known]
    sharpness, doubt = _calibrated(together, truth)
    probabilities = doubted(softmax(together * np.float32(sharpness)), doubt)
    return ChosenSettings(tuple(best), sharpness, doubt, Unseen(truth, probabilities))


def fit(rows: TrainingSet, settings: Sequence[Settings]) -> tuple[Vocabulary, Weights]:
    """Return the vocabulary of all rows, and the mean of the weights under each of the settings."""
    vocabulary = learn_vocabulary(rows.texts)
    matrix = Matrix(rows.texts, vocabulary)
    each = [_weights(matrix, rows, one) for one in settings]
    return vocabulary, matrix.learned(np.mean(each, axis=0, dtype=np.float32))


def _balances(rows: TrainingSet) -> Sequence[float]:
    """Return the balances worth trying: where all labels have about as many rows, one will do."""
    each = np.bincount(rows.truth, minlength=len(rows.labels))
    return BALANCES[:1] if each.max() < EVEN * each.min() else BALANCES


def _scores(
    inside: TrainingSet, outside: TrainingSet, grid: Sequence[Settings]
) -> Iterator[tuple[Settings, Floats]]:
    vocabulary = learn_vocabulary(inside.texts)
    matrix, other = Matrix(inside.texts, vocabulary), Matrix(outside.texts, vocabulary)
    for settings in grid:
        yield settings, other.scores(_weights(matrix, inside, settings))


def _weights(matrix: Matrix, rows: TrainingSet, settings: Settings) -> Floats:
    labels = len(rows.labels)
    return fit_linear_svm(matrix.features, rows.truth, labels=labels, settings=settings)


def _worth(rows: TrainingSet, scores: Floats) -> float:
    found = measure([rows.labels[at] for at in rows.truth], rows.labels, softmax(scores))
    return found.accuracy + found.macro_f1


def _calibrated(scores: Floats, truth: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the sharpness and the doubt under which held-out labels surprise least."""
    if not len(truth):
        return 1.0, DOUBTS[-1]
    rows = np.arange(len(truth))
    losses = {}
    for sharpness in SHARPNESSES:
        sure = softmax(scores * np.float32(sharpness))
        for doubt in DOUBTS:
            losses[float(sharpness), doubt] = -np.log(doubted(sure, doubt)[rows, truth]).mean()
    return min(losses, key=lambda one: losses[one])

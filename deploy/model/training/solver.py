"""Linear support vector machines, one against the rest, for all classes in lockstep.

Minimises, for each class, |w|^2 / 2 + C * sum(weight * max(0, 1 - y * score)^2): what liblinear
solves class by class (Fan et al. 2008, L2-regularised L2-loss). Here one product with the texts
serves all classes at once, by Newton's method with conjugate gradients (Lin et al. 2008), so a
hundred classes cost little more than ten. No randomness: equal input gives equal weights.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
NEWTON_STEPS, GRADIENT_STEPS, HALVINGS = 14, 12, 6
TOLERANCE = 0.02  # of the first gradient's length, times a label's share of the rows, as liblinear


class Texts(Protocol):
    """The texts as a matrix of rows by features that is only ever multiplied."""

    @property
    def shape(self) -> tuple[int, int]:
        """Return how many rows and features there are."""
        ...

    def scores(self, weights: Floats) -> Floats:
        """Return rows by classes, from features by classes."""
        ...

    def back(self, scores: Floats) -> Floats:
        """Return features by classes, from rows by classes: the transposed product."""
        ...


@dataclass(frozen=True, slots=True)
class SvmProblem:
    """Signs (+1, -1) and costs, both rows by classes; a cost holds C and the class's weight."""

    texts: Texts
    signs: Floats
    costs: Floats


def solve(problem: SvmProblem, start: Floats | None = None) -> Floats:
    """Return the weights, features by classes; `start` is a solution of a similar problem."""
    classes = problem.signs.shape[1]
    weights = np.zeros((problem.texts.shape[1], classes), np.float32) if start is None else start
    scores = problem.texts.scores(weights)
    rare = np.maximum(np.sum(problem.signs > 0, axis=0), 1) / len(scores)
    first = _lengths(_gradient(problem, np.zeros_like(weights), np.zeros_like(scores)))
    enough = TOLERANCE * rare * first
    for _ in range(NEWTON_STEPS):
        gradient = _gradient(problem, weights, scores)
        if np.all(_lengths(gradient) <= enough):
            break
        step, change = _newton_step(problem, gradient, scores)
        length = _line_search(problem, (weights, scores), (step, change))
        weights = weights + length * step
        scores = scores + length * change
    return weights


def _gradient(problem: SvmProblem, weights: Floats, scores: Floats) -> Floats:
    missing = np.maximum(1 - problem.signs * scores, 0)
    return weights - 2 * problem.texts.back(problem.costs * problem.signs * missing)


def _newton_step(problem: SvmProblem, gradient: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Return the step and what it changes in the scores."""
    curved = 2 * problem.costs * (problem.signs * scores < 1)
    step = np.zeros_like(gradient)
    change = np.zeros_like(scores)
    rest = -gradient
    direction = rest
    length = _squares(rest)
    enough = 0.01 * length
    for _ in range(GRADIENT_STEPS):
        moved = problem.texts.scores(direction)
        bent = direction + problem.texts.back(curved * moved)
        size = length / np.maximum(np.sum(direction * bent, axis=0), 1e-30)
        step = step + size * direction
        change = change + size * moved
        rest = rest - size * bent
        before, length = length, _squares(rest)
        if np.all(length <= enough):
            break
        direction = rest + (length / np.maximum(before, 1e-30)) * direction
    return step, change


def _line_search(
    problem: SvmProblem, at: tuple[Floats, Floats], step: tuple[Floats, Floats]
) -> Floats:
    """Return how far each class goes: the whole step, or a half of it, until it gains."""
    length = np.ones(problem.signs.shape[1], np.float32)
    here = _objective(problem, *at)
    for _ in range(HALVINGS):
        there = _objective(problem, at[0] + length * step[0], at[1] + length * step[1])
        worse = there > here * (1 + 1e-6)
        if not np.any(worse):
            break
        length = np.where(worse, length / 2, length).astype(np.float32)
    return np.where(worse, 0, length).astype(np.float32)


def _objective(problem: SvmProblem, weights: Floats, scores: Floats) -> Floats:
    missing = np.maximum(1 - problem.signs * scores, 0)
    return np.asarray(_squares(weights) / 2 + np.sum(problem.costs * missing**2, axis=0))


def _lengths(values: Floats) -> Floats:
    return np.asarray(np.sqrt(_squares(values)))


def _squares(values: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->j", values, values))

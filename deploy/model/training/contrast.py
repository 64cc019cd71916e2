"""Lets features that tell a label from the others count for more (Wang and Manning 2012).

A feature's weight costs less where the feature is much more, or much less, frequent in the texts of
the label than in all others: by the log of that ratio, mixed in by `CONTRAST`. The answer is still
one weight per feature and label. On small and large sets alike this gained a little accuracy and
macro-F1, and 1 to 3 points of the share that can be decided at 95 % precision.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deploy.model.training.solver import Floats, Texts

CONTRAST = 0.15
SMOOTHING = 1.0  # added to what a feature adds up to in each of both groups of texts


@dataclass(frozen=True, slots=True)
class Contrasted:
    """Texts with each feature scaled for each class; `scale` is features by classes."""

    texts: Texts
    scale: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Return how many texts and features there are."""
        return self.texts.shape

    def scores(self, weights: Floats) -> Floats:
        """Return texts by classes, from scaled features by classes."""
        return self.texts.scores(self.scale * weights)

    def back(self, scores: Floats) -> Floats:
        """Return scaled features by classes, from texts by classes: the transposed product."""
        return self.scale * self.texts.back(scores)


def contrast(texts: Texts, mine: npt.NDArray[np.bool_]) -> Floats:
    """Return a scale per feature and class, around one; `mine` is texts by classes.

    The last feature is the bias: it is the same in every text and stays as it is.
    """
    inside = texts.back(mine.astype(np.float32))
    every = texts.back(np.ones((len(mine), 1), np.float32))
    ratio = np.log(_shares(inside) / _shares(np.maximum(every - inside, 0)))
    usual = np.sqrt(np.mean(ratio**2, axis=0, keepdims=True))
    scale = 1 - CONTRAST + CONTRAST * np.abs(ratio) / np.maximum(usual, 1e-6)
    scale[-1] = 1
    return np.asarray(scale, np.float32)


def _shares(sums: Floats) -> Floats:
    risen = sums + np.float32(SMOOTHING)
    return np.asarray(risen / risen.sum(axis=0, keepdims=True))

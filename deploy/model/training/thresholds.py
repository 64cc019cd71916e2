"""How sure a model must be of each label, and what that decides.

A label's threshold is the smallest confidence from which on `TARGET` of the texts said to have the
label are right, among texts predicted by a model that had not learned them. A label with few such
texts would take its threshold by luck, so every label is also given `BORROWED` texts that are as
often right, at each confidence, as all labels together: a label that is never said takes the
threshold of all together. No threshold is below `LEAST`: under one half, the others together are
likelier.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.router.domain.classifier.model import NEVER, Floats

TARGET = 0.95
BORROWED = 20
LEAST = 0.5
Thresholds = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LabelDecided:
    """One label: its threshold (above 1: never), how many texts were said to have it, how many of
    those reach the threshold, and how many of these are right."""

    label: str
    threshold: float
    said: int
    decided: int
    right: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What thresholds decide of a set: the share decided, the share of it that is right.

    `precision` is None where nothing is decided.
    """

    texts: int
    share: float
    precision: float | None
    labels: tuple[LabelDecided, ...]


def choose_thresholds(
    truth: Sequence[str], labels: Sequence[str], probabilities: Floats
) -> Thresholds:
    """Return a threshold per label, from texts not learned and their probabilities."""
    best, sure, right = _said(truth, labels, probabilities)
    levels = np.unique(sure)
    shared = _at_least(sure, right, levels)
    precision = shared[1] / shared[0]
    found = []
    for place in range(len(labels)):
        mine = best == place
        said, hits = _at_least(sure[mine], right[mine], levels)
        likely = (hits + BORROWED * precision) / (said + BORROWED)
        good = np.flatnonzero(likely >= TARGET)
        found.append(max(float(levels[good[0]]), LEAST) if len(good) else NEVER)
    return tuple(found)


def decide(
    truth: Sequence[str], labels: Sequence[str], probabilities: Floats, *, thresholds: Thresholds
) -> Decided:
    """Return what thresholds decide; a label unknown to the model counts as wrong."""
    best, sure, right = _said(truth, labels, probabilities)
    is_decided = sure >= np.array(thresholds, np.float32)[best]
    counts = [
        np.bincount(best[kept], minlength=len(labels)).tolist()
        for kept in (np.ones(len(best), bool), is_decided, is_decided & right)
    ]
    decided = int(is_decided.sum())
    return Decided(
        texts=len(best),
        share=decided / max(len(best), 1),
        precision=int((is_decided & right).sum()) / decided if decided else None,
        labels=tuple(LabelDecided(*one) for one in zip(labels, thresholds, *counts, strict=True)),
    )


_Said = tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.bool_]]


def _said(truth: Sequence[str], labels: Sequence[str], probabilities: Floats) -> _Said:
    """Return each text's best label by place, how sure that is, and whether it is right."""
    best = probabilities.argmax(axis=1)
    right = np.array([labels[at] == true for at, true in zip(best, truth, strict=True)], bool)
    return best, probabilities.max(axis=1, initial=0), right


def _at_least(
    sure: Floats, right: npt.NDArray[np.bool_], levels: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many texts are at least as sure as each level, and how many of them are right."""
    order = np.argsort(sure, kind="stable")
    below = np.searchsorted(sure[order], levels)
    hits = np.concatenate([[0], np.cumsum(right[order])])
    return len(sure) - below, hits[-1] - hits[below]

"""Features of a batch of texts: which ones a text has, how often, and what they add up to."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from services.router.domain.classifier.model import PAIR_BASE, Floats, Integers


class FeatureCounts(NamedTuple):
    """The features of texts, in order of the texts: which text, which feature, and its value."""

    owners: Integers
    places: Integers
    values: Floats


def counted(owners: Integers, features: Integers) -> FeatureCounts:
    """Return the different features of each text; the value is 1 + log of how often it occurs."""
    width = int(features.max(initial=0)) + 1
    keys, counts = np.unique(owners * width + features, return_counts=True)
    return FeatureCounts(keys // width, keys % width, 1 + np.log(counts, dtype=np.float32))


def add(total: Floats, features: FeatureCounts, rows: Floats) -> None:
    """Add to each text's scores its features' rows; text by text, they stay in the cache."""
    ends = np.searchsorted(features.owners, np.arange(len(total) + 1)).tolist()
    for text, (start, end) in enumerate(pairwise(ends)):
        if start < end:
            known = rows.take(features.places[start:end], 0)
            total[text] += features.values[start:end].dot(known)


def summed(owners: Integers, values: Floats, size: int) -> Floats:
    """Return the sum of the values of each of so many owners."""
    return np.bincount(owners, weights=values, minlength=size).astype(np.float32)


class Pairs:
    """Places of sorted keys: a table by a hash, and a search where two keys share a cell."""

    def __init__(self, keys: Integers) -> None:
        self._keys = np.append(keys, -1)  # where -1, the place of none, points to
        self._mask = (1 << (8 * len(keys)).bit_length()) - 1
        self._table = np.full(self._mask + 1, -1)
        self._table[self._cells(keys)] = np.arange(len(keys))

    def places(self, keys: Integers) -> Integers:
        """Return each key's place, -1 for one that is not there."""
        places = self._table[self._cells(keys)]
        shared = np.flatnonzero((places >= 0) & (self._keys[places] != keys))
        near = np.searchsorted(self._keys[:-1], keys[shared])
        places[shared] = np.where(self._keys[near] == keys[shared], near, -1)
        return places

    def _cells(self, keys: Integers) -> Integers:
        return (keys // PAIR_BASE * 40_503 + keys) & self._mask

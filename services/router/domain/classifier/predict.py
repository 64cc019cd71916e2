"""Scores texts in batches. What one word adds to the scores is worked out once and remembered."""

from collections.abc import Sequence

import numpy as np

from services.router.domain.classifier.features import FeatureCounts, Pairs, add, counted, summed
from services.router.domain.classifier.model import Floats, Integers, Model, pair_keys
from services.router.domain.classifier.token_cache import TokenCache

BATCH = 256


class Classifier:
    """Predicts with one model. Not for several threads at once: it remembers words as it goes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._memory = TokenCache(model)
        self._pairs = Pairs(model.vocabulary.pairs)

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return texts by labels, the higher the better; the same for any order and batch."""
        done = [self._batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(done) if done else np.zeros((0, len(self.model.labels)), np.float32)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return texts by labels; each row sums to one. A text without words has the bias alone."""
        sure = softmax(self.scores(texts) * np.float32(self.model.sharpness))
        return doubted(sure, self.model.doubt)

    def _batch(self, texts: Sequence[str]) -> Floats:
        weights, size = self.model.weights, len(texts)
        owners, slots = self._memory.read(texts)
        said = counted(owners, slots)
        pairs = self._known_pairs(owners, slots)
        total = np.zeros((size, len(self.model.labels)), np.float32)
        add(total, said, self._memory.rows)
        add(total, pairs, weights.pairs)
        squares = summed(said.owners, said.values**2 * self._memory.squares[said.places], size)
        squares += summed(pairs.owners, pairs.values**2, size)
        squares[squares == 0] = 1
        return np.asarray(total / np.sqrt(squares, dtype=np.float32)[:, None] + weights.bias)

    def _known_pairs(self, owners: Integers, slots: Integers) -> FeatureCounts:
        vocabulary = self.model.vocabulary
        known = slots < len(vocabulary.words)
        beside = known[:-1] & known[1:] & (owners[:-1] == owners[1:])
        places = self._pairs.places(pair_keys(slots[:-1][beside], slots[1:][beside]))
        found = places >= 0
        pairs = counted(owners[:-1][beside][found], places[found])
        return pairs._replace(values=pairs.values * vocabulary.pair_idf[pairs.places])


def doubted(probabilities: Floats, doubt: float) -> Floats:
    """Return probabilities of which the share `doubt` is spread evenly over the labels."""
    labels = max(probabilities.shape[1], 1)
    return np.asarray(probabilities * np.float32(1 - doubt) + np.float32(doubt / labels))


def softmax(values: Floats) -> Floats:
    """Return each row as probabilities."""
    risen = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=1, keepdims=True))

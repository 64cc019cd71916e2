"""Scores texts in batches. What one word adds to the scores is worked out once and remembered."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from services.router.domain.classifier.model import Floats, Integers, Model, pair_keys
from services.router.domain.classifier.words import tokens, word

BATCH = 256
MOST_UNKNOWN = 20_000  # remembered words outside the vocabulary; beyond that they are forgotten


class Classifier:
    """Predicts with one model. Not for several threads at once: it remembers words as it goes."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._memory = _Memory(model)

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return texts by labels, the higher the better; the same for any order and batch."""
        done = [self._batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(done) if done else np.zeros((0, len(self.model.labels)), np.float32)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return texts by labels; each row sums to one. A text without words has the bias alone."""
        sure = softmax(self.scores(texts) * np.float32(self.model.sharpness))
        return doubted(sure, self.model.doubt)

    def _batch(self, texts: Sequence[str]) -> Floats:
        self._memory.forget()
        said = [tokens(text) for text in texts]
        slots = self._memory.slots(chain.from_iterable(said))
        owners = np.repeat(np.arange(len(said)), [len(one) for one in said])
        total = np.zeros((len(said), len(self.model.labels)), np.float32)
        squares = self._add_words(total, owners, slots) + self._add_pairs(total, owners, slots)
        squares[squares == 0] = 1
        return np.asarray(
            total / np.sqrt(squares, dtype=np.float32)[:, None] + self.model.weights.bias
        )

    def _add_words(self, total: Floats, owners: Integers, slots: Integers) -> Floats:
        at, counts = _counted(owners, slots)
        often = 1 + np.log(counts)
        _add(total, at[0], self._memory.rows[at[1]] * often[:, None])
        return _summed(at[0], often**2 * self._memory.squares[at[1]], len(total))

    def _add_pairs(self, total: Floats, owners: Integers, slots: Integers) -> Floats:
        vocabulary = self.model.vocabulary
        known = slots < len(vocabulary.words)
        beside = known[:-1] & known[1:] & (owners[:-1] == owners[1:])
        keys = pair_keys(slots[:-1][beside], slots[1:][beside])
        places = np.searchsorted(vocabulary.pairs, keys)
        places[places == len(vocabulary.pairs)] = 0
        found = vocabulary.pairs[places] == keys if len(vocabulary.pairs) else keys < 0
        at, counts = _counted(owners[:-1][beside][found], places[found])
        values = (1 + np.log(counts)) * vocabulary.pair_idf[at[1]]
        _add(total, at[0], self.model.weights.pairs[at[1]] * values[:, None])
        return _summed(at[0], values**2, len(total))


class _Memory(dict[str, int]):
    """Raw token to slot; a slot below the vocabulary's size is the word's place in it.

    Rows and squares of a slot are what its word adds to the scores and to the squared length.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model
        self._size = len(model.vocabulary.words)
        room = np.zeros((1_024, len(model.labels)), np.float32)
        self.rows = np.concatenate([model.weights.words, room])
        self.squares = np.concatenate([model.weights.squares, room[:, 0]])
        self._unknown: dict[str, int] = {}

    def slots(self, said: chain[str]) -> Integers:
        return np.fromiter(map(self.__getitem__, said), np.int64)

    def forget(self) -> None:
        if len(self._unknown) > MOST_UNKNOWN or len(self) > self._size + 4 * MOST_UNKNOWN:
            self.clear()
            self._unknown.clear()

    def __missing__(self, token: str) -> int:
        spelled = word(token)
        slot = self._model.vocabulary.places.get(spelled, self._unknown.get(spelled))
        if slot is None:
            slot = self._size + len(self._unknown)
            self._learn(spelled, slot)
            self._unknown[spelled] = slot
        self[token] = slot
        return slot

    def _learn(self, spelled: str, slot: int) -> None:
        """Work out the row of a word that is not known, from its pieces."""
        if slot >= len(self.rows):
            more = np.zeros((len(self.rows) // 2, self.rows.shape[1]), np.float32)
            self.rows = np.concatenate([self.rows, more])
            self.squares = np.concatenate([self.squares, more[:, 0]])
        idf = np.float32(self._model.vocabulary.unseen_idf)
        places, shares = self._model.vocabulary.mix(spelled)
        self.rows[slot] = idf * (shares @ self._model.weights.pieces[places])
        self.squares[slot] = idf * idf * (shares @ shares)


def doubted(probabilities: Floats, doubt: float) -> Floats:
    """Return probabilities of which the share `doubt` is spread evenly over the labels."""
    labels = max(probabilities.shape[1], 1)
    return np.asarray(probabilities * np.float32(1 - doubt) + np.float32(doubt / labels))


def softmax(values: Floats) -> Floats:
    """Return each row as probabilities."""
    risen = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=1, keepdims=True))


def _counted(owners: Integers, features: Integers) -> tuple[tuple[Integers, Integers], Floats]:
    """Return the different pairs of text and feature, by text, and how often each occurs."""
    width = int(features.max(initial=0)) + 1
    keys, counts = np.unique(owners * width + features, return_counts=True)
    return (keys // width, keys % width), counts.astype(np.float32)


def _add(total: Floats, owners: Integers, rows: Floats) -> None:
    if len(owners):
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        total[owners[starts]] += np.add.reduceat(rows, starts, axis=0)


def _summed(owners: Integers, values: Floats, size: int) -> Floats:
    return np.bincount(owners, weights=values, minlength=size).astype(np.float32)

"""What is remembered of words: where each run of letters leads, and rows of unknown words."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from services.router.domain.classifier.features import FeatureCounts, add, summed
from services.router.domain.classifier.model import SHARE, Integers, Model, Vocabulary
from services.router.domain.classifier.tokenizer import LONGEST, char_ngrams, runs, words

MOST_UNKNOWN = 20_000  # remembered words outside the vocabulary; beyond that they are forgotten


class TokenCache(dict[str, tuple[int, ...]]):
    """Run of letters to slots; a slot below the vocabulary's size is the word's place in it.

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
        self._fresh: list[str] = []  # the last of the unknown ones, whose rows are still empty

    def read(self, texts: Sequence[str]) -> tuple[Integers, Integers]:
        """Return the slots of all words of all texts in order, and which text each is of."""
        self._forget()
        slots: list[int] = []
        ends = [0]
        for text in texts:
            slots += chain.from_iterable(map(self.__getitem__, runs(text)))
            ends.append(len(slots))
        self._learn()
        return np.repeat(np.arange(len(texts)), np.diff(ends)), np.array(slots, np.int64)

    def __missing__(self, run: str) -> tuple[int, ...]:
        # A word of the vocabulary stands for itself.
        known = self._model.vocabulary.places.get(run) if run.isalpha() else None
        slots = tuple(map(self._slot, words(run))) if known is None else (known,)
        if len(run) <= LONGEST:
            self[run] = slots
        return slots

    def _slot(self, spelled: str) -> int:
        slot = self._model.vocabulary.places.get(spelled, self._unknown.get(spelled))
        if slot is None:
            slot = self._unknown[spelled] = self._size + len(self._unknown)
            self._fresh.append(spelled)
        return slot

    def _learn(self) -> None:
        """Work out the rows of words that are not known, from their pieces."""
        if not self._fresh:
            return
        end = self._size + len(self._unknown)
        start = end - len(self._fresh)
        self._make_room(end)
        mixed, idf = _mixed(self._model.vocabulary, self._fresh), self._model.vocabulary.unseen_idf
        self.rows[start:end] = 0
        add(self.rows[start:end], mixed, self._model.weights.pieces)
        self.rows[start:end] *= np.float32(idf)
        self.squares[start:end] = summed(mixed.owners, mixed.values**2, end - start) * idf**2
        self._fresh.clear()

    def _make_room(self, size: int) -> None:
        if size > len(self.rows):
            more = np.zeros((size - len(self.rows) // 2, self.rows.shape[1]), np.float32)
            self.rows = np.concatenate([self.rows, more])
            self.squares = np.concatenate([self.squares, more[:, 0]])

    def _forget(self) -> None:
        if len(self._unknown) > MOST_UNKNOWN or len(self) > self._size + 4 * MOST_UNKNOWN:
            self.clear()
            self._unknown.clear()


def _mixed(vocabulary: Vocabulary, words: Sequence[str]) -> FeatureCounts:
    """Return the known pieces of each word and their shares, as `Vocabulary.mix` does for one."""
    places = vocabulary.piece_places
    known = [[places[one] for one in char_ngrams(word) if one in places] for word in words]
    owners = np.repeat(np.arange(len(words)), [len(one) for one in known])
    flat = np.fromiter(chain.from_iterable(known), np.int64)
    idf = vocabulary.piece_idf[flat]
    lengths = np.sqrt(summed(owners, idf * idf, len(words)))
    return FeatureCounts(owners, flat, np.asarray(SHARE * idf / lengths[owners], np.float32))

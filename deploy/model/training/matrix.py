"""Labelled texts as a sparse matrix: the vectors that the classifier's `model` describes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from scipy import sparse

from services.router.domain.classifier.model import (
    PAIR_BASE,
    Floats,
    Vocabulary,
    Weights,
)
from services.router.domain.classifier.tokenizer import char_ngrams

Words = Sequence[str]
Feature = TypeVar("Feature", str, int)
MOST_WORDS, MOST_PAIRS, MOST_PIECES = 30_000, 60_000, 30_000
MANY_ROWS = 4_000  # from here on pairs seen in one text alone are left out


def learn_vocabulary(texts: Sequence[Words]) -> Vocabulary:
    """Return what is worth knowing of these texts: the most frequent, up to the limits above."""
    in_texts = Counter(word for text in texts for word in set(text))
    words = _most(in_texts, 1, MOST_WORDS)
    places = {word: at for at, word in enumerate(words)}
    pairs = Counter(pair for text in texts for pair in set(_pairs(text, places)))
    kept = _most(pairs, 2 if len(texts) >= MANY_ROWS else 1, MOST_PAIRS)
    parts = Counter(part for word in in_texts for part in char_ngrams(word))
    chosen = _most(parts, 2, MOST_PIECES)
    return Vocabulary(
        words=tuple(words),
        word_idf=_idf((in_texts[word] for word in words), len(texts)),
        unseen_idf=float(_idf([1], len(texts))[0]),
        pairs=np.array(kept, np.int64),
        pair_idf=_idf((pairs[pair] for pair in kept), len(texts)),
        pieces=tuple(chosen),
        piece_idf=_idf((parts[part] for part in chosen), len(in_texts)),
    )


class Matrix:
    """Texts by features: all words, then pairs, then pieces, then one constant for the bias."""

    def __init__(self, texts: Sequence[Words], vocabulary: Vocabulary) -> None:
        slots = dict(vocabulary.places)
        for text in texts:
            for word in text:
                slots.setdefault(word, len(slots))
        known = len(vocabulary.words)
        idf = np.full(len(slots), vocabulary.unseen_idf, np.float32)
        idf[:known] = vocabulary.word_idf
        words = _counts(texts, slots, len(slots)).multiply(idf).tocsr()
        held = [_pairs(text, vocabulary.places) for text in texts]
        wanted = {int(pair): at for at, pair in enumerate(vocabulary.pairs)}
        pairs = _counts(held, wanted, len(wanted)).multiply(vocabulary.pair_idf).tocsr()
        mix = _mix(slots, vocabulary)
        square = _squares(mix)
        square[:known] += 1
        squares = words.power(2) @ square + _squares(pairs)
        scale = sparse.diags(1 / np.sqrt(np.where(squares == 0, 1, squares)))
        vectors = scale @ sparse.hstack([words[:, :known], pairs, words @ mix])
        self.features = sparse.hstack([vectors, np.ones((len(texts), 1))], format="csr")
        self._ends = np.cumsum([known, len(wanted), len(vocabulary.pieces)])
        self._idf, self._mix, self._square = idf[:known], mix[:known], square[:known]

    def scores(self, weights: Floats) -> Floats:
        """Return texts by labels, from features by labels."""
        return np.asarray(self.features @ weights, np.float32)

    def learned(self, weights: Floats) -> Weights:
        """Return what a model keeps of features by labels: pieces added to the known words."""
        words, pairs, parts, bias = np.split(weights, self._ends)
        return Weights(
            words=np.asarray(self._idf[:, None] * (words + self._mix @ parts), np.float32),
            squares=np.asarray(self._idf**2 * self._square, np.float32),
            pairs=pairs,
            pieces=parts,
            bias=bias.reshape(-1),
        )


def _pairs(text: Words, places: Mapping[str, int]) -> list[int]:
    found = [places.get(word, -1) for word in text]
    return [a * PAIR_BASE + b for a, b in pairwise(found) if a >= 0 and b >= 0]


def _most(counts: Counter[Feature], least: int, most: int) -> list[Feature]:
    """Return the most frequent, sorted; equals in the order of the alphabet."""
    kept = [one for one in counts if counts[one] >= least]
    return sorted(sorted(kept, key=lambda one: (-counts[one], one))[:most])


def _idf(counts: Iterable[int], texts: int) -> Floats:
    return np.log((1 + texts) / (1 + np.fromiter(counts, np.float32))) + np.float32(1)


def _counts(
    texts: Iterable[Sequence[Feature]], slots: Mapping[Feature, int], width: int
) -> sparse.csr_matrix:
    """Return 1 + log of how often a text holds each feature that has a slot."""
    held: list[Counter[int]] = [
        Counter(slots[one] for one in text if one in slots) for text in texts
    ]
    ends = np.cumsum([0, *(len(one) for one in held)])
    places = np.fromiter((at for one in held for at in one), np.int32, ends[-1])
    often = np.fromiter((n for one in held for n in one.values()), np.float32, ends[-1])
    return sparse.csr_matrix((1 + np.log(often), places, ends), shape=(len(held), width))


def _squares(rows: sparse.csr_matrix) -> Floats:
    return np.asarray(rows.power(2).sum(axis=1)).ravel()


def _mix(slots: Mapping[str, int], vocabulary: Vocabulary) -> sparse.csr_matrix:
    """Return words by pieces."""
    mixed = [vocabulary.mix(word) for word in slots]
    ends = np.cumsum([0, *(len(places) for places, _ in mixed)])
    places = np.fromiter((at for found, _ in mixed for at in found), np.int32, ends[-1])
    shares = np.concatenate([np.zeros(0, np.float32), *(share for _, share in mixed)])
    return sparse.csr_matrix((shares, places, ends), shape=(len(slots), len(vocabulary.pieces)))

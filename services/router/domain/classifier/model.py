"""What a classifier has learned: its vocabulary, a weight per feature and label, its temperature.

A text's vector is, for each of its words, (1 + log of how often) * idf * (the word itself, and
`SHARE` times its pieces as a unit vector), and for each pair of neighbouring words (1 + log) * idf;
the whole scaled to length one, words and pairs counted as if at right angles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from services.router.domain.classifier.tokenizer import char_ngrams

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
SHARE = 0.7  # length of a word's pieces beside the word itself: about one third of the square
NEVER = 2.0  # a threshold that no probability reaches
PAIR_BASE = 1 << 20  # more than any vocabulary holds


def pair_keys(first: Integers, second: Integers) -> Integers:
    """Return one number per pair of known words, from their places in the vocabulary."""
    return first * PAIR_BASE + second


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The known words, pairs (sorted keys, see `pair_keys`) and pieces, each with its idf."""

    words: tuple[str, ...]
    word_idf: Floats
    unseen_idf: float
    pairs: Integers
    pair_idf: Floats
    pieces: tuple[str, ...]
    piece_idf: Floats
    places: Mapping[str, int] = field(init=False, repr=False, compare=False)
    piece_places: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", {word: at for at, word in enumerate(self.words)})
        object.__setattr__(self, "piece_places", {one: at for at, one in enumerate(self.pieces)})

    def mix(self, word: str) -> tuple[Sequence[int], Floats]:
        """Return a word's known pieces and the share of each, together of length `SHARE`."""
        known = [self.piece_places[one] for one in char_ngrams(word) if one in self.piece_places]
        if not known:
            return known, np.zeros(0, np.float32)
        idf = self.piece_idf[known]
        return known, SHARE * idf / np.sqrt(np.sum(idf * idf))


@dataclass(frozen=True, slots=True)
class Weights:
    """Features by labels, one array per kind of feature, and one row for the bias.

    A row of `words` is all that one occurrence of the word adds, its idf and its pieces included;
    `squares` is what it adds to the squared length. `pieces` are for words that are not known.
    """

    words: Floats
    squares: Floats
    pairs: Floats
    pieces: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """A trained classifier; `about` holds its settings, counts and origin, as JSON values.

    Probabilities are softmax(score * sharpness), of which the share `doubt` is spread evenly: some
    texts have a label that nothing in them explains. Both were fitted on held-out texts. A label
    is accepted where its probability reaches its place in `thresholds`; `NEVER` is out of reach.
    `version` is the first 12 hexadecimal digits of the file's SHA-256, empty before there is one.
    """

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    weights: Weights
    sharpness: float
    doubt: float
    about: Mapping[str, object]
    thresholds: tuple[float, ...]
    version: str = ""

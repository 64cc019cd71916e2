"""A report's text in 64 bytes, small enough to compare with hundreds of others.

Reports of one category in one region share most of their words; what tells two damaged roads
apart is the street. So a sketch holds names that follow a word such as "jalan" or "desa", the
numbers of RT, RW, kilometre, house and block, and a sample of the other words. Words are kept as
16-bit hashes: nothing can be read back. Equal texts give equal sketches, in every process.
"""

import re
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from zlib import crc32

from services.router.domain.classifier.tokenizer import tokens, word
from services.router.domain.text.sketch_words import COUNTED, CUES, EMPTY, ORDINARY, QUALIFIERS

NAMES, NUMBERS, WORDS = 6, 5, 21  # places of the sketch, in this order; two bytes each
LENGTH = 2 * (NAMES + NUMBERS + WORDS)
_FORM = struct.Struct(f"<{LENGTH // 2}H")
_VOWELS, _DOUBLE = re.compile(r"(?<=.)[aeiou]"), re.compile(r"(.)\1+")
_NOT_COUNTED, _RT, _RW = -1, COUNTED["rt"], COUNTED["rw"]


@dataclass(frozen=True, slots=True)
class SketchParts:
    """A sketch taken apart: hashes; of `numbers` one per kind, 0 where none is given."""

    names: frozenset[int]
    numbers: tuple[int, ...]
    words: frozenset[int]


def sketch(text: str) -> bytes:
    """Return the sketch of a text, `LENGTH` bytes; an empty text gives zeros."""
    draft = _Draft()
    for token in tokens(text):
        if token[0].isdigit():
            draft.take_number(token)
        else:
            draft.take(_known(token))
    return draft.packed()


@lru_cache(maxsize=20_000)
def parts(packed: bytes) -> SketchParts:
    """Return the parts of a sketch; ValueError where it is not `LENGTH` bytes."""
    if len(packed) != LENGTH:
        raise ValueError(f"a sketch has {LENGTH} bytes, not {len(packed)}")
    values = _FORM.unpack(packed)
    return SketchParts(
        names=frozenset(values[:NAMES]) - {0},
        numbers=values[NAMES : NAMES + NUMBERS],
        words=frozenset(values[NAMES + NUMBERS :]) - {0},
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to know of a token, whatever stands around it."""

    said: str
    hashed: int
    is_empty: bool
    is_cue: bool
    may_be_name: bool
    counts: int  # which number follows, by its place


@dataclass(slots=True)
class _Draft:
    """A sketch in the making, and what the last word was."""

    names: dict[int, None] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=lambda: [0] * NUMBERS)
    words: set[int] = field(default_factory=set)
    after_cue: bool = False
    name: _Known | None = None
    counts: int = _NOT_COUNTED

    def take_number(self, token: str) -> None:
        """Take a number; what nothing announces, such as a count of days, differs by teller."""
        if self.counts >= 0 and not self.numbers[self.counts]:
            self.numbers[self.counts] = _hash(token.lstrip("0"))
        # "RT 04/02" and "rt 4 rw 2" are the same.
        self.counts = _RW if self.counts == _RT else _NOT_COUNTED
        self.after_cue, self.name = False, None

    def take(self, known: _Known) -> None:
        """Take a word."""
        before, self.name, self.counts = self.name, None, known.counts
        if before is not None and known.said in QUALIFIERS:
            self.names.pop(before.hashed, None)
            self.names[_hash(f"{_bones(before.said)} {known.said}")] = None
        elif self.after_cue and known.may_be_name:
            self.names[known.hashed] = None
            self.after_cue, self.name = False, known
        elif not known.is_empty:
            self.after_cue = known.is_cue
            self.words.add(known.hashed)

    def packed(self) -> bytes:
        """Return the sketch: the first names, and the words with the lowest hashes."""
        names, words = list(self.names)[:NAMES], sorted(self.words)[:WORDS]
        names += [0] * (NAMES - len(names))
        words += [0] * (WORDS - len(words))
        return _FORM.pack(*names, *self.numbers, *words)


@lru_cache(maxsize=50_000)
def _known(token: str) -> _Known:
    said = word(token)
    is_empty = said in EMPTY
    ordinary = is_empty or said in CUES or said in ORDINARY or said in COUNTED
    return _Known(
        said=said,
        hashed=_hash(_bones(said)),
        is_empty=is_empty,
        is_cue=said in CUES,
        may_be_name=not ordinary and len(said) > 2 and not said.endswith("kan"),
        counts=COUNTED.get(said, _NOT_COUNTED),
    )


def _bones(said: str) -> str:
    """Return a word without vowels after its first letter and without doubles: "rsk" is "rusak"."""
    return _DOUBLE.sub(r"\1", _VOWELS.sub("", said)) if len(said) > 3 else said


def _hash(text: str) -> int:
    # Zero is the empty place of a sketch.
    return crc32(text.encode()) % 65_535 + 1

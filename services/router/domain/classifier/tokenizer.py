"""Words of an informal text: lower case, elongated letters shortened, numbers kept coarse.

What is done to one token is independent of its neighbours, so a caller may remember the answer.
So are the pieces of a word, runs of three to five letters with its ends marked: they let a word
that was never seen be understood by its relatives, by affixes, spelling and typing errors.
"""

import re
from unicodedata import normalize

from services.router.domain.classifier.abbreviations import ABBREVIATIONS
from services.router.domain.text.masks import without_masks

_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,:]\d+)*")
# For ASCII: small letters, digits and what may stand inside a number; blanks for the rest.
_PLAIN = (
    "".join(one.lower() if one.isalnum() or one in ".,:" else " " for one in map(chr, range(128)))
    .ljust(256)
    .encode()
)
_ELONGATED = re.compile(r"(.)\1{2,}")
_TIME = re.compile(r"[012]?\d[.:][0-5]\d")
TIME, NUMBER = "<time>", "<number>"
LONGEST = 32
PIECES = range(3, 6)  # letters of a piece


def tokens(text: str) -> list[str]:
    """Return a text's raw tokens in order, in lower case: letters, and numbers, but no masks."""
    text = without_masks(text)
    if not text.isascii():
        text = normalize("NFKC", text)
    return _TOKEN.findall(text.lower())


def runs(text: str) -> list[str]:
    """Return a text's runs without a blank: the tokens of one after the other are the text's.

    Most runs are one token, so whoever remembers what a run holds looks for no token at all.
    """
    text = without_masks(text)
    if not text.isascii():
        return normalize("NFKC", text).lower().split()
    plain = text.encode().translate(_PLAIN).decode()
    return plain.replace(". ", " ").replace(", ", " ").split()


def word(token: str) -> str:
    """Return the word that a raw token stands for.

    A number keeps only how many digits it has (`<2>`), from four on not even that; a time of day
    is `<time>`.
    """
    if token[0].isdigit():
        return _number(token)
    short = _ELONGATED.sub(r"\1", token)
    return ABBREVIATIONS.get(short, short)[:LONGEST]


def words(text: str) -> list[str]:
    """Return a text's words in order."""
    return [word(token) for token in tokens(text)]


def _number(token: str) -> str:
    if _TIME.fullmatch(token):
        return TIME
    return f"<{len(token)}>" if len(token) < 4 else NUMBER


def char_ngrams(word: str) -> list[str]:
    """Return the different pieces of a word, in a fixed order; none of a number."""
    if word.startswith("<"):
        return []
    marked = f"^{word}$"
    found = dict.fromkeys(
        marked[start : start + size] for size in PIECES for start in range(len(marked) - size + 1)
    )
    return list(found)

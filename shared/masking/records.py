"""Masks the words of a record whose form nobody has checked: JSON, broken JSON, or anything else.

Only what a person may have written changes: strings that are no id and no time, and what stands
outside strings. So JSON stays JSON, and whoever mends the record finds all else as it was.
"""

import json
import re
from collections.abc import Iterator

from shared.masking import mask
from shared.masking.digits import plain_digits
from shared.normal_text import normalised

# A string without an end goes to the end of the record, so no character is looked at twice.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[^"]+', re.DOTALL)
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.,+\-Z]{4,24})?")
_NUMBER = re.compile(r"-?[0-9][0-9.eE+\-]*")


def masked_record(value: bytes) -> bytes:
    """Return the bytes with the words in them masked; the same bytes where there is nothing to."""
    text = value.decode(errors="surrogateescape")
    if _is_apart(text):
        return value
    masked = "".join(_masked_pieces(text))
    return value if masked == text else masked.encode(errors="surrogateescape")


def _masked_pieces(text: str) -> Iterator[str]:
    masked = _masked_numbers if _is_json(text) else _masked_words
    for found in _PIECE.finditer(text):
        piece = found.group()
        yield _masked_string(piece) if piece.startswith('"') else masked(piece)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _masked_numbers(piece: str) -> str:
    """Mask numbers of JSON as strings, the sign and the fraction with them."""
    return _NUMBER.sub(lambda found: _masked_number(found.group()), piece)


def _masked_number(number: str) -> str:
    masked = mask(number)
    return number if masked == number else json.dumps(masked)


def _masked_string(piece: str) -> str:
    try:
        words = json.loads(piece, strict=False)
    except ValueError:
        return _masked_words(piece)
    if _is_apart(words):
        return piece
    masked = _masked_words(words)
    return piece if masked == words else json.dumps(masked)


def _masked_words(words: str) -> str:
    masked = mask(words)
    return words if masked == plain_digits(normalised(words)) else masked


def _is_apart(words: str) -> bool:
    return (_ID.fullmatch(words) or _TIME.fullmatch(words)) is not None

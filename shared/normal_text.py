"""One form for text that people type: what looks alike is alike, and nothing stands there unseen.

The time grows with the length of the text, whatever a caller writes.
"""

import re
import unicodedata

MOST_MARKS = 30  # on one letter, as in UAX #15's stream-safe format: no language needs more
# Category Cf, Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and control characters
# that are neither a tab nor a line break.
_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "]+"
)
_MAYBE_MARKS = re.compile(rf"[^\x00-\u02ff]{{{MOST_MARKS + 1}}}")  # all marks lie beyond these


def normalised(text: str) -> str:
    """Return a text in NFKC, without characters that are not seen; line breaks are kept.

    Taken out are format characters, other default-ignorable ones, control characters, and marks
    beyond `MOST_MARKS` on one letter. Full-width digits and letters become plain ones.
    """
    seen = _UNSEEN.sub("", text)
    if seen.isascii():
        return seen
    return _UNSEEN.sub("", _bounded(unicodedata.normalize("NFKC", _bounded(seen))))


def says_something(text: str) -> bool:
    """Tell whether a text holds a letter or a digit, of any script, once it is normalised."""
    return any(letter.isalnum() for letter in normalised(text))


def _bounded(text: str) -> str:
    """Return the text without marks beyond the bound: ordering those costs their number squared."""
    if _MAYBE_MARKS.search(text) is None:
        return text
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)

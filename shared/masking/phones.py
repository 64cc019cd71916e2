"""Phones: which numbers somebody could be called at.

Indonesian ones as people type them, in any grouping, and those of other countries after a `+`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from shared.masking.amounts import MOST_AFTER, is_amount, is_priced
from shared.masking.cues import OTHERS, PHONES, Cue
from shared.masking.digits import YEAR, Run, Window

PHONE = "[telepon]"
MOST_DIGITS = 15
_LEAST_MOBILE = 10  # digits of the shortest mobile, with its zero
_MOBILE = re.compile(r"08(?:[1235789][1-9]|68)")
_LANDLINE = re.compile(r"0[2-9]\d")
_ABROAD = re.compile(r"620?(?:2[1-9]|[3-9]\d)")
_MOBILE_ABROAD = re.compile(r"628[1-9]")
_FOREIGN = re.compile(r"00(?:60|62|65|81|82|852|886|966|971)[1-9]")  # where Indonesians live
_GROUPS = frozenset({(3, 3, 3), (3, 3, 4), (3, 4, 3), (3, 4, 4), (3, 4, 5)})
_WORD_BEFORE = re.compile(r"[^\W_]\Z|/\s?\Z")
_WORD_AFTER = re.compile(r"[\w%]|\s?/")


class Around(NamedTuple):
    """What stands around a number: some characters before it, and what they announce."""

    source: str  # the whole text
    before: str
    cue: Cue | None
    plus: bool

    def after(self, window: Window) -> str:
        """Return some characters behind a window."""
        return self.source[window.end : window.end + MOST_AFTER]

    def is_priced(self, window: Window) -> bool:
        """Tell whether the window is an amount, or the part of a number, by what is around it."""
        return is_priced(self.before, self.after(window))

    def is_amount(self, window: Window) -> bool:
        """Tell whether the window is an amount by its thousands as well."""
        sign = "+" if self.plus else ""
        return is_amount(sign + window.text, self.before, self.after(window))


def may_be_phone(ahead: str, run: Run, around: Around) -> bool:
    """Tell by the first digits whether it is worth a look: most numbers are told apart here."""
    if around.plus or around.cue is Cue.TELEPHONE:
        return True
    if ahead[0] == "0":
        begins = _LANDLINE.match(ahead) if len(run.digits) > 2 else _MOBILE.match(ahead)
        return (begins or _FOREIGN.match(ahead)) is not None
    if ahead[0] == "6":
        return _ABROAD.match(ahead) is not None
    known = around.cue in PHONES or len(run.digits) == 3 or len(run.digits) >= _LEAST_MOBILE
    return ahead[0] == "8" and known


def phone(found: Sequence[Window], around: Around) -> Window | None:
    """Return the longest of some windows on one place that is a phone, or None."""
    for window in reversed(_not_too_long(found)):
        if _is_phone(window, around):
            return window
    return None


def _not_too_long(found: Sequence[Window]) -> Sequence[Window]:
    """Leave out what only follows a whole number: a year behind it, the next line."""
    for size, window in enumerate(found[:-1], start=1):
        whole = len(window.digits) >= _whole(window.digits)
        gap = found[size].gaps[-1]
        if whole and ("\n" in gap or (size == 1 and gap.isspace())):
            return found[:size]
    return found


def _whole(digits: str) -> int:
    """Return how many digits may be a number by themselves, as 0812345678 is."""
    if digits[0] != "0":
        return 11
    return 13 if digits[1:2] == "0" else 10


def _is_phone(window: Window, around: Around) -> bool:
    return _has_form(window, around) and not around.is_amount(window)


def _has_form(window: Window, around: Around) -> bool:
    digits, size = window.digits, len(window.digits)
    if not 7 <= size <= MOST_DIGITS:
        return False
    if around.plus:
        return size >= 9
    if digits[0] in "06" and size >= 9:
        return _has_prefix(window, around)
    if digits[0] == "8" and 9 <= size <= 12:
        return _is_mobile_without_zero(window, around)
    return around.cue is Cue.TELEPHONE and _is_local(window, around)


def _has_prefix(window: Window, around: Around) -> bool:
    digits, size = window.digits, len(window.digits)
    if _FOREIGN.match(digits):
        return size >= 11 and len(window.runs[0]) > 2
    if digits[0] == "0":
        return size <= 13 and _is_national(window, around)
    return (
        size <= 14
        and _ABROAD.match(digits) is not None
        and _is_sure(window, around, _MOBILE_ABROAD)
    )


def _is_national(window: Window, around: Around) -> bool:
    first = window.runs[0]
    if len(first) > 2:
        return bool(_LANDLINE.match(first)) and _is_sure(window, around, _MOBILE)
    if not _MOBILE.match(window.digits) or around.cue in OTHERS or window.is_dated:
        return False
    pointed = "." in window.gaps[0] and len(window.runs) < 4  # 0.8123456789 is a fraction
    return len(window.digits) >= _LEAST_MOBILE and window.is_uniform and not pointed


def _is_sure(window: Window, around: Around, mobile: re.Pattern[str]) -> bool:
    """Tell whether a number in groups is no decree's (081/2345/2021) and no meter's."""
    if len(window.runs) == 1:
        return True
    if any("/" in gap or "\u2044" in gap for gap in window.gaps):
        alone = not (_WORD_BEFORE.search(around.before) or _WORD_AFTER.match(around.after(window)))
        decree = around.cue in OTHERS or YEAR.fullmatch(window.runs[-1]) is not None
        return alone and not decree and mobile.match(window.digits) is not None
    return around.cue is not Cue.OTHER or _MOBILE.match(window.digits) is not None


def _is_mobile_without_zero(window: Window, around: Around) -> bool:
    if window.digits[1] == "0" or window.is_dated or around.is_priced(window):
        return False
    if around.cue in PHONES:
        return True
    if around.cue is not None or _WORD_BEFORE.search(around.before):
        return False
    grouped = window.is_uniform and tuple(map(len, window.runs)) in _GROUPS
    likely = grouped or (len(window.runs) == 1 and len(window.digits) >= _LEAST_MOBILE)
    return (
        likely
        and _MOBILE.match("0" + window.digits) is not None
        and not _WORD_AFTER.match(around.after(window))
    )


def _is_local(window: Window, around: Around) -> bool:
    """Tell whether a number is one without its area code; 14045 and 1500123 are everybody's."""
    return (
        7 <= len(window.digits) <= 8
        and window.digits[0] in "23456789"
        and not window.is_dated
        and not around.is_priced(window)
    )

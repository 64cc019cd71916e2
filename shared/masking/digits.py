"""Runs of digits, and what joins them: the material that numbers are recognised in."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

MOST_GAP = 6
_GAP = re.compile(r"[\s.\-\u2010-\u2015\u2212/\u2044()_~|]{0,6}")
_RUN = re.compile(r"[0-9]+")
_LETTER_FOR_ZERO = re.compile(r"\b[oO]\Z")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
YEAR = re.compile(r"(?:19|20)\d\d")
_DAYS = re.compile(r"[0-3]?\d")


def plain_digits(text: str) -> str:
    """Return the text with the decimal digits of every script written as 0 to 9."""
    if text.isascii():
        return text
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.digit(found.group())), text)


class Run(NamedTuple):
    """Digits in a row. `gap` is what joins them to the run before; None where nothing does."""

    start: int
    end: int
    digits: str
    gap: str | None


class Window(NamedTuple):
    """Joined runs, taken together: `digits` of all of them, the `gaps` between them."""

    runs: tuple[str, ...]
    gaps: tuple[str, ...]
    digits: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """Return the runs with what joins them."""
        return self.runs[0] + "".join(map("".join, zip(self.gaps, self.runs[1:], strict=True)))

    @property
    def is_uniform(self) -> bool:
        """Tell whether the same blank or sign stands between all runs."""
        return len({" " if gap.isspace() else gap for gap in self.gaps}) <= 1

    @property
    def is_dated(self) -> bool:
        """Tell whether it begins with a date such as 05-06-2021, or is made of years alone."""
        if all(YEAR.fullmatch(run) for run in self.runs):
            return True
        days = len(self.runs) > 2 and all(_DAYS.fullmatch(run) for run in self.runs[:2])
        return days and YEAR.fullmatch(self.runs[2]) is not None


def runs_of(text: str) -> tuple[Run, ...]:
    """Return all runs of digits of a text, in order; O812 is read as 0812."""
    found: list[Run] = []
    last = -1
    for match in _RUN.finditer(text):
        start, digits = match.start(), match.group()
        if digits[0] == "8" and _LETTER_FOR_ZERO.search(text, max(0, start - 2), start):
            start, digits = start - 1, "0" + digits
        found.append(Run(start, match.end(), digits, _gap(text, last, start)))
        last = match.end()
    return tuple(found)


def _gap(text: str, last: int, start: int) -> str | None:
    if last < 0 or start - last > MOST_GAP:
        return None
    gap = text[last:start]
    return gap if _GAP.fullmatch(gap) and gap.count("\n") <= 1 else None


def digits_ahead(runs: Sequence[Run], at: int, most: int) -> str:
    """Return the digits of run `at` and of what is joined to it, about `most` of them."""
    digits = runs[at].digits
    for run in runs[at + 1 : at + most]:
        if run.gap is None or len(digits) >= most:
            break
        digits += run.digits
    return digits


def windows(runs: Sequence[Run], at: int, most: int) -> tuple[Window, ...]:
    """Return what begins with run `at`: itself, then with what is joined, up to `most` digits."""
    digits, start = runs[at].digits, runs[at].start
    found = [Window((digits,), (), digits, start, runs[at].end)]
    for run in runs[at + 1 : at + most]:
        digits += run.digits
        if run.gap is None or len(digits) > most:
            break
        last = found[-1]
        joined = (*last.runs, run.digits), (*last.gaps, run.gap)
        found.append(Window(*joined, digits, start, run.end))
    return tuple(found)

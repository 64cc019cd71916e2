"""Goes through the numbers of a text and masks those of persons."""

import re
from collections.abc import Sequence

from shared.masking.cues import MOST_BEFORE, cue_in
from shared.masking.digits import Run, Window, digits_ahead, runs_of, windows
from shared.masking.named import MOST_DIGITS, identified, may_be_named, named
from shared.masking.phones import PHONE, Around, may_be_phone, phone

_LEAST_DIGITS = 7
_SIGN = re.compile(r"\+[\s.(\-]{0,3}\Z")
_MOST_SIGN = 5


def mask_numbers(text: str) -> str:
    """Return the text with the numbers of persons replaced by their masks."""
    runs = runs_of(text)
    masked = _Masked(text, runs)
    at = 0
    while at < len(runs):
        at += masked.take(at) or 1
    return masked.text()


class _Masked:
    """A text on its way: what is before a number is looked at as it was written out.

    So a second time, where masks stand already, nothing looks different.
    """

    def __init__(self, text: str, runs: Sequence[Run]) -> None:
        self._text = text
        self._runs = runs
        self._parts: list[str] = []
        self._done = 0
        self._tail = ""  # the end of the parts

    def take(self, at: int) -> int:
        """Mask the number that begins with a run; return of how many runs it is, 0 for none."""
        ahead = digits_ahead(self._runs, at, MOST_DIGITS)
        if len(ahead) < _LEAST_DIGITS:
            return 0
        around = self._around(self._runs[at])
        if not (
            may_be_named(ahead, self._runs[at : at + 6], around)
            or may_be_phone(ahead, self._runs[at], around)
        ):
            return 0
        number = _number(windows(self._runs, at, MOST_DIGITS), around)
        if number is None:
            return 0
        window, mask = number
        self._write(self._start(window, around), mask)
        self._done = window.end
        return len(window.runs)

    def text(self) -> str:
        """Return the whole text, masked."""
        return "".join((*self._parts, self._text[self._done :]))

    def _around(self, run: Run) -> Around:
        new = self._text[max(self._done, run.start - MOST_BEFORE) : run.start]
        before = (self._tail + new)[-MOST_BEFORE:]
        return Around(
            source=self._text,
            before=before,
            cue=cue_in(before) if run.gap is None else None,
            plus=_SIGN.search(new) is not None,
        )

    def _start(self, window: Window, around: Around) -> int:
        sign = _SIGN.search(self._text, max(self._done, window.start - _MOST_SIGN), window.start)
        start = sign.start() if sign else window.start
        opened = start > self._done and self._text[start - 1] == "("
        return start - 1 if opened and any(")" in gap for gap in window.gaps) else start

    def _write(self, start: int, mask: str) -> None:
        written = self._text[self._done : start] + mask
        self._parts.append(written)
        self._tail = (self._tail + written)[-MOST_BEFORE:]


def _number(found: Sequence[Window], around: Around) -> tuple[Window, str] | None:
    known = named(found, around) or identified(found, around)
    if known is not None:
        return known
    called = phone(found, around)
    return None if called is None else (called, PHONE)

"""Numbers that identify a person by their form, or by the name before them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from shared.masking.cues import OTHERS, Cue
from shared.masking.digits import Run, Window
from shared.masking.phones import Around

IDENTITY = "[NIK]"
TAX = "[NPWP]"
HEALTH = "[BPJS]"
ACCOUNT = "[rekening]"
MOST_DIGITS = 20
_WHOLE = 16  # digits of a NIK, a KK and an NPWP since 2024
# The first two digits of a NIK are its province, the seventh to twelfth a date, a woman's day
# plus 40; apart from that, "2019 2020 2021 2022" has the shape of a number written in groups.
_NIK = re.compile(
    r"(?:1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])\d{4}"
    r"(?:[04][1-9]|[1256]\d|[37][01])(?:0[1-9]|1[0-2])\d{6}"
)
_TAX_GROUPS = (2, 3, 3, 1, 3, 3)


class _Form(NamedTuple):
    """How a named number is written: digits of one run, and of several together."""

    mask: str
    run: tuple[int, int]
    joined: tuple[int, int]


_FORMS = {
    Cue.IDENTITY: _Form(IDENTITY, (12, 18), (12, 18)),
    Cue.TAX: _Form(TAX, (15, 16), (15, 16)),
    Cue.HEALTH: _Form(HEALTH, (11, 16), (11, 13)),
    Cue.ACCOUNT: _Form(ACCOUNT, (8, 18), (9, 16)),
}


def may_be_named(ahead: str, runs: Sequence[Run], around: Around) -> bool:
    """Tell by the first digits and groups, and by what is announced, whether it is worth a look."""
    return (
        around.cue in _FORMS
        or len(runs[0].digits) >= _WHOLE
        or _NIK.match(ahead) is not None
        or tuple(len(run.digits) for run in runs) == _TAX_GROUPS
    )


def named(found: Sequence[Window], around: Around) -> tuple[Window, str] | None:
    """Return the window that has the number announced before it, and its mask; or None."""
    form = _FORMS.get(around.cue) if around.cue else None
    if form is None or around.is_priced(found[0]):
        return None
    if form.run[0] <= len(found[0].digits) <= form.run[1]:
        return found[0], form.mask
    fitting = [one for one in found if form.joined[0] <= len(one.digits) <= form.joined[1]]
    whole = [one for one in fitting if len(one.digits) == _WHOLE and form.mask == IDENTITY]
    for window in (*whole, *reversed(fitting)):
        if not (window.is_dated or around.is_amount(window)):
            return window, form.mask
    return None


def identified(found: Sequence[Window], around: Around) -> tuple[Window, str] | None:
    """Return the window that has a number known by its form alone, and its mask; or None."""
    if len(found[0].digits) >= _WHOLE:
        return found[0], IDENTITY
    for window in found:
        if len(window.digits) == _WHOLE and around.cue not in OTHERS and _NIK.match(window.digits):
            return window, IDENTITY
        if tuple(map(len, window.runs)) == _TAX_GROUPS:
            return window, TAX
    return None

"""Spans of time as people type them: `90d`, `12h`, `30m`."""

import re
from datetime import timedelta

from shared.errors import Misconfigured

_FORM = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def read_duration(text: str) -> timedelta:
    """Return the span that a text names.

    Raises:
        Misconfigured: it is no number with `m`, `h` or `d` behind it.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise Misconfigured(
            f"{text!r} is no span of time; use minutes, hours or days: 30m, 12h, 90d"
        )
    return timedelta(**{_UNITS[form.group(2)]: int(form.group(1))})

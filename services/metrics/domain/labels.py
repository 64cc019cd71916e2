"""Label values: from a bounded set, of a known form, whatever the events hold."""

import re
from collections.abc import Mapping

NONE = "none"  # what a case does not have: an institution (triage), a category, a version
OTHER = "other"  # everything beyond the largest, and what has not the form of a name


def largest(sizes: Mapping[str, int], most: int) -> frozenset[str]:
    """Return the names of the `most` largest; of equal ones the first in the alphabet."""
    return frozenset(sorted(sizes, key=lambda name: (-sizes[name], name))[:most])


def name_or_other(text: str | None, form: re.Pattern[str]) -> str:
    """Return `text` where it has this form, `none` for nothing at all, else `other`."""
    if not text:
        return NONE
    return text if form.fullmatch(text) else OTHER

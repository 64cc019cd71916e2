"""Amounts of money, which are written like some phones."""

import re

_THOUSANDS = re.compile(r"\+?\d{1,3}(?:\.\d{3}){2,5}")
_BEFORE = re.compile(r"(?i)(?:\b(?:rp|idr)[. ]{0,3}|\d[.,])$")
_AFTER = re.compile(r"(?i),\S|\s?(?:rupiah|ribu|rb|juta|jt|mili?[ay]r|triliun|persen|%)")
MOST_AFTER = 12


def is_amount(number: str, before: str, after: str) -> bool:
    """Tell an amount such as `Rp 62.500.000.000`, or a part of one, from a number to call."""
    if "." not in number or not _THOUSANDS.fullmatch(number):
        return False
    if is_priced(before, after):
        return True
    # +62.812.345.678 and 62.812.345.678 are mobiles; 62.500.000.000 is money.
    return number[0] not in "0+" and not number.startswith("62.8")


def is_priced(before: str, after: str) -> bool:
    """Tell whether what stands around a number makes it an amount, or the part of a number."""
    return bool(_BEFORE.search(before) or _AFTER.match(after))

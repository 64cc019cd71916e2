"""Masks what identifies a person in free text: NIK and KK numbers, phones, e-mail addresses.

Every pattern repeats only single characters a bounded number of times, or runs that start once
per `@`, so the time grows with the length of the text whatever a caller writes.
"""

import re

NIK = "[NIK]"
PHONE = "[telepon]"
EMAIL = "[email]"

_BLANK = r" \t\u00a0"
_GAP = rf"[{_BLANK}.\-\u2010-\u2015]{{0,3}}"
_PHONE_GAP = rf"[{_BLANK}.\-\u2010-\u2015()]{{0,3}}"
# The first two digits of a NIK are its province; apart from that, "2019 2020 2021 2022" has the
# shape of a number written in groups.
_PROVINCE = r"(?:1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7])"
_NIK = re.compile(rf"(?<!\d)(?:\d{{16,64}}|{_PROVINCE}(?:{_GAP}\d){{14}})(?!\d)")
_PHONE = re.compile(
    r"(?<!\d)(?:"
    rf"\(?\+{_PHONE_GAP}\d(?:{_PHONE_GAP}\d){{8,14}}"  # any country
    rf"|\(?62{_PHONE_GAP}\d(?:{_PHONE_GAP}\d){{6,11}}"
    rf"|\(?0[2-9]\d(?:{_PHONE_GAP}\d){{6,10}}"  # 0812…, (021)…: never a date such as 05-06-2021
    r")(?!\d)"
)
_THOUSANDS = re.compile(r"\+?\d{1,3}(?:\.\d{3}){2,5}")
_BEFORE_AMOUNT = re.compile(r"(?i)(?:\b(?:rp|idr)[. ]{0,3}|\d[.,])$")
_AFTER_AMOUNT = re.compile(r"(?i),|\s?(?:rupiah|ribu|rb|juta|jt|mili?[ay]r|triliun|persen|%)")
_DOMAIN = re.compile(r"[\w.\-]{1,253}\.[^\W\d_]{2,24}")
_LOCAL = re.compile(r"[\w.%+'\-]")
_MOST_LOCAL = 128
_WIDE_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}  # of East Asian keyboards


def mask(text: str) -> str:
    """Return `text` with identity numbers, phones and e-mail addresses replaced."""
    if not text.isascii():
        text = text.translate(_WIDE_DIGITS)
    return _PHONE.sub(_mask_phone, _NIK.sub(NIK, _mask_emails(text)))


def mask_within(text: str, most: int) -> str:
    """Return the masked text, at most `most` characters.

    A short e-mail address is shorter than its mask, so a text at its limit may grow beyond.
    """
    return mask(text)[:most]


def mask_within_bytes(text: str, most: int) -> str:
    """Return the masked text, at most `most` bytes of UTF-8."""
    return mask(text).encode()[:most].decode(errors="ignore")


def _mask_emails(text: str) -> str:
    parts, done, at = [], 0, text.find("@")
    while at >= 0:
        found = _DOMAIN.match(text, at + 1)
        start = _start_of_local(text, at, done)
        end = at + 1
        if found and start < at:
            parts += [text[done:start], EMAIL]
            done = end = found.end()
        at = text.find("@", end)
    return "".join((*parts, text[done:]))


def _start_of_local(text: str, at: int, least: int) -> int:
    start = at
    while start > max(least, at - _MOST_LOCAL) and _LOCAL.match(text, start - 1):
        start -= 1
    return start


def _mask_phone(found: re.Match[str]) -> str:
    return found.group() if _is_amount(found) else PHONE


def _is_amount(found: re.Match[str]) -> bool:
    """Tell an amount such as `Rp 62.500.000.000`, or a part of one, from a number to call."""
    if not _THOUSANDS.fullmatch(found.group()):
        return False
    text, start, end = found.string, found.start(), found.end()
    if _BEFORE_AMOUNT.search(text[max(0, start - 6) : start]) or _AFTER_AMOUNT.match(text, end):
        return True
    # +62.812.345.678 and 62.812.345.678 are mobiles; 62.500.000.000 is money.
    return found.group()[0] not in "0+" and not found.group().startswith("62.8")

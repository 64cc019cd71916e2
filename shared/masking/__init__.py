"""Masks what identifies a person in free text, before it may travel.

Masked are e-mail addresses, phones, and the numbers of identity cards and families (NIK, KK), and
by their name or form those of taxpayers (NPWP), of the health insurance and of accounts. Names and
addresses are not. Some numbers of no person go too: one in a text that looks like a phone is
hidden rather than shown.

The text comes back normalised (`shared.normal_text`), its digits plain ones. Masking
twice changes nothing more. No pattern repeats anything but single characters, and what is looked
at around a number is bounded, so the time grows with the length of the text whatever a caller
writes.
"""

from shared.masking.digits import plain_digits
from shared.masking.emails import EMAIL, mask_emails
from shared.masking.named import ACCOUNT, HEALTH, IDENTITY, TAX
from shared.masking.numbers import mask_numbers
from shared.masking.phones import PHONE
from shared.normal_text import normalised

MASKS = (IDENTITY, TAX, HEALTH, ACCOUNT, PHONE, EMAIL)

__all__ = ["MASKS", "mask", "mask_within", "mask_within_bytes"]


def mask(text: str) -> str:
    """Return `text` normalised, with numbers and addresses of persons replaced by `MASKS`."""
    return mask_numbers(mask_emails(plain_digits(normalised(text))))


def mask_within(text: str, most: int) -> str:
    """Return the masked text, at most `most` characters.

    A short e-mail address is shorter than its mask, so a text at its limit may grow beyond.
    """
    return mask(text)[:most]


def mask_within_bytes(text: str, most: int) -> str:
    """Return the masked text, at most `most` bytes of UTF-8."""
    return mask(text).encode()[:most].decode(errors="ignore")

"""Where a person can be written to: an e-mail address or a mobile number, in one form each.

A contact that has no such form is no contact: nothing is guessed.
"""

import re
from enum import StrEnum
from uuid import UUID

from shared.normal_text import normalised

MOST_ADDRESS = 254  # RFC 5321
MOST_LOCAL_PART = 64
# Plain ASCII addresses alone: what else RFC 5322 allows, few mail servers take.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})+)")
_SEPARATORS = str.maketrans("", "", " -.()/\u00a0\u2010\u2011\u2012\u2013")
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
# What people write behind a contact: a remark, or the end of a sentence.
_AFTER_ADDRESS = re.compile(r"[>\s,;()].*|[.>]+$", re.DOTALL)
_AFTER_NUMBER = re.compile(r"(?:[\s.,;:/(–-]*\(?[^\W\d_][^\d+@]*|[.,;:]+)$")
_INDONESIA = "+62"
_MOBILE = re.compile(r"\+628[1-9][0-9]{6,10}")


class Contact(StrEnum):
    """The ways to a person."""

    EMAIL = "email"
    PHONE = "phone"


def contacts_of(*, email: str | None, phone: str | None) -> dict[Contact, str]:
    """Return the usable contacts among what a person gave, in whatever way it was typed.

    Characters that are not seen are left out, full-width ones become plain, and a remark or a dot
    behind the contact is dropped.
    """
    found = {
        Contact.EMAIL: email_address(_first(_AFTER_ADDRESS, email)),
        Contact.PHONE: mobile_number(_first(_AFTER_NUMBER, phone)),
    }
    return {kind: value for kind, value in found.items() if value is not None}


def _first(behind: re.Pattern[str], typed: str | None) -> str:
    return behind.sub("", normalised(typed or "").strip().lstrip("<"), count=1)


def email_address(text: str | None) -> str | None:
    """Return an e-mail address as it is written to, its domain in lower case; None for no such."""
    found = _ADDRESS.fullmatch((text or "").strip())
    if found is None or len(found[0]) > MOST_ADDRESS or len(found[1]) > MOST_LOCAL_PART:
        return None
    return f"{found[1]}@{found[2].lower()}"


def mobile_number(text: str | None) -> str | None:
    """Return a phone number in E.164 form that takes SMS; None for no such.

    `0812…`, `62812…`, `812…` and `0062812…` are Indonesian. Of Indonesian numbers only mobile
    ones (`+628…`) take SMS; of other countries' any may.
    """
    number = _international((text or "").strip().translate(_SEPARATORS))
    if _E164.fullmatch(number) is None:
        return None
    if number.startswith(_INDONESIA) and _MOBILE.fullmatch(number) is None:
        return None
    return number


def _international(digits: str) -> str:
    # Some write both, `+62 (0)812`.
    for prefix in ("+620", "00620", "620"):
        if digits.startswith(prefix):
            return _INDONESIA + digits.removeprefix(prefix)
    for prefix, country in (("00", "+"), ("0", _INDONESIA), ("62", _INDONESIA), ("8", "+628")):
        if digits.startswith(prefix):
            return country + digits.removeprefix(prefix)
    return digits


def choice_of_complaint(complaint: UUID) -> str:
    """Return the id under which a reporter's choice about one report is kept."""
    return f"complaint:{complaint}"


def choice_of_contact(kind: Contact, mark: bytes) -> str:
    """Return the id under which the choice about a contact is kept: by its keyed hash alone."""
    return f"{kind}:{mark.hex()}"


def is_wanted(*, notify: bool, of_complaint: bool | None, of_contact: bool | None) -> bool:
    """Tell whether a contact is written to about a report; None where nothing was chosen.

    A contact that wants nothing gets nothing. Else the last word about this report counts, and
    before any the one that came with it (`notify`).
    """
    if of_contact is False:
        return False
    return notify if of_complaint is None else of_complaint

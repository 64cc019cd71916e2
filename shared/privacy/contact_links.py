"""Links that only their contact gets: whoever opens one has read what was sent there.

A token names a contact by the keyed hash under which it is known, never by the contact, and ends
on a day. The notifier makes it, intake reads it; the key is derived from that of tracking codes,
which both have.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from shared.privacy.contacts import Contact, choice_of_contact

LIVES = timedelta(days=90)
DOOR = "/v1/notifications/"
MARK_BYTES, SEAL_BYTES, DAY_BYTES = 32, 16, 4
TOKEN_LETTERS = 72  # of 54 bytes, so that no padding is left
_KINDS = (Contact.EMAIL, Contact.PHONE)
_VERSION = 1


def link_key(tracking_key: bytes) -> bytes:
    """Return the key of links; it makes no tracking codes."""
    return hmac.new(tracking_key, b"contact-links", hashlib.sha256).digest()


def contact_token(key: bytes, kind: Contact, mark: bytes, now: datetime) -> str:
    """Return the token for a contact's links, good for 90 days from the beginning of this day."""
    day = (now + LIVES).astimezone(UTC).toordinal()
    body = bytes((_VERSION, _KINDS.index(kind))) + day.to_bytes(DAY_BYTES) + mark
    return base64.urlsafe_b64encode(body + _seal(key, body)).decode()


def choice_in(key: bytes, token: str, now: datetime) -> str | None:
    """Return the id of the choice that a token may change; None for what is no live token."""
    try:
        found = base64.b64decode(token, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    body, seal = found[:-SEAL_BYTES], found[-SEAL_BYTES:]
    if len(body) != 2 + DAY_BYTES + MARK_BYTES or not hmac.compare_digest(_seal(key, body), seal):
        return None
    day = int.from_bytes(body[2 : 2 + DAY_BYTES])
    if body[0] != _VERSION or now.astimezone(UTC).toordinal() > day:
        return None
    return choice_of_contact(_KINDS[body[1]], body[2 + DAY_BYTES :])


def _seal(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:SEAL_BYTES]

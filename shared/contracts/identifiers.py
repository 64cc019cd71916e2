"""Ids: all derived, so that a repeat meets itself.

A complaint has two names for people: the *complaint number*, public and in every event, and the
*tracking code*, the reporter's key, which is in no topic, log or metric.
"""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.key_rings import FIRST

NAMESPACE = uuid5(NAMESPACE_URL, "urn:salur")
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS = CROCKFORD + "*~$=U"  # Crockford's modulus 37 needs five more
_FROM_RFC_4648 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CROCKFORD.encode())
_LENIENT = str.maketrans("OIL", "011", "- ")
AGENCY_CODE = re.compile(r"(?:kem|lem|bumn|prov|kab|kota)-[0-9]+")
MOST_CODE = 20  # characters: a bound for what callers write, far above any code
# `roads`, or `roads.street_light`: a main category, and one of its own after the dot.
CATEGORY = re.compile(r"[a-z][a-z0-9_]{0,39}(?:\.[a-z][a-z0-9_]{0,39})?")
TRACKING_BITS = 100
NUMBER_LENGTH = 16


def complaint_id(caller: str, key: str) -> UUID:
    """Return the id of the complaint that `caller` submits under its idempotency key."""
    return uuid5(uuid5(NAMESPACE, f"caller:{caller}"), key)


def action_id(caller: str, complaint: UUID, key: str) -> UUID:
    """Return the id of an action that `caller` asks for on a complaint under a key."""
    return uuid5(uuid5(NAMESPACE, f"action:{caller}"), f"{complaint}:{key}")


def agency_record_id(agency: str, record: str) -> UUID:
    """Return the id of an agency's own record: its `ce_id`, or `partition:offset` without one."""
    return uuid5(uuid5(NAMESPACE, f"agency:{agency}"), record)


def event_id(complaint: UUID, seq: int, topic: str) -> UUID:
    """Return the `ce_id` of the event that history entry `seq` gives on `topic`."""
    return uuid5(complaint, f"{seq}:{topic}")


def derived_input_id(complaint: UUID, seq: int, cause: str) -> UUID:
    """Return the id of an input that the router gives itself after entry `seq`."""
    return uuid5(complaint, f"{seq}:{cause}")


@lru_cache(maxsize=4_096)  # asked for several times on each way
def complaint_number(complaint: UUID) -> str:
    """Return the public number: the first 80 bits of the id, 16 Crockford characters."""
    return encode_crockford(complaint.int >> 48, NUMBER_LENGTH)


def read_number(text: str) -> str | None:
    """Return a complaint's number in its canonical form, or None where it cannot be one.

    It is read as forgivingly as a tracking code: people type both from the same letter.
    """
    number = text.upper().translate(_LENIENT)
    is_one = len(number) == NUMBER_LENGTH and all(letter in CROCKFORD for letter in number)
    return number if is_one else None


def number_in(key: bytes | None) -> str | None:
    """Return the complaint's number from a record's key; None where that is no complaint's id."""
    if key is None or len(key) != 36:
        return None
    try:
        return complaint_number(UUID(key.decode()))
    except ValueError:
        return None


def tracking_key(secret: bytes) -> bytes:
    """Return the key of tracking codes, 32 bytes: whoever has it can make codes and nothing else.

    It is derived from intake's secret, which also keys the fingerprints of what people wrote.
    """
    return hmac.digest(secret, b"tracking-key", "sha256")


def contact_key(secret: bytes) -> bytes:
    """Return the key under which intake knows a contact that is not to be written to."""
    return hmac.digest(secret, b"contact-key", "sha256")


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """Which tracking code a complaint has: of which key, and how often it was issued anew."""

    key_id: str = FIRST
    issue: int = 0


FIRST_CODE = IssuedCode()


def tracking_code(key: bytes, complaint: UUID, issue: int = 0) -> str:
    """Return the reporter's key to a complaint: 20 characters and a check character.

    It is an HMAC of the id, so a repeat gets the same code and nobody can compute it without
    the `tracking_key`.
    """
    again = f":{issue}".encode() if issue else b""
    digest = hmac.digest(key, b"tracking:" + complaint.bytes + again, "sha256")
    number = int.from_bytes(digest) >> (256 - TRACKING_BITS)
    return encode_crockford(number, TRACKING_BITS // 5) + CHECK_SYMBOLS[number % 37]


def read_tracking_code(text: str) -> str | None:
    """Return the code in its canonical form, or None where it cannot be one.

    Lower case, hyphens, blanks and the look-alikes O, I and L are accepted, as Crockford asks.
    """
    code = text.upper().translate(_LENIENT)
    body, check = code[:-1], code[-1:]
    if len(body) != TRACKING_BITS // 5 or any(letter not in CROCKFORD for letter in body):
        return None
    return code if CHECK_SYMBOLS[decode_crockford(body) % 37] == check else None


def encode_crockford(number: int, length: int) -> str:
    """Return `number` in Crockford's base 32, `length` characters, most significant first."""
    wanted = number & (1 << 5 * length) - 1
    # The same 32 digits under other letters; eight of them hold five whole bytes.
    text = b32encode(wanted.to_bytes(-(-length // 8) * 5)).translate(_FROM_RFC_4648)
    return text[-length:].decode() if length else ""


def decode_crockford(text: str) -> int:
    """Return the number that `text` (canonical characters only) stands for."""
    number = 0
    for letter in text:
        number = number << 5 | CROCKFORD.index(letter)
    return number


def is_agency_code(code: str) -> bool:
    """Tell whether `code` has the form of an institution's code, such as `kab-3603`."""
    return len(code) <= MOST_CODE and AGENCY_CODE.fullmatch(code) is not None


def main_category(category: str) -> str:
    """Return the main category that a category belongs to; a main one is its own."""
    return category.partition(".")[0]

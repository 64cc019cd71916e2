"""How a reporter's contacts lie in the database: written by intake, opened by the notifier alone.

Whether there are any, and whether they are wanted, is readable; the contacts themselves are sealed.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import orjson

from shared.contracts.documents import ContactDocument, KeptCode, SealedContacts
from shared.contracts.identifiers import FIRST_CODE, IssuedCode
from shared.key_rings import KeyRing
from shared.privacy.contacts import Contact
from shared.privacy.sealing import Sealed, Sealer

FIELD: Final = "contacts"


def from_code(code: IssuedCode) -> KeptCode:
    """Return the part of a document that says which tracking code a complaint has."""
    return {"key": code.key_id, "issue": code.issue}


def to_code(part: KeptCode | None) -> IssuedCode:
    """Return which tracking code that is; without it the first one of the first key."""
    return IssuedCode(part["key"], part["issue"]) if part else FIRST_CODE


def contact_keys(vault: KeyRing) -> KeyRing:
    """Return the keys that contacts are sealed with: whoever has them opens nothing else."""
    return vault.derived(lambda key: hmac.new(key, b"contacts", hashlib.sha256).digest())


def sealed_contacts(
    contacts: Mapping[Contact, str], complaint: UUID, sealer: Sealer
) -> SealedContacts:
    """Return the part of a document that holds contacts, sealed."""
    sealed = sealer.seal(
        orjson.dumps({kind.value: each for kind, each in contacts.items()}),
        field=FIELD,
        of=complaint,
    )
    return {"key": sealed.key_id, FIELD: sealed.value}


def open_contacts(document: ContactDocument, sealer: Sealer) -> dict[Contact, str]:
    """Return the contacts in a document; UnknownKey or Unopenable where that cannot be."""
    sealed = Sealed(document["key"], document[FIELD])
    found = orjson.loads(sealer.open(sealed, field=FIELD, of=document["_id"]))
    return {Contact(kind): value for kind, value in found.items()}

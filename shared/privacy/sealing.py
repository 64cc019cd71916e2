"""Sealing: what is kept of persons is encrypted before it reaches the database (AES-256-GCM).

A sealed value is bound to what it is and to its complaint: in another row, or in another field of
the same row, it does not open.
"""

import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import Transient
from shared.key_rings import KeyRing

NONCE_BYTES = 12


class Unopenable(Transient):
    """A sealed value is not what was sealed; once a person has restored the row, it can be read."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value, nonce first, and the id of the key that opens it."""

    key_id: str
    value: bytes


class Sealer:
    """Seals with the newest key of a ring, opens with any."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._ciphers = {each: AESGCM(key) for each, key in ring.keys.items()}

    @property
    def newest(self) -> str:
        """Return the id of the key that seals."""
        return self._ring.newest

    def seal(self, plain: bytes, *, field: str, of: UUID) -> Sealed:
        """Return the value encrypted, good for this field of this complaint alone."""
        key_id, nonce = self.newest, os.urandom(NONCE_BYTES)
        return Sealed(
            key_id, nonce + self._ciphers[key_id].encrypt(nonce, plain, _bound(field, of))
        )

    def open(self, sealed: Sealed, *, field: str, of: UUID) -> bytes:
        """Return the plain value.

        Raises:
            UnknownKey: the ring has no key of this id.
            Unopenable: it was changed, or sealed for another field or complaint, or by another
                key under the same id.
        """
        self._ring.key(sealed.key_id)
        nonce, value = sealed.value[:NONCE_BYTES], sealed.value[NONCE_BYTES:]
        try:
            return self._ciphers[sealed.key_id].decrypt(nonce, value, _bound(field, of))
        except (InvalidTag, ValueError):
            raise Unopenable(
                f"{field} of complaint {of} does not open with key {sealed.key_id} of"
                f" {self._ring.setting}: the row was changed, or another key has that id;"
                " give the id its first key back, or restore the row from a back-up"
            ) from None


def _bound(field: str, of: UUID) -> bytes:
    return field.encode() + b"\0" + of.bytes

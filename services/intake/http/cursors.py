"""Cursors: where a page ended, signed, so that only what was handed out is taken back.

A cursor holds the last row's sort key and belongs to one list with its filters. Rows that do not
change keep their place, so a walk neither loses nor repeats them.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = struct.Struct(">q16s")  # milliseconds, id
_SIGNATURE = 12
LENGTH = (_KEY.size + _SIGNATURE) * 4 // 3


@dataclass(frozen=True, slots=True)
class Position:
    """The sort key of a row: an instant in milliseconds, and the complaint's id."""

    at: datetime
    complaint_id: UUID


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes and reads cursors of one list; `scope` names the list and its filters.

    The first secret signs, any is known again.
    """

    secrets: Sequence[bytes] = field(repr=False)
    scope: Sequence[str]

    def write(self, position: Position) -> str:
        """Return the cursor behind a row."""
        milliseconds = (position.at - _EPOCH) // timedelta(milliseconds=1)
        return self.sign(_KEY.pack(milliseconds, position.complaint_id.bytes))

    def read(self, text: str) -> Position | None:
        """Return where a page ended, or None for what is no cursor of this list."""
        key = self.verify(text)
        if key is None or len(key) != _KEY.size:
            return None
        milliseconds, complaint_id = _KEY.unpack(key)
        return Position(_EPOCH + timedelta(milliseconds=milliseconds), UUID(bytes=complaint_id))

    def sign(self, key: bytes) -> str:
        """Return a cursor that holds a key of any form."""
        return base64.urlsafe_b64encode(key + self._signature(key, self.secrets[0])).decode()

    def verify(self, text: str) -> bytes | None:
        """Return the key that a cursor holds, or None for what is no cursor of this list."""
        try:
            whole = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        key, signature = whole[:-_SIGNATURE], whole[-_SIGNATURE:]
        signed = (self._signature(key, secret) for secret in self.secrets)
        return key if any(hmac.compare_digest(signature, each) for each in signed) else None

    def _signature(self, key: bytes, secret: bytes) -> bytes:
        # Joined by what no filter holds, so that two scopes never look alike.
        signed = b"cursor\0" + "\0".join(self.scope).encode() + b"\0" + key
        return hmac.new(secret, signed, hashlib.sha256).digest()[:_SIGNATURE]

"""Cursors: where a page ended, signed, so that only what was handed out is taken back.

A cursor holds the last row's sort key and belongs to one list with its filters. Rows that do not
change keep their place, so a walk neither loses nor repeats them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SIGNING = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Position:
    """The sort key of a row: an instant in milliseconds, and the complaint's id."""

    at: datetime
    complaint_id: UUID


class Cursors:
    """Writes and reads cursors of one list; `scope` names the list and its filters.

    The first secret signs, any is known again.
    """

    def __init__(self, secrets: Sequence[bytes], scope: Sequence[str]) -> None:
        # Joined by what no filter holds, so that two scopes never look alike.
        salt = "\0".join(("cursor", *scope)).encode()
        # Of its keys the library signs with the last.
        keys = list(reversed(secrets))
        self._signed = URLSafeSerializer(keys, salt, signer_kwargs=_SIGNING)

    def write(self, at: datetime, row_id: str) -> str:
        """Return the cursor behind a row, from its instant, to the millisecond, and its id."""
        return self._signed.dumps([(at - _EPOCH) // _MILLISECOND, row_id])

    def read(self, text: str) -> tuple[datetime, str] | None:
        """Return a row's instant and id, or None for what is no cursor of this list."""
        try:
            milliseconds, row_id = self._signed.loads(text)
        except BadData:
            return None
        return _EPOCH + milliseconds * _MILLISECOND, row_id

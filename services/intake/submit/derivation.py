"""What intake derives from INTAKE_SECRET, and which secret of the ring each thing takes.

- Fingerprints and tracking codes are made with the newest; the receipt names it, so a repeat is
  judged and answered by the secret of its first time.
- Cursors, and webhook secrets that a repeat is shown again, are made with the newest and known by
  any.
- Marks of contacts take the oldest: who wants no messages must be known again. Ids take none.
"""

from collections.abc import Sequence
from uuid import UUID

from services.intake.submit.records import Receipt
from shared.contracts.identifiers import IssuedCode, contact_key, tracking_code, tracking_key
from shared.key_rings import KeyRing


class DerivedSecrets:
    """The ring and what is derived from it, once."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._codes = ring.derived(tracking_key)
        self.contact_key = contact_key(ring.keys[ring.oldest])

    @property
    def newest(self) -> str:
        """Return the id of the secret that makes what is new."""
        return self._ring.newest

    @property
    def all(self) -> Sequence[bytes]:
        """Return all secrets, the newest first."""
        return tuple(self._ring.keys.values())

    def secret(self, key_id: str) -> bytes | None:
        """Return a secret, None where the ring has none of this id."""
        return self._ring.keys.get(key_id)

    def code(self, issued: IssuedCode, complaint: UUID) -> str:
        """Return a tracking code; UnknownKey where its secret is not in the ring."""
        return tracking_code(self._codes.key(issued.key_id), complaint, issued.issue)

    def opens_codes_of(self, receipt: Receipt) -> bool:
        """Tell whether codes of this receipt's secret count: taken out of the ring, they end."""
        return receipt.code.key_id in self._ring.keys

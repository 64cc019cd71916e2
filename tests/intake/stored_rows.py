"""What intake keeps, for tests of the real store."""

from typing import Any

from services.intake.submit.records import Receipt, ReceiptKind, VaultRow
from services.intake.submit.records import vault_row as row_of
from services.intake.submit.submission import Submission
from tests.support.builders import START, complaint_id

CONTACT_KEY = b"c" * 32
SITI = {"name": "Siti Aminah", "email": "siti@warga.example", "phone": "0812-3456-7890"}


def vault_row(name: str = "one", **form: Any) -> VaultRow:
    """Return the row of a complaint about a road, by Siti."""
    given = {"text": "Jalan di depan rumah saya rusak", "reporter": SITI} | form
    identifier = complaint_id(name)
    receipt = Receipt(identifier, ReceiptKind.COMPLAINT, identifier, "public", b"f", START)
    return row_of(Submission.model_validate(given), receipt, contact_key=CONTACT_KEY)

"""What intake keeps, for tests of its stores."""

from datetime import timedelta
from typing import Any

from services.intake.audit.model import AuditAction, UnchainedEntry, done_by
from services.intake.identity.access import Purpose, ReadOutcome
from services.intake.keys.callers import Caller, Role
from services.intake.submit.records import Receipt, ReceiptKind, VaultRow
from services.intake.submit.records import vault_row as row_of
from services.intake.submit.submission import Submission
from shared.contracts.identifiers import complaint_number
from tests.support.builders import START, complaint_id

CONTACT_KEY = b"c" * 32
KEY_ID = "0123456789ab"
SITI = {"name": "Siti Aminah", "email": "siti@warga.example", "phone": "0812-3456-7890"}


def vault_row(name: str = "one", **form: Any) -> VaultRow:
    """Return the row of a complaint about a road, by Siti."""
    given = {"text": "Jalan di depan rumah saya rusak", "reporter": SITI} | form
    identifier = complaint_id(name)
    receipt = Receipt(identifier, ReceiptKind.COMPLAINT, identifier, "public", b"f", START)
    return row_of(Submission.model_validate(given), receipt, contact_key=CONTACT_KEY)


def receipt(name: str = "one", number: bool = True) -> Receipt:
    """Return the receipt of a complaint, or of an action where it has no number."""
    identifier = complaint_id(name)
    return Receipt(
        id=identifier,
        kind=ReceiptKind.COMPLAINT if number else ReceiptKind.ACTION,
        complaint_id=identifier,
        caller="public",
        fingerprint=b"\x00\xff" * 16,
        at=START,
        number=complaint_number(identifier) if number else None,
        tracking_hash=b"\x01" * 32 if number else None,
    )


def identity_read(number: int, **changes: Any) -> UnchainedEntry:
    """Return a read to be kept; every two share an instant, so that ids settle the order."""
    caller = Caller(Role.AGENCY, "pemkab", changes.pop("agency", "kab-3603"), key_id=KEY_ID)
    what: dict[str, Any] = {
        "number": f"{number:016d}",
        "complaint_id": complaint_id(str(number)),
        "purpose": Purpose.CONTACT,
        "outcome": ReadOutcome.GRANTED,
    }
    at = START + timedelta(minutes=number // 2)
    return done_by(caller, AuditAction.IDENTITY_READ, at, **what | changes)

"""What intake keeps: receipts without identity, vault rows with it, keys without their secret."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.intake.domain.callers import Caller, Role
from services.intake.domain.submission import Reporter, Submission
from shared.events import Action

_NOT_FINGERPRINTED = {"idempotency_key"}


class ReceiptKind(StrEnum):
    """What was received."""

    COMPLAINT = "complaint"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was accepted under an id: enough to know a repeat and to answer it alike.

    `acknowledged` is set once Kafka has the record; until then a repeat produces again.
    """

    id: UUID
    kind: ReceiptKind
    complaint_id: UUID
    caller: str
    fingerprint: bytes
    at: datetime
    number: str | None = None  # of complaints only: unique
    tracking_hash: bytes | None = None
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class VaultRow:
    """A complaint as it was written, and who wrote it; never leaves this collection."""

    id: UUID
    fingerprint: bytes
    title: str | None
    text: str
    place: str | None
    category: str | None
    reporter: Reporter | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A caller's key; of its secret only the hash."""

    id: str
    secret_hash: str
    role: Role
    name: str
    agency: str | None
    created_at: datetime

    @property
    def caller(self) -> Caller:
        """Return who this key stands for."""
        return Caller(self.role, self.name, self.agency)


def vault_row(submission: Submission, receipt: Receipt) -> VaultRow:
    """Return the row to keep; of an anonymous reporter nothing is kept."""
    return VaultRow(
        id=receipt.id,
        fingerprint=receipt.fingerprint,
        title=submission.title,
        text=submission.text,
        place=submission.place.text if submission.place else None,
        category=submission.category,
        reporter=None if submission.anonymous else submission.reporter,
        at=receipt.at,
    )


def fingerprint_of_submission(secret: bytes, submission: Submission) -> bytes:
    """Return what tells two bodies apart; defaults count like absent fields."""
    plain = submission.model_dump(mode="json", exclude_defaults=True, exclude=_NOT_FINGERPRINTED)
    return _fingerprint(secret, "complaint", plain)


def fingerprint_of_action(secret: bytes, action: Action) -> bytes:
    """Return what tells two actions apart; the complaint is part of their id."""
    plain = action.model_dump(mode="json", exclude_none=True)
    return _fingerprint(secret, "action", plain)


def _fingerprint(secret: bytes, kind: str, plain: dict[str, Any]) -> bytes:
    canonical = f"{kind}:{json.dumps(plain, sort_keys=True, separators=(',', ':'))}"
    # Keyed, so that a guessed text cannot be confirmed by whoever reads the receipts.
    return hmac.new(secret, canonical.encode(), hashlib.sha256).digest()


def hash_tracking_code(code: str) -> bytes:
    """Return the form in which a tracking code is kept; it has 100 random bits of its own."""
    return hashlib.sha256(b"tracking:" + code.encode()).digest()

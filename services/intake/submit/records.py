"""What intake keeps: receipts without identity, vault rows with it, keys without their secret."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.intake.keys.callers import Caller, Role, Scope
from services.intake.submit.submission import Reporter, Submission
from shared.contracts.actions import Action
from shared.contracts.identifiers import FIRST_CODE, IssuedCode, read_tracking_code
from shared.key_rings import FIRST
from shared.privacy.contacts import Contact, contacts_of

_NOT_FINGERPRINTED = {"idempotency_key"}
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class ReceiptKind(StrEnum):
    """What was received."""

    COMPLAINT = "complaint"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was accepted under an id: enough to know a repeat and to answer it alike.

    `acknowledged` is set once Kafka has the record; until then a repeat produces again, and of a
    complaint `tried_at` says when its caller came last, by the clock.
    """

    id: UUID
    kind: ReceiptKind
    complaint_id: UUID
    caller: str
    fingerprint: bytes
    at: datetime
    secret_id: str = FIRST  # under which the fingerprint was made
    number: str | None = None  # of complaints only: unique
    code: IssuedCode = FIRST_CODE
    tracking_hash: bytes | None = None
    given: bool = False  # by a trusted gateway: institution and category are not to be judged
    acknowledged: bool = False
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VaultRow:
    """A complaint as it was written, and who wrote it; never leaves the vault.

    `submission` is the form without its reporter. `at` is when it was kept last, by the clock.
    `contacts` marks where the reporter can be written to: by kind, the keyed hash under which a
    contact that wants no messages is known; `addresses` are these contacts themselves.
    """

    id: UUID
    fingerprint: bytes
    submission: Submission
    reporter: Reporter | None
    at: datetime
    contacts: Mapping[Contact, bytes] = field(default_factory=dict)
    addresses: Mapping[Contact, str] = field(default_factory=dict, repr=False)
    code: IssuedCode = FIRST_CODE


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A caller's key; of its secret only the hash."""

    id: str
    secret_hash: str
    role: Role
    name: str
    agency: str | None
    created_at: datetime
    scopes: frozenset[Scope] = frozenset()
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None  # to the hour or so

    @property
    def caller(self) -> Caller:
        """Return who this key stands for."""
        return Caller(self.role, self.name, self.agency, self.scopes, self.id)

    def is_live(self, now: datetime) -> bool:
        """Tell whether the key may still be used."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def vault_row(submission: Submission, receipt: Receipt, *, contact_key: bytes) -> VaultRow:
    """Return the row to keep; of an anonymous reporter nothing is kept."""
    reporter = None if submission.anonymous else submission.reporter
    addresses = addresses_of(reporter)
    return VaultRow(
        id=receipt.id,
        fingerprint=receipt.fingerprint,
        submission=submission.model_copy(update={"reporter": None}),
        reporter=reporter,
        at=receipt.tried_at or receipt.at,
        contacts=marked_contacts(addresses, contact_key),
        addresses=addresses,
        code=receipt.code,
    )


def addresses_of(reporter: Reporter | None) -> Mapping[Contact, str]:
    """Return where a reporter can be written to."""
    return contacts_of(email=reporter.email, phone=reporter.phone) if reporter else {}


def marked_contacts(contacts: Mapping[Contact, str], key: bytes) -> dict[Contact, bytes]:
    """Return the keyed hash of each contact."""
    return {
        kind: hmac.digest(key, f"{kind}:{value.lower()}".encode(), "sha256")
        for kind, value in contacts.items()
    }


def fingerprint_of_submission(
    secret: bytes, submission: Submission, at: datetime | None = None
) -> bytes:
    """Return what tells two bodies apart; defaults count like absent fields.

    `at` is the time that the body gave, where it counts.
    """
    plain = submission.model_dump(mode="json", exclude_defaults=True, exclude=_NOT_FINGERPRINTED)
    return _fingerprint(secret, "complaint", plain | _given_time(at))


def fingerprint_of_action(secret: bytes, action: Action, at: datetime | None = None) -> bytes:
    """Return what tells two actions apart; the complaint is part of their id."""
    plain = action.model_dump(mode="json", exclude_none=True)
    return _fingerprint(secret, "action", plain | _given_time(at))


def _given_time(at: datetime | None) -> dict[str, Any]:
    return {"occurred_at": at.isoformat()} if at else {}


def _fingerprint(secret: bytes, kind: str, plain: dict[str, Any]) -> bytes:
    canonical = f"{kind}:{_CANONICAL.encode(plain)}"
    # Keyed, so that a guessed text cannot be confirmed by whoever reads the receipts.
    return hmac.digest(secret, canonical.encode(), "sha256")


def hash_tracking_code(code: str) -> bytes:
    """Return the form in which a tracking code is kept; it has 100 random bits of its own."""
    return hashlib.sha256(b"tracking:" + code.encode()).digest()


def opens(code: str, receipt: Receipt) -> bool:
    """Tell whether a tracking code, as it was typed, is that of a complaint."""
    found = hash_tracking_code(read_tracking_code(code) or "")
    return hmac.compare_digest(found, receipt.tracking_hash or b"")

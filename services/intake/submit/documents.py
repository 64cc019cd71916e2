"""How intake's records lie in MongoDB."""

from typing import Any

from services.intake.keys.callers import Role, Scope
from services.intake.submit.records import ApiKey, Receipt, ReceiptKind
from shared.contracts.identifiers import FIRST_CODE
from shared.key_rings import FIRST
from shared.privacy.contact_rows import from_code, to_code

Document = dict[str, Any]


def from_receipt(receipt: Receipt) -> Document:
    """Return the document of a receipt."""
    document: Document = {
        "_id": receipt.id,
        "kind": receipt.kind.value,
        "complaint_id": receipt.complaint_id,
        "caller": receipt.caller,
        "fingerprint": receipt.fingerprint,
        "at": receipt.at,
        "acknowledged": receipt.acknowledged,
    }
    if receipt.number is not None:
        document |= {"number": receipt.number, "tracking_hash": receipt.tracking_hash}
        document["awaits_case"] = receipt.tried_at or receipt.at  # until its case was seen
    if receipt.secret_id != FIRST:
        document["secret"] = receipt.secret_id
    if receipt.code != FIRST_CODE:
        document["code"] = from_code(receipt.code)
    if receipt.given:
        document["given"] = True
    if receipt.tried_at is not None:
        document["tried_at"] = receipt.tried_at
    return document


def to_receipt(document: Document) -> Receipt:
    """Return the receipt in a document."""
    return Receipt(
        id=document["_id"],
        kind=ReceiptKind(document["kind"]),
        complaint_id=document["complaint_id"],
        caller=document["caller"],
        fingerprint=document["fingerprint"],
        at=document["at"],
        secret_id=document.get("secret", FIRST),
        number=document.get("number"),
        code=to_code(document.get("code")),
        tracking_hash=document.get("tracking_hash"),
        given=document.get("given", False),
        acknowledged=document["acknowledged"],
        tried_at=document.get("tried_at"),
    )


def from_key(key: ApiKey) -> Document:
    """Return the document of an API key."""
    times = {
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "used_at": key.used_at,
    }
    return {
        "_id": key.id,
        "hash": key.secret_hash,
        "role": key.role.value,
        "name": key.name,
        "agency": key.agency,
        "created_at": key.created_at,
        "scopes": sorted(key.scopes),
        **{name: at for name, at in times.items() if at is not None},
    }


def to_key(document: Document) -> ApiKey:
    """Return the API key in a document; what it lacks, the key has not."""
    return ApiKey(
        id=document["_id"],
        secret_hash=document["hash"],
        role=Role(document["role"]),
        name=document["name"],
        agency=document["agency"],
        created_at=document["created_at"],
        scopes=frozenset(Scope(each) for each in document.get("scopes", ())),
        expires_at=document.get("expires_at"),
        revoked_at=document.get("revoked_at"),
        used_at=document.get("used_at"),
    )

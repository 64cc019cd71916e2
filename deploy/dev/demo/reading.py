"""Reads raw records and webhook bodies into plain facts, by their JSON and headers alone.

Nothing of the services' own code is used, so a mistake of theirs cannot hide here.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from deploy.dev.demo.observation import AgencyRecord, Call, CaseRecord, DeadLetterSeen
from shared.contracts.identifiers import complaint_number

Headers = Iterable[tuple[str, bytes | None]]


def agency_record(agency: str, value: bytes, headers: Headers) -> AgencyRecord:
    """Return what a record on an institution's topic says; ValueError or KeyError if unreadable."""
    body = json.loads(value)
    return AgencyRecord(
        agency=agency,
        number=body["number"],
        seq=body["seq"],
        outcome=body["outcome"],
        ce_id=first(headers, "ce_id"),
        digest=digest(body),
    )


def case_record(value: bytes, headers: Headers) -> CaseRecord:
    """Return what a record on `complaint-event` says; ValueError or KeyError if unreadable."""
    body = json.loads(value)
    return CaseRecord(
        number=body["number"],
        seq=body["seq"],
        status=body["status"],
        ce_id=first(headers, "ce_id"),
        digest=digest(body),
        rule=_rule_of(body.get("case", {}).get("history", ())),
    )


def letter(key: bytes | None, headers: Headers) -> DeadLetterSeen:
    """Return where a dead letter came from and whose it is."""
    # The last one counts: the record's own headers come first and may imitate these.
    said = {name: (value or b"").decode(errors="replace") for name, value in headers}
    return DeadLetterSeen(
        origin=(said["dlq_topic"], int(said["dlq_partition"]), int(said["dlq_offset"])),
        number=_number_of(key),
        reason=said.get("dlq_error", ""),
    )


def call(agency: str, webhook_id: str, body: bytes) -> Call:
    """Return what a webhook says; ValueError or KeyError if it is no event of ours."""
    payload = json.loads(body)
    data = payload["data"]
    return Call(
        webhook_id=webhook_id,
        agency=agency,
        number=data["number"],
        seq=data["seq"],
        outcome=data["outcome"],
        digest=digest(payload),
    )


def first(headers: Headers, name: str) -> str:
    """Return the first header of this name as text, or an empty text."""
    found = (value for key, value in headers if key == name)
    return (next(found, b"") or b"").decode(errors="replace")


def digest(body: Any) -> str:
    """Return a short text that is equal for equal contents, whatever the order of fields."""
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()[:24]


def _rule_of(history: Sequence[Any]) -> str:
    decisions = (entry["decision"] for entry in reversed(history) if entry.get("decision"))
    return next((str(decision["rule"]) for decision in decisions), "")


def _number_of(key: bytes | None) -> str | None:
    try:
        return complaint_number(UUID((key or b"").decode()))
    except ValueError:
        return None

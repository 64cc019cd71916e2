"""Reads raw records and webhook bodies into sayings, by their JSON and headers alone."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from deploy.dev.chaos.oracle.facts import TRIAGE, Saying, Stream

EVENTS = "complaint-event"
DEAD_LETTERS = re.compile(r".*-dlq")
AGENCY = re.compile(r"agency-([a-z]+-\d+)")
Headers = Iterable[tuple[str, bytes | None]]


def record(topic: str, value: bytes, headers: Headers, where: str) -> Saying | None:
    """Return what a record says; None where it says nothing of a case.

    ValueError or KeyError where it cannot be read.
    """
    agency = AGENCY.fullmatch(topic)
    if topic != EVENTS and agency is None:
        return None
    body = json.loads(value)
    if "seq" not in body:
        return None  # a test of an endpoint, which is about no case
    if agency is None:
        stream, place = Stream.EVENT, body.get("institution") or TRIAGE
    else:
        stream, place = Stream.AGENCY, agency.group(1)
    ident = next((raw for name, raw in headers if name == "ce_id"), b"") or b""
    return _saying(stream, place, body, ident.decode(errors="replace"), whole=body, where=where)


def call(agency: str, webhook_id: str, body: bytes, where: str) -> Saying:
    """Return what a webhook says; ValueError or KeyError if it is no event."""
    payload = json.loads(body)
    data = payload["data"]
    return _saying(Stream.WEBHOOK, agency, data, webhook_id, whole=payload, where=where)


def letter(headers: Headers, where: str) -> str:
    """Return a dead letter's reason and origin."""
    said = {name: (raw or b"").decode(errors="replace") for name, raw in headers}
    origin = "/".join(said.get(f"dlq_{part}", "?") for part in ("topic", "partition", "offset"))
    return f"{said.get('dlq_error', 'no reason')} of {origin} at {where}"


def _saying(  # noqa: PLR0913 # all that a saying is
    stream: Stream, place: str, body: Any, ident: str, *, whole: Any, where: str
) -> Saying:
    plain = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return Saying(
        stream=stream,
        place=place,
        number=body["number"],
        seq=body["seq"],
        ident=ident,
        digest=hashlib.sha256(plain.encode()).hexdigest()[:16],
        where=where,
        outcome=body.get("outcome", ""),
        status=body.get("status", ""),
        rule=_newest_rule(body.get("case", {}).get("history", ())),
    )


def _newest_rule(history: Sequence[Any]) -> str:
    decisions = (entry["decision"] for entry in reversed(history) if entry.get("decision"))
    return next((str(decision["rule"]) for decision in decisions), "")

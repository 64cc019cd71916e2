"""What must be turned away: bodies that intake refuses, and records that the router cannot read."""

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

import orjson

from shared.contracts.case import MAX_TEXT
from shared.contracts.events import InputType

RawRecord = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
_TEXT = "Lampu jalan mati di depan pasar"
# Each breaks one rule of the form; null counts as a missing field.
FAULTS: tuple[dict[str, Any], ...] = (
    {"text": None},
    {"text": "apa"},
    {"text": "   ab   "},
    {"text": 12345},
    {"text": ["Lampu jalan mati"]},
    {"text": "panjang " * (MAX_TEXT // 8 + 1)},
    {"title": "judul " * 100},
    {"channel": "pigeon"},
    {"channel": 7},
    {"type": "rant"},
    {"occurred_on": "kemarin"},
    {"occurred_on": "2026-02-31"},
    {"place": "Bandung"},
    {"place": {"region_code": "3.6"}},
    {"place": {"region_code": "ABCD"}},
    {"place": {"latitude": 123.0, "longitude": 107.0}},
    {"place": {"latitude": "selatan"}},
    {"institution": "dinas pekerjaan umum"},
    {"institution": "kab3603"},
    {"anonymous": "maybe"},
    {"secret": 3},
    {"reporter": "Contoh Warga"},
    {"reporter": {"name": ["Contoh", "Warga"]}},
)


def invalid(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield `count` bodies, each with one fault that must be answered with 422."""
    random = Random(seed)
    for index in range(count):
        body = {"title": "Lampu jalan", "text": _TEXT, "channel": "web"}
        body |= FAULTS[(index + seed) % len(FAULTS)]
        if body["text"] is None:
            del body["text"]
        yield body | {"idempotency_key": str(UUID(int=random.getrandbits(128), version=4))}


def broken_records(count: int, seed: int) -> Iterator[RawRecord]:
    """Yield `count` raw records (key, value, headers) for `complaint-input`, all undecodable."""
    random = Random(seed)
    for index in range(count):
        complaint = str(UUID(int=random.getrandbits(128), version=4))
        yield BREAKS[(index + seed) % len(BREAKS)](complaint)


def _record(complaint: str, value: bytes | None, ce_type: bytes | None) -> RawRecord:
    headers: list[tuple[str, bytes | None]] = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", complaint.encode()),
        ("ce_type", ce_type),
        ("ce_source", b"/salur/demo"),
    ]
    return complaint.encode(), value, headers


_SUBMITTED = InputType.SUBMITTED.value.encode()
_ACTION = InputType.ACTION.value.encode()


def _good(complaint: str) -> bytes:
    return orjson.dumps(
        {
            "complaint": {
                "complaint_id": complaint,
                "number": "0000000000000000",
                "title": "Lampu jalan",
                "text": _TEXT,
                "received_at": "2026-01-01T00:00:00Z",
            }
        }
    )


def _without_headers(complaint: str) -> RawRecord:
    key, value, _ = _record(complaint, _good(complaint), _SUBMITTED)
    return key, value, []


def _of_another_key(complaint: str) -> RawRecord:
    _, value, headers = _record(complaint, _good(complaint), _SUBMITTED)
    return b"somebody-else", value, headers


def _without_key(complaint: str) -> RawRecord:
    _, value, headers = _record(complaint, _good(complaint), _SUBMITTED)
    return None, value, headers


BREAKS = (
    lambda complaint: _record(complaint, b"this is no JSON", _SUBMITTED),
    lambda complaint: _record(complaint, _good(complaint)[:-9], _SUBMITTED),
    lambda complaint: _record(complaint, b"[1, 2, 3]", _SUBMITTED),
    lambda complaint: _record(complaint, b"{}", _SUBMITTED),
    lambda complaint: _record(complaint, b'{"complaint": {"title": "x"}}', _SUBMITTED),
    lambda complaint: _record(complaint, b'{"action_id": "x"}', _ACTION),
    lambda complaint: _record(complaint, b"\xff\xfe\x00", _SUBMITTED),
    lambda complaint: _record(complaint, b"", _SUBMITTED),
    lambda complaint: _record(complaint, None, _SUBMITTED),
    lambda complaint: _record(complaint, _good(complaint), b"id.salur.input.unheard.v1"),
    lambda complaint: _record(complaint, _good(complaint), b"\xc3\x28"),
    lambda complaint: _record(complaint, _good(complaint), None),
    _without_headers,
    _of_another_key,
    _without_key,
)

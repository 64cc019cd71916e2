"""Dead letters keep the record and tell where it came from."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Permanent, Undecodable
from shared.kafka.dead_letters import MAX_AGENCY_BYTES, MAX_VALUE_BYTES, DeadLetter
from tests.support.builders import FakeRecord

REASON = Undecodable("invalid_value", "text: missing")


def headers_of(letter: DeadLetter) -> dict[str, bytes]:
    return dict(letter.headers)


def test_the_origin_and_the_reason_are_in_the_headers() -> None:
    record = FakeRecord(topic="complaint-input", partition=3, offset=17)

    found = headers_of(DeadLetter("router", record, REASON))

    assert found["dlq_service"] == b"router"
    assert found["dlq_topic"] == b"complaint-input"
    assert (found["dlq_partition"], found["dlq_offset"]) == (b"3", b"17")
    assert (found["dlq_error"], found["dlq_detail"]) == (b"invalid_value", b"text: missing")


def test_key_value_and_readable_headers_are_kept_and_null_becomes_empty() -> None:
    record = FakeRecord(key=b"k", value=b"\xff\x00", headers=(("a", b"\xff"), ("b", None)))

    letter = DeadLetter("router", record, REASON)

    assert (letter.key, letter.value) == (b"k", b"\xff\x00")
    assert letter.headers[:2] == (("a", b"\xff"), ("b", b""))


WRITTEN = "agency-kab-3603-action"
ID = "08123456-7890-4123-8123-081234567890"


def letter_of(value: bytes, **changes: Any) -> DeadLetter:
    return DeadLetter("intake", FakeRecord(topic=WRITTEN, value=value, **changes), REASON)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b'{"text": "hub 0812-3456-7890"}', b'{"text": "hub [telepon]"}'),
        (b'{"text": "\\u0660\\u0668\\u0661\\u0662\\u0663\\u0664\\u0665\\u0666\\u0667\\u0668"}',
         b'{"text": "[telepon]"}'),
        (b'{"text": "hub 081234567890', b'{"text": "hub [telepon]'),
        (b'hub 081234567890 \xff', b'hub [telepon] \xff'),
        (b'{"hp": 81234567890}', b'{"hp": "[telepon]"}'),
        (b'NIK 3603011203800001, budi @ gmail.com', b'NIK [NIK], [email]'),
    ],
)  # fmt: skip
def test_what_an_institution_wrote_is_masked_in_its_letter(value: bytes, kept: bytes) -> None:
    assert letter_of(value).value == kept


def test_the_ids_and_times_of_a_record_stay_so_that_it_can_be_mended_and_replayed() -> None:
    said = {
        "complaint_id": ID,
        "action": {"kind": "complete", "text": "Hubungi 0812-3456-7890."},
        "at": "2026-11-30T08:12:34.567890Z",
    }

    value = letter_of(json.dumps(said).encode(), key=ID.encode()).value

    assert value is not None
    mended = json.loads(value)
    assert mended.pop("action") == {"kind": "complete", "text": "Hubungi [telepon]."}
    assert mended == {"complaint_id": said["complaint_id"], "at": said["at"]}
    assert letter_of(value, key=ID.encode()).key == ID.encode()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_a_letter_of_a_letter_is_the_same(value: bytes) -> None:
    once = letter_of(value).value

    assert once is not None
    assert letter_of(once).value == once


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=5), inner, max_size=3)))  # fmt: skip
def test_json_stays_json(said: object) -> None:
    value = letter_of(json.dumps({"said": said}).encode()).value

    assert value is not None
    assert "said" in json.loads(value)


def test_what_a_service_wrote_stays_byte_for_byte() -> None:
    value = b'{"text": "hub 081234567890"}'

    assert DeadLetter("router", FakeRecord(value=value), REASON).value == value


def test_of_an_institution_no_more_is_kept_than_an_action_can_be() -> None:
    letter = letter_of(b"(0" * 300_000)

    assert letter.value is not None
    assert len(letter.value) <= MAX_AGENCY_BYTES
    assert headers_of(letter)["dlq_truncated"] == b"600000"


def test_the_largest_record_a_broker_takes_still_fits_beside_its_origin() -> None:
    record = FakeRecord(
        key=b"k" * 1_000_000, value=b"v" * 1_000_000, headers=(("h", b"x" * 1_000_000),)
    )

    letter = DeadLetter("intake", record, Permanent("invalid_value", "d" * 10_000))

    size = len(letter.key or b"") + len(letter.value or b"")
    size += sum(len(name) + len(value) for name, value in letter.headers)
    assert size < 1_000_000
    assert len(letter.value or b"") == MAX_VALUE_BYTES
    assert headers_of(letter)["dlq_truncated"] == b"1000000"


def test_a_record_cannot_tell_an_origin_of_its_own() -> None:
    record = FakeRecord(topic="complaint-input", headers=(("dlq_topic", b"elsewhere"),))

    letter = DeadLetter("router", record, REASON)

    assert [value for name, value in letter.headers if name == "dlq_topic"] == [b"complaint-input"]


def test_a_null_value_stays_null_beside_a_key() -> None:
    letter = DeadLetter("router", FakeRecord(key=b"k", value=None), REASON)

    assert (letter.key, letter.value) == (b"k", None)


def test_a_record_of_nothing_at_all_can_be_sent() -> None:
    letter = DeadLetter("router", FakeRecord(key=None, value=None), REASON)

    assert (letter.key, letter.value) == (None, b"")

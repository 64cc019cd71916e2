"""Dead letters keep the record and tell where it came from."""

from shared.deadletters import MAX_VALUE_BYTES, DeadLetter
from shared.errors import Permanent, Undecodable
from tests.builders import FakeRecord

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

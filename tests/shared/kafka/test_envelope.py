"""The binary-mode envelope: what goes out, and what hostile headers do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.events import Submitted
from shared.errors import Undecodable
from shared.kafka.envelope import Outgoing, decode, event_type, header
from tests.support.builders import FakeRecord


def test_an_event_carries_the_attributes_of_cloudevents() -> None:
    event = Outgoing(
        topic="complaint-event",
        key=b"k",
        value=b"{}",
        ce_id="1",
        ce_type="id.salur.case.routed.v1",
        ce_source="salur/router",
        ce_time=datetime(2026, 3, 2, tzinfo=UTC),
    )

    assert dict(event.headers) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": b"1",
        "ce_type": b"id.salur.case.routed.v1",
        "ce_source": b"salur/router",
        "ce_time": b"2026-03-02T00:00:00+00:00",
    }


def test_the_first_of_repeated_headers_counts() -> None:
    record = FakeRecord(headers=(("ce_id", b"first"), ("ce_id", b"second")))

    assert header(record, "ce_id") == "first"


ANY_HEADER = st.tuples(st.just("ce_id") | st.text(max_size=8), st.none() | st.binary(max_size=20))


@given(st.lists(ANY_HEADER))
def test_no_headers_break_the_reading(pairs: list[tuple[str, bytes | None]]) -> None:
    first = next((value for name, value in pairs if name == "ce_id"), None)

    read = header(FakeRecord(headers=tuple(pairs)), "ce_id")

    assert read is None or read.encode() == first


@given(st.lists(ANY_HEADER.filter(lambda pair: pair[0] != "ce_id")), st.text())
def test_a_header_is_found_behind_any_others(
    pairs: list[tuple[str, bytes | None]], text: str
) -> None:
    assert header(FakeRecord(headers=(*pairs, ("ce_id", text.encode()))), "ce_id") == text


@given(st.binary(max_size=200))
def test_no_value_breaks_the_decoding(value: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(FakeRecord(value=value), Submitted)


def test_a_missing_type_says_which_header() -> None:
    with pytest.raises(Undecodable, match="ce_type"):
        event_type(FakeRecord())

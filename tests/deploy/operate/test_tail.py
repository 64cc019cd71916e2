"""One readable line per event, whatever is in it."""

import json

import pytest

from deploy.operate.tail import line_of

EVENT = {
    "complaint_id": "5e0c2c3e-0000-5000-8000-000000000000",
    "number": "0123456789ABCDEF",
    "agency": "kab-3603",
    "seq": 1,
    "outcome": "routed",
    "at": "2026-03-02T08:00:00Z",
    "status": "routed",
    "category": "roads.damage",
    "complaint": {"title": "Jalan rusak", "text": "Jalan di depan pasar berlubang."},
}


def line(**changes: object) -> str:
    return line_of(json.dumps(EVENT | changes).encode(), 0)


def test_a_routed_complaint_says_when_which_and_what() -> None:
    said = line()

    assert said.startswith("2026-03-02 08:00:00  routed ")
    assert "0123456789ABCDEF  routed  roads.damage" in said
    assert said.endswith("Jalan rusak — Jalan di depan pasar berlubang.")


def test_a_refusal_says_its_reason() -> None:
    refusal = {"code": "not_yours", "detail": "another institution holds it"}

    said = line(outcome="refused", complaint=None, refusal=refusal, action_id="a-1")

    assert said.endswith("REFUSED not_yours: another institution holds it (action a-1)")


def test_a_test_of_an_endpoint_is_no_broken_record() -> None:
    test = {"agency": "kab-3603", "endpoint_id": "e-1", "at": "2026-03-02T08:00:00Z"}

    assert line_of(json.dumps(test).encode(), 0) == "2026-03-02 08:00:00  endpoint test     e-1"


def test_long_texts_are_cut_and_lines_joined() -> None:
    said = line(complaint={"title": "T", "text": "satu\ndua " + "tiga " * 100})

    assert "\n" not in said
    assert "satu dua" in said
    assert said.endswith("…")


def test_a_text_cannot_command_the_terminal() -> None:
    said = line(complaint={"title": "\x1b[2Jhello", "text": "a\u202eb\x07"})

    assert said.isprintable()
    assert "hello" in said


@pytest.mark.parametrize("value", [None, b"", b"no json", b"[1]", b"{}", b'"text"', b"\xff"])
def test_what_is_no_event_is_said_to_be_none(value: bytes | None) -> None:
    assert line_of(value, 7) == "(the record at offset 7 is no event)"

"""A dead letter as a file: what it says comes back as it was, or as a person has mended it."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deploy.operate.dead_letters.reader import StoredDeadLetter
from deploy.operate.dead_letters.repair import MOST_BYTES, read_mended, write_letter
from shared.errors import Misconfigured
from shared.kafka.dead_letters import MAX_VALUE_BYTES

LETTER = StoredDeadLetter(
    offset=4,
    origin={"topic": "complaint-input", "error": "invalid_value"},
    key=b"key",
    value=b'{"text": "Jalan r\xc3\xbcsak", "n": 1}',
    headers=(("ce_id", b"one"), ("raw", b"\xff"), ("ce_id", b"two")),
)
raw = st.binary(max_size=60)
values = st.one_of(
    st.none(),
    raw,
    st.sampled_from([b"NaN", b"[1e999]", b'{"a": "\\ud800"}', b"[" * 5_000, b'"text"', b"12"]),
)


def written(path: Path, **changes: object) -> Path:
    write_letter(LETTER, path, service="router")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def mended(path: Path) -> StoredDeadLetter:
    return read_mended(path, service="router", at=4).onto(LETTER)


def test_a_letter_is_written_for_its_owner_alone_and_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "letter.json"

    write_letter(LETTER, path, service="router")

    assert path.stat().st_mode & 0o777 == 0o600
    said = json.loads(path.read_text())
    assert said["value"] == {"json": {"text": "Jalan rüsak", "n": 1}}
    assert said["origin"]["topic"] == "complaint-input"
    with pytest.raises(Misconfigured, match="exists"):
        write_letter(LETTER, path, service="router")


@given(key=st.none() | raw, value=values, headers=st.lists(st.tuples(st.text(max_size=5), raw)))
def test_what_nobody_has_changed_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    key: bytes | None,
    value: bytes | None,
    headers: list[tuple[str, bytes]],
) -> None:
    assume((key, value) != (None, None))
    letter = StoredDeadLetter(4, {}, key, value, tuple(headers))
    path = tmp_path_factory.mktemp("letter") / "letter.json"

    write_letter(letter, path, service="router")
    back = mended(path)

    assert (back.key, back.headers) == (key, tuple(headers))
    assert back.value == value or (value and back.value and loaded(back.value) == loaded(value))


def loaded(value: bytes) -> object:
    return json.loads(value)


def test_a_person_mends_key_headers_and_value_but_not_the_topic(tmp_path: Path) -> None:
    path = written(
        tmp_path / "letter.json",
        key="right",
        headers=[["ce_type", "right"]],
        value={"json": {"n": 2}},
        origin={"topic": "complaint-event"},
    )

    found = mended(path)

    assert (found.key, found.value, found.headers) == (
        b"right",
        b'{"n":2}',
        (("ce_type", b"right"),),
    )
    assert (found.topic, found.offset) == ("complaint-input", 4)


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"at": 5}, "is letter 5 of router, not letter 4"),
        ({"service": "intake"}, "of intake, not"),
        ({"value": "x" * (MAX_VALUE_BYTES + 1)}, "value has 900001 bytes"),
        ({"key": "x" * 2000}, "key has 2000 bytes"),
        ({"headers": [["a", "x" * 70_000]]}, "headers has 70001 bytes"),
        ({"values": "typing error"}, "no mended letter: values: extra_forbidden"),
        ({"value": {"base64": "!"}}, "no mended letter"),
        ({"value": 12}, "no mended letter"),
        ({"key": None, "value": None}, "both null"),
        ({"value": {"json": {"a": float("nan")}}}, "no JSON that can be sent"),
        ({"value": {"json": {"a": "\ud800"}}}, "no JSON that can be sent"),
        ({"value": "\ud800"}, "no JSON that can be sent"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_cannot_go_says_why(
    tmp_path: Path, changes: dict[str, object], because: str
) -> None:
    path = written(tmp_path / "letter.json", **changes)

    with pytest.raises(Misconfigured, match=because):
        mended(path)


def test_a_file_that_is_missing_no_json_or_endless_says_why(tmp_path: Path) -> None:
    broken, deep, endless = (tmp_path / name for name in ("broken", "deep", "endless"))
    broken.write_text("{")
    deep.write_text("[" * 100_000)
    with endless.open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    for path in (broken, deep):
        with pytest.raises(Misconfigured, match="no JSON"):
            mended(path)
    with pytest.raises(Misconfigured, match="more than"):
        mended(endless)
    with pytest.raises(Misconfigured, match="cannot be read"):
        mended(tmp_path / "nothing")

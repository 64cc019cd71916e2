"""Ids are derived, and the tracking code survives how people write it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import identifiers as ids

SECRET = b"s" * 32


def test_the_same_caller_and_key_is_the_same_complaint() -> None:
    assert ids.complaint_id("public", "key") == ids.complaint_id("public", "key")


def test_another_caller_with_the_same_key_is_another_complaint() -> None:
    assert ids.complaint_id("public", "key") != ids.complaint_id("gateway:web", "key")


def test_an_event_has_another_id_on_each_topic_and_for_each_entry() -> None:
    complaint = ids.complaint_id("public", "key")

    found = {ids.event_id(complaint, seq, topic) for seq in (1, 2) for topic in ("a", "b")}

    assert len(found) == 4


@given(st.uuids())
def test_the_number_is_the_first_80_bits(complaint: UUID) -> None:
    number = ids.complaint_number(complaint)

    assert len(number) == 16
    assert ids.decode_crockford(number) == complaint.int >> 48


@given(st.uuids())
def test_a_tracking_code_is_read_however_it_is_typed(complaint: UUID) -> None:
    code = ids.tracking_code(SECRET, complaint)
    groups = "-".join(code[at : at + 4] for at in range(0, len(code), 4))
    typed = groups.lower().replace("0", "o").replace("1", "l")

    assert ids.read_tracking_code(code) == code
    assert ids.read_tracking_code(typed) == code


@given(st.uuids(), st.integers(0, 19), st.sampled_from(ids.CROCKFORD))
def test_one_wrong_character_is_noticed(complaint: UUID, place: int, letter: str) -> None:
    code = ids.tracking_code(SECRET, complaint)
    wrong = code[:place] + letter + code[place + 1 :]

    assert ids.read_tracking_code(wrong) == (code if wrong == code else None)


# Of 20 letters one in 37 has a check symbol that fits: those with the right one are made.
BODIES = st.text(ids.CROCKFORD, min_size=20, max_size=20)
CODES = BODIES.map(lambda body: body + ids.CHECK_SYMBOLS[ids.decode_crockford(body) % 37])


@given(CODES | st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_tracking_code(text: str) -> None:
    code = ids.read_tracking_code(text)

    assert code is None or (len(code) == 21 and ids.read_tracking_code(code) == code)


@given(CODES)
def test_any_letters_with_their_check_symbol_are_a_tracking_code(code: str) -> None:
    assert ids.read_tracking_code(code) == code


def test_another_secret_gives_another_code() -> None:
    complaint = ids.complaint_id("public", "key")

    assert ids.tracking_code(SECRET, complaint) != ids.tracking_code(b"t" * 32, complaint)


@pytest.mark.parametrize("code", ["kem-014", "prov-36", "kab-3603", "kota-3671", "bumn-001"])
def test_institution_codes_are_recognised(code: str) -> None:
    assert ids.is_agency_code(code)


@pytest.mark.parametrize("code", ["kab-36.03", "kab-", "dinas-1", "kab-3603-action", "kab-36\n"])
def test_what_is_no_institution_code_is_not(code: str) -> None:
    assert not ids.is_agency_code(code)


def test_the_key_of_tracking_codes_is_neither_the_secret_nor_another_key() -> None:
    keys = {SECRET, ids.tracking_key(SECRET), ids.contact_key(SECRET)}

    assert len(keys) == 3
    assert ids.tracking_key(SECRET) == ids.tracking_key(SECRET)
    assert ids.tracking_key(SECRET) != ids.tracking_key(b"t" * 32)

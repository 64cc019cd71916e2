"""Masking: what identifies a person goes, what only looks like it stays."""

import importlib
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.masking import (
    MASKS,
    amounts,
    cues,
    digits,
    emails,
    mask,
    mask_within_bytes,
    named,
    numbers,
    phones,
)
from shared.masking.phones import PHONE
from shared.normal_text import normalised

SEPARATORS = st.sampled_from(["", " ", ".", "-", " - ", "\u00a0"])
MODULES = (amounts, cues, digits, emails, named, numbers, phones)
PARSER = importlib.import_module("re._parser")
TABLE = [
    tuple(json.loads(line).values())
    for line in (Path(__file__).parent / "data" / "masking.jsonl").read_text().splitlines()
]
PIECES = st.sampled_from(
    [
        *"0123456789+() -./\n,@oOa[]",
        *("08", "62", "0812", "812", "3456", "7890", "2021", "3603", "0112", "0380"),
        *("(at)", " at ", "gmail", ".com", "wa ", "rek ", "nik ", "npwp ", "Rp ", "telp ", "sk "),
        *("rupiah", "titik", "\u200b", "\u0660", "\u0301", "½", *MASKS),
    ]
)
WORDS = st.text(alphabet="abcdefghij klmnop,;!?\n", max_size=30)


@pytest.mark.parametrize(
    "number",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 7890",
        "0812.3456.7890",
        "08123456789",
        "0812345678",
        "+6281234567890",
        "+62 812-3456-7890",
        "+62 (812) 3456 7890",
        "+62812.3456.7890",
        "6281234567890",
        "62 812 3456 7890",
        "62.812.345.678",
        "021-5551234",
        "(021) 555 1234",
        "021 5551 2345",
        "0251-8321234",
        "+62 21 555 1234",
        "+6221-5551234",
        "+65 9123 4567",
        "０８１２３４５６７８９０",
    ],
)
def test_a_phone_number_is_masked(number: str) -> None:
    assert mask(f"Hubungi {number} segera.") == "Hubungi [telepon] segera."


@pytest.mark.parametrize(
    "number",
    [
        "3603011203800001",
        "3603 0112 0380 0001",
        "36.03.01.120380.0001",
        "360301-120380-0001",
        "360301 120380 0001",
        "3603 - 0112 - 0380 - 0001",
    ],
)
def test_an_identity_number_is_masked(number: str) -> None:
    assert mask(f"NIK {number}, KK sama") == "NIK [NIK], KK sama"


@pytest.mark.parametrize(
    "address",
    ["siti@contoh.id", "s.i-t_i+lapor@mail.contoh.co.id", "081234567890@contoh.com", "a@b.co"],
)
def test_an_email_address_is_masked(address: str) -> None:
    assert mask(f"Kirim ke {address} saja") == "Kirim ke [email] saja"


@pytest.mark.parametrize(
    "text",
    [
        "Biaya Rp 1.500.000.000 untuk jalan",
        "Anggaran Rp62.500.000.000,00",
        "Rp. 62.812.345.678",
        "sebesar 62.500.000.000 rupiah",
        "total 1.625.000.000",
        "Rp 1.081.234.567 dan Rp 1.021.555.678",
        "naik +1.500.000.000 rupiah",
        "tanggal 05-06-2021 14.30",
        "tanggal 12/05/2021 pukul 10:30",
        "02.03.2021 s.d. 04.05.2021",
        "tahun 2019 2020 2021 2022",
        "B 1234 XYZ menabrak di KM 62",
        "Jalan Nasional 021 kode pos 15810",
        "RT 005 RW 012 No. 62",
        "lintang -6.2000000, bujur 106.8166667",
        "kartu 0001234567890",
        "telepon 1500-123 atau 112",
        "@pemkab dan pasar@malam",
        "beras 10kg@12.500",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert mask(text) == text


def test_several_in_one_text_are_all_masked() -> None:
    text = "Saya 3603011203800001, WA 081234567890 atau 021-5551234, siti@contoh.id. Rp 1.500.000"

    assert mask(text) == "Saya [NIK], WA [telepon] atau [telepon], [email]. Rp 1.500.000"


def test_a_number_after_a_phone_stays() -> None:
    assert mask("WA 081234567890 2021") == "WA [telepon] 2021"


@given(WORDS, st.from_regex(r"[1-9][0-9]{15}", fullmatch=True), WORDS)
def test_no_identity_number_survives(before: str, number: str, after: str) -> None:
    assert number not in mask(f"{before}{number}{after}")


@given(
    st.sampled_from(["08", "+628", "628"]), st.from_regex(r"[0-9]{9}", fullmatch=True), SEPARATORS
)
def test_no_mobile_survives_in_any_grouping(prefix: str, rest: str, gap: str) -> None:
    number = f"{prefix}{rest[0]}{rest[1]}{gap}{rest[2:5]}{gap}{rest[5:]}"

    assert not re.search(r"\d{3}", mask(f"hubungi {number} ya"))


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Nd"], exclude_characters="@")))
def test_a_text_without_digits_and_at_is_only_normalised(text: str) -> None:
    assume(not any(letter.isdigit() or letter == "@" for letter in normalised(text)))

    assert mask(text) == normalised(text)


@given(st.text(alphabet="0123456789 .-+()@abRp,é", max_size=400), st.integers(1, 100))
def test_a_bound_in_bytes_holds(text: str, most: int) -> None:
    assert len(mask_within_bytes(text, most).encode()) <= most


def test_what_people_write_is_masked_as_the_table_says() -> None:
    found = {text: (mask(text), mask(masked)) for text, masked in TABLE}

    assert {text: found[text] for text, masked in TABLE if found[text] != (masked, masked)} == {}


def test_half_of_the_table_must_stay() -> None:
    stay = sum(text == masked for text, masked in TABLE)

    assert len(TABLE) >= 120
    assert len(TABLE) // 3 <= stay <= len(TABLE) // 2


@given(
    st.sampled_from(["08", "+628", "00628"]),
    st.from_regex(r"[1-35-9][1-9][0-9]{7,8}", fullmatch=True),
    st.data(),
)
def test_a_mobile_is_masked_whatever_stands_between_its_digits(
    prefix: str, rest: str, data: st.DataObject
) -> None:
    gap = data.draw(st.sampled_from(["", " ", "-", ".", " - ", "\u200b", "\u2009", "_"]))
    ends = data.draw(st.sets(st.integers(1, len(rest) - 1), max_size=4))
    number = prefix + "".join(
        digit + (gap if at in ends else "") for at, digit in enumerate(rest, start=1)
    )

    masked = mask(f"hubungi {number} ya")

    assert masked.startswith(f"hubungi {PHONE}")
    assert not re.search(r"\d{3}", masked)  # one or two of eleven may look like another number


@given(
    st.from_regex(r"[1-579][0-9]{8,11}", fullmatch=True)
    | st.from_regex(r"[0-9]{1,6}", fullmatch=True),
    st.sampled_from(["sebanyak", "lihat", "pelanggan", "kode"]),
)
def test_digits_that_begin_like_no_phone_stay(number: str, word: str) -> None:
    assert mask(f"{word} {number} ya") == f"{word} {number} ya"


@given(st.lists(PIECES, max_size=25).map("".join))
def test_masking_pieces_twice_changes_nothing_more(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "unit",
    [
        *("1", "1 ", "08 ", "08\n", "62 - ", "+1", "(0", "0812 345a", "36 01 12 ", "1.000.", "81 "),
        *("@", "a@", "@a.", "@" + "a." * 50, "a", "at ", "(at)", "wa 8", "rek 1", "0 8 1 2 "),
    ],
)
def test_steps_grow_with_the_length_only(unit: str) -> None:
    half, whole = (calls_of_masking((unit * size)[:size]) for size in (2_000, 4_000))

    assert whole <= 2.2 * half + 100
    assert whole <= 150 * 4_000


def test_no_pattern_repeats_a_repetition_without_bound() -> None:
    found = [
        pattern
        for module in MODULES
        for pattern in vars(module).values()
        if isinstance(pattern, re.Pattern)
    ]

    assert len(found) > 10
    for pattern in found:
        assert not unbounded(PARSER.parse(pattern.pattern)), pattern.pattern


def calls_of_masking(text: str) -> int:
    """Return how many functions are called while a text is masked."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        mask(text)
    finally:
        sys.setprofile(None)
    return calls


def unbounded(parsed: Iterable[tuple[object, Any]]) -> bool:
    """Tell whether a pattern repeats without bound, other than one set of characters alone."""
    steps = list(parsed)
    alone = len(steps) == 1
    for operation, argument in steps:
        if str(operation) in ("MAX_REPEAT", "MIN_REPEAT"):
            _least, most, repeated = argument
            if most > 300 and not (alone and str(repeated[0][0]) == "IN" and len(repeated) == 1):
                return True
            if unbounded(repeated) or unbounded_within(repeated, most):
                return True
        elif str(operation) == "SUBPATTERN":
            if unbounded(argument[-1]):
                return True
        elif str(operation) == "BRANCH" and any(map(unbounded, argument[1])):
            return True
    return False


def unbounded_within(repeated: Iterable[tuple[object, Any]], most: int) -> bool:
    """Tell whether what is repeated often holds a long repetition itself."""
    inner = [a[1] for op, a in repeated if str(op) in ("MAX_REPEAT", "MIN_REPEAT")]
    return any(most * one > 1_000 for one in inner)

"""Masking: what identifies a person goes, what only looks like it stays."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.masking import mask, mask_within_bytes

SEPARATORS = st.sampled_from(["", " ", ".", "-", " - ", "\u00a0"])
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
def test_a_text_without_digits_and_at_stays(text: str) -> None:
    assert mask(text) == text


@given(st.text(alphabet="0123456789 .-+()@abRp,é", max_size=400), st.integers(1, 100))
def test_a_bound_in_bytes_holds(text: str, most: int) -> None:
    assert len(mask_within_bytes(text, most).encode()) <= most


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "0",
        "1 ",
        "1 - ",
        "0812",
        "08 ",
        "62.",
        "62 - ",
        "+",
        "+1 ",
        "(",
        "a@",
        "@a.",
        "@",
        "a",
        "a.",
        "@.",
        "(0",
        "0812 345a",
        "361234567890123x ",
        "1.000.",
        "@" + "a." * 50,
        "-",
    ],
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    text = (unit * 50_000)[:50_000]

    started = time.process_time()
    mask(text)

    assert time.process_time() - started < 1.0

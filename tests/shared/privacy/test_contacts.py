"""Contacts in one form each; what is no contact is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.privacy.contacts import Contact, contacts_of, email_address, is_wanted, mobile_number


@pytest.mark.parametrize(
    "typed",
    [
        "081234567890",
        "0812-3456-7890",
        "(0812) 3456.7890",
        "6281234567890",
        "+62 812 3456 7890",
        "+62 (0)812 3456 7890",
        "006281234567890",
        "81234567890",
        " +6281234567890\n",
    ],
)
def test_an_indonesian_mobile_number_has_one_form(typed: str) -> None:
    assert mobile_number(typed) == "+6281234567890"


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        "siti",
        "021-5551234",  # a landline of Jakarta
        "+62215551234",
        "0812",
        "+621234567890123456",
        "08012345678",
        "1708",
        "0812345678٩٠",  # digits, but not ours
        "081234567890; rm",
        "+",
    ],
)
def test_what_takes_no_sms_is_no_mobile_number(typed: str | None) -> None:
    assert mobile_number(typed) is None


def test_a_number_of_another_country_stays_as_it_is() -> None:
    assert mobile_number("+60 12-345 6789") == "+60123456789"
    assert mobile_number("0060123456789") == "+60123456789"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("siti@warga.example", "siti@warga.example"),
        (" Siti.N+lapor@Warga.EXAMPLE ", "Siti.N+lapor@warga.example"),
        ("a@b.id", "a@b.id"),
    ],
)
def test_an_address_keeps_its_name_and_lowers_its_domain(typed: str, address: str) -> None:
    assert email_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        None,
        "",
        "siti",
        "siti@",
        "@warga.example",
        "siti@warga",
        "siti@@warga.example",
        "siti@-warga.example",
        ".siti@warga.example",
        "siti@warga.example, budi@warga.example",
        "siti@warga.example\r\nBcc: x@y.example",
        "Siti <siti@warga.example>",
        '"siti"@warga.example',
        "sití@warga.example",
        f"{'a' * 65}@warga.example",
        f"a@{'b.' * 126}id",
    ],
)
def test_what_is_no_plain_address_is_none(typed: str | None) -> None:
    assert email_address(typed) is None


@given(st.emails())
def test_an_address_read_again_is_the_same(typed: str) -> None:
    found = email_address(typed)

    assert found is not None
    assert email_address(found) == found


@given(st.from_regex(r"(\+60|00[1-5]|\+?62 ?(\(0\))?8|0?8)[1-9]([ .-]?[0-9]){7,9}", fullmatch=True))
def test_a_number_read_again_is_the_same(typed: str) -> None:
    found = mobile_number(typed)

    assert found is not None
    assert mobile_number(found) == found


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_contact(typed: str) -> None:
    for read in (email_address, mobile_number):
        found = read(typed)
        assert found is None or read(found) == found


def test_only_what_can_be_written_to_is_a_contact() -> None:
    assert contacts_of(email="a@b.id", phone="1708") == {Contact.EMAIL: "a@b.id"}


@pytest.mark.parametrize(
    ("notify", "of_complaint", "of_contact", "wanted"),
    [
        (True, None, None, True),
        (False, None, None, False),
        (False, True, None, True),
        (True, False, None, False),
        (True, True, False, False),
        (True, False, True, False),
        (False, None, True, False),
    ],
)
def test_the_last_word_counts_unless_the_contact_wants_nothing(
    notify: bool, of_complaint: bool | None, of_contact: bool | None, wanted: bool
) -> None:
    found = is_wanted(notify=notify, of_complaint=of_complaint, of_contact=of_contact)

    assert found is wanted


@pytest.mark.parametrize(
    "typed",
    [
        "\u202a+6281234567890\u202c",  # as copied from a phone's list of contacts
        "0812\u200b34567890",
        "０８１２３４５６７８９０",
        "081234567890.",
        "081234567890 (WA)",
        "0812-3456-7890 WA saja",
        "081234567890; istri",
        "081234567890 / telepon kantor",
        "0812 3456 7890 - Ibu Siti.",
    ],
)
def test_a_number_is_reached_however_it_was_typed(typed: str) -> None:
    assert contacts_of(email=None, phone=typed) == {Contact.PHONE: "+6281234567890"}


@pytest.mark.parametrize(
    "typed",
    [
        "\u202asiti@warga.example\u202c",
        "siti\u200b@warga.example",
        "ｓｉｔｉ＠warga.example",
        "siti@warga.example.",
        "siti@warga.example,",
        "<siti@warga.example>",
        "siti@warga.example (kantor)",
        "siti@warga.example atau lewat ketua RT",
    ],
)
def test_an_address_is_reached_however_it_was_typed(typed: str) -> None:
    assert contacts_of(email=typed, phone=None) == {Contact.EMAIL: "siti@warga.example"}


@pytest.mark.parametrize(
    "typed", ["0812 3456 7890 atau 0813", "lihat 081", "02155512345 kantor", "WA", "\u200b", "."]
)
def test_nothing_is_guessed_from_what_is_left(typed: str) -> None:
    assert contacts_of(email=typed, phone=typed) == {}


@given(st.text(max_size=60))
def test_what_is_found_is_plain(typed: str) -> None:
    assert all(
        one.isascii() and " " not in one for one in contacts_of(email=typed, phone=typed).values()
    )

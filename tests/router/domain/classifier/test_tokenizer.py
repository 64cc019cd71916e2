"""Words of informal texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.classifier.abbreviations import ABBREVIATIONS
from services.router.domain.classifier.tokenizer import (
    NUMBER,
    TIME,
    char_ngrams,
    runs,
    tokens,
    word,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jln rusak, blm diperbaiki!", ["jalan", "rusak", "belum", "diperbaiki"]),
        ("tolooooong pak", ["tolong", "pak"]),
        ("maaf saat hujan", ["maaf", "saat", "hujan"]),
        ("janda2 di rt 05", ["janda", "<1>", "di", "rt", "<2>"]),
        ("jam 07.30 harga 35.000", ["jam", TIME, "harga", NUMBER]),
        ("ｊａｌａｎ", ["jalan"]),
        ("  …!?  ", []),
    ],
)
def test_a_text_becomes_plain_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_any_text_becomes_short_words_in_lower_case(text: str) -> None:
    found = words(text)

    assert len(found) == len(tokens(text))
    assert all(0 < len(one) <= 32 for one in found)
    assert not any(character.isdigit() for one in found for character in one if one[0] != "<")


@given(st.lists(st.sampled_from(["jalan", "rusak", "yg", "12", "saaampah"])))
def test_a_word_does_not_depend_on_its_neighbours(said: list[str]) -> None:
    assert words(" ".join(said)) == [word(one) for one in said]


@given(st.sampled_from(sorted(ABBREVIATIONS)))
def test_a_full_form_is_no_abbreviation_itself(short: str) -> None:
    full = ABBREVIATIONS[short]

    assert word(short) == word(full) == full


def test_pieces_are_runs_of_letters_with_the_ends_marked() -> None:
    assert char_ngrams("air") == ["^ai", "air", "ir$", "^air", "air$", "^air$"]
    assert char_ngrams("<2>") == []


@given(st.text("abcdefgh", min_size=1, max_size=32))
def test_pieces_are_different_and_in_a_fixed_order(letters: str) -> None:
    found = char_ngrams(letters)

    assert len(set(found)) == len(found)
    assert found == char_ngrams(letters)


@given(st.text() | st.text("aB1.,: -_²İ", max_size=30))
def test_the_tokens_of_all_runs_are_those_of_the_text(text: str) -> None:
    assert [token for run in runs(text) for token in tokens(run)] == tokens(text)


@given(st.text("abcpyg", min_size=1, max_size=50))
def test_a_word_stands_for_itself(letters: str) -> None:
    assert word(word(letters)) == word(letters)

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.normal_text import MOST_MARKS, normalised, says_something

_BREAKS = "\t\n\v\f\r\x85"
_UNSEEN = ("\u00ad", "\u034f", "\u115f", "\u200b", "\u202a", "\u2060", "\u3164", "\ufe0f", "\ufeff")
_ODD = st.sampled_from([*_UNSEEN, "\u0301", "\u0316", "\u0344", "\uac00", "\uff10", "a", "\ufdfa"])


def test_no_character_of_unicode_leaves_a_format_or_control_character_behind() -> None:
    left = {
        letter
        for letter in map(chr, range(sys.maxunicode + 1))
        if any(unicodedata.category(one) in ("Cf", "Cc") for one in normalised(letter))
    }
    assert left == set(_BREAKS)


@pytest.mark.parametrize("letter", _UNSEEN)
def test_what_is_not_seen_is_taken_out(letter: str) -> None:
    assert normalised(f"0812{letter}345") == "0812345"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("０８１２", "0812"),
        ("budi＠gmail．com", "budi@gmail.com"),
        ("ﬁle ½ ²", "file 1⁄2 2"),
        ("e\u0301", "é"),
        ("satu\r\ndua\n\ntiga\t!", "satu\r\ndua\n\ntiga\t!"),
        ("a\u00a0b\u2009c", "a b c"),
        ("jalan rusak", "jalan rusak"),
    ],
)
def test_what_looks_alike_becomes_alike(written: str, normal: str) -> None:
    assert normalised(written) == normal


@given(st.text(st.one_of(st.characters(), _ODD)))
def test_a_second_time_changes_nothing(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


def test_marks_beyond_the_bound_are_taken_out() -> None:
    assert len(normalised("x" + "\u0316\u0301" * 25_000)) <= 1 + MOST_MARKS


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "\u2800", "...", "\u3164\u3164", "\u0301", "👍"]
)
def test_a_text_without_letter_or_digit_says_nothing(text: str) -> None:
    assert not says_something(text)


@pytest.mark.parametrize("text", ["a", "１", "сделано", "٣", "\u200b- ok"])
def test_one_letter_or_digit_says_something(text: str) -> None:
    assert says_something(text)

"""Names of one word or more in a row of words."""

from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.text.phrase_matcher import PhraseMatcher

WORDS = st.sampled_from(["kota", "jalan", "tol", "raya"])
NAMES = st.sets(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), max_size=8)
TEXT = st.lists(WORDS, max_size=12)


def names(*every: str) -> PhraseMatcher[str]:
    return PhraseMatcher({one: one.upper() for one in every})


def test_the_longest_name_wins_and_nothing_is_found_inside_it() -> None:
    known = names("jalan", "jalan tol", "tol", "jalan tol dalam kota")

    found = known.longest(["tol", "jalan", "tol", "dalam", "jalan"], range(5))

    assert found == [(0, "TOL"), (1, "JALAN TOL"), (4, "JALAN")]


def test_every_name_is_found_inside_another_too() -> None:
    known = names("jalan", "jalan tol", "tol")

    assert known.every(["jalan", "tol"], range(2)) == ["JALAN TOL", "JALAN", "TOL"]


def test_a_name_that_the_text_breaks_off_is_not_found() -> None:
    known = names("tol dalam kota")

    assert known.longest(["tol", "dalam"], range(2)) == []
    assert known.every(["tol", "dalam"], range(2)) == []


@given(NAMES, TEXT)
def test_every_occurrence_is_found(every: set[str], text: list[str]) -> None:
    expected = [
        " ".join(text[start:end]).upper()
        for start in range(len(text))
        for end in range(start + 1, len(text) + 1)
        if " ".join(text[start:end]) in every
    ]

    assert sorted(names(*every).every(text, range(len(text)))) == sorted(expected)


@given(NAMES, TEXT)
def test_places_where_no_name_begins_need_not_be_looked_at(
    every: set[str], text: list[str]
) -> None:
    known = names(*every)
    starts = [at for at, word in enumerate(text) if word in known.firsts]

    assert known.longest(text, starts) == known.longest(text, range(len(text)))
    assert known.every(text, starts) == known.every(text, range(len(text)))

"""Sealed values open where they were sealed, by a key of their ring, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.key_rings import KeyRing, UnknownKey
from shared.privacy.sealing import Sealed, Sealer, Unopenable
from tests.support.builders import complaint_id

ONE, TWO = complaint_id("one"), complaint_id("two")
OLD = KeyRing("SOME_KEYS", {"old": b"o" * 32})
BOTH = KeyRing("SOME_KEYS", {"new": b"n" * 32, **OLD.keys})


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_under_any_key_of_the_ring(plain: bytes) -> None:
    sealed = Sealer(OLD).seal(plain, field="words", of=ONE)

    assert sealed.key_id == "old"
    assert Sealer(BOTH).open(sealed, field="words", of=ONE) == plain
    assert Sealer(BOTH).seal(plain, field="words", of=ONE).key_id == "new"


def test_the_same_words_never_look_alike() -> None:
    sealer = Sealer(OLD)

    assert sealer.seal(b"x", field="words", of=ONE) != sealer.seal(b"x", field="words", of=ONE)


def test_a_value_of_another_row_or_field_does_not_open() -> None:
    sealed = Sealer(OLD).seal(b"Siti", field="reporter", of=ONE)

    for field, of in (("reporter", TWO), ("words", ONE)):
        with pytest.raises(Unopenable, match=f"{field} of complaint {of} does not open with key"):
            Sealer(OLD).open(sealed, field=field, of=of)


@given(st.integers(min_value=0))
def test_a_value_that_was_changed_or_cut_does_not_open(place: int) -> None:
    sealed = Sealer(OLD).seal(b"Siti Aminah", field="words", of=ONE)
    value = bytearray(sealed.value)
    value[place % len(value)] ^= 1

    for broken in (bytes(value), sealed.value[: place % len(value)]):
        with pytest.raises(Unopenable) as refused:
            Sealer(OLD).open(Sealed("old", broken), field="words", of=ONE)
        assert "Siti" not in str(refused.value)


def test_another_key_under_the_same_id_opens_nothing() -> None:
    sealed = Sealer(OLD).seal(b"Siti", field="words", of=ONE)

    with pytest.raises(Unopenable, match="give the id its first key back"):
        Sealer(KeyRing("SOME_KEYS", {"old": b"x" * 32})).open(sealed, field="words", of=ONE)


def test_a_key_that_is_not_in_the_ring_is_named() -> None:
    sealed = Sealer(BOTH).seal(b"Siti", field="words", of=ONE)

    with pytest.raises(UnknownKey, match="'new' is not in SOME_KEYS"):
        Sealer(OLD).open(sealed, field="words", of=ONE)

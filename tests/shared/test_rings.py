"""Rings: keys with ids, read from one setting."""

import base64

import pytest

from shared.rings import Ring, UnknownKey, read_ring, written

ONE, TWO = (base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2))


def test_the_first_key_is_for_what_is_new_and_all_are_there() -> None:
    ring = read_ring(f"2026:{TWO}, old:{ONE},", "SOME_KEYS")

    assert ring.newest == "2026"
    assert (ring.key("2026"), ring.key("old")) == (b"\x02" * 32, b"\x01" * 32)
    assert read_ring(written(ring), "SOME_KEYS") == ring
    assert read_ring(" ", "SOME_KEYS").keys == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TWO, "entry 1"),
        (f"a:{ONE},{TWO}", "entry 2"),
        (f"A:{ONE}", "entry 1"),
        (f"{'a' * 17}:{ONE}", "entry 1"),
        (f"a:{ONE},a:{TWO}", "the id a is there twice"),
        ("a:c2hvcnQ=", "the key a is not 32 bytes"),
        (f"a:{ONE[:-2]}!!", "the key a is not 32 bytes"),
    ],
)
def test_what_is_no_ring_is_named_without_a_key(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="SOME_KEYS") as refused:
        read_ring(text, "SOME_KEYS")

    assert said in str(refused.value)
    assert not any(key in str(refused.value) for key in (ONE, TWO, "c2hvcnQ"))


def test_an_unknown_key_is_named_with_the_way_out() -> None:
    ring = Ring("SOME_KEYS", {"new": b"n" * 32})

    with pytest.raises(UnknownKey, match="key 'old' is not in SOME_KEYS, which has new; put it"):
        ring.key("old")


def test_keys_stay_unsaid() -> None:
    assert "nnnn" not in repr(Ring("SOME_KEYS", {"new": b"n" * 32}))

"""Rings: keys with ids, read from one setting."""

import base64

import pytest

from shared.key_rings import KeyRing, UnknownKey, read_key_ring, read_secrets, written

ONE, TWO = (base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2))


def test_the_first_key_is_for_what_is_new_and_all_are_there() -> None:
    ring = read_key_ring(f"2026:{TWO}, old:{ONE},", "SOME_KEYS")

    assert ring.newest == "2026"
    assert (ring.key("2026"), ring.key("old")) == (b"\x02" * 32, b"\x01" * 32)
    assert read_key_ring(written(ring), "SOME_KEYS") == ring
    assert read_key_ring(" ", "SOME_KEYS").keys == {}


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
        read_key_ring(text, "SOME_KEYS")

    assert said in str(refused.value)
    assert not any(key in str(refused.value) for key in (ONE, TWO, "c2hvcnQ"))


def test_an_unknown_key_is_named_with_the_way_out() -> None:
    ring = KeyRing("SOME_KEYS", {"new": b"n" * 32})

    with pytest.raises(UnknownKey, match="key 'old' is not in SOME_KEYS, which has new; put it"):
        ring.key("old")


def test_keys_stay_unsaid() -> None:
    assert "nnnn" not in repr(KeyRing("SOME_KEYS", {"new": b"n" * 32}))


def test_a_secret_without_an_id_is_a_ring_of_one() -> None:
    bare = "a,secret:with,marks" * 2

    assert read_secrets(bare, "SOME_SECRET", least=32).keys == {"1": bare.encode()}
    ring = read_secrets(f"2:{'n' * 32},1:{'o' * 32}", "SOME_SECRET", least=32)
    assert (ring.newest, ring.oldest) == ("2", "1")
    assert ring.key("1") == b"o" * 32


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "SOME_SECRET is missing or shorter than 32 characters; make one"),
        ("x" * 31, "SOME_SECRET is missing or shorter than 32 characters; make one"),
        (f"2:{'n' * 32},1:short", "SOME_SECRET is missing or shorter than 32 characters"),
        (f"2:short,1:{'o' * 32}", "shorter than 32 characters, in 2"),
        (f"2:{'n' * 32},{'o' * 32}", "SOME_SECRET: entry 2"),
    ],
)
def test_a_secret_that_is_too_short_is_named_and_not_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="SOME_SECRET") as refused:
        read_secrets(text, "SOME_SECRET", least=32)

    assert said in str(refused.value)
    assert not any(part in str(refused.value) for part in ("nnnn", "oooo", "xxxx"))

"""Rings: keys with ids. The first makes what is new, all of them serve what is there.

A key is renewed by putting a new one before it, and may leave once nothing names it any more.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.errors import Transient

KEY_BYTES = 32
FIRST = "1"  # the id of a key that was given without one
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")
_BEGINS = re.compile(rf"\s*{_ID.pattern}:")
_FORM = "id:key,id:key,…, an id of 1 to 16 letters a-z, digits and hyphens"


class UnknownKey(Transient):
    """Something names a key that is not in the ring; once it is back there, it can be read."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id, the newest first; `setting` names the setting that holds them."""

    setting: str
    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def newest(self) -> str:
        """Return the id of the key for what is new."""
        return next(iter(self.keys))

    @property
    def oldest(self) -> str:
        """Return the id of the last key."""
        return list(self.keys)[-1]

    def key(self, key_id: str) -> bytes:
        """Return a key.

        Raises:
            UnknownKey: the ring has none of this id.
        """
        if (found := self.keys.get(key_id)) is None:
            raise UnknownKey(
                f"key {key_id!r} is not in {self.setting}, which has"
                f" {', '.join(self.keys) or 'none'}; put it back behind the first one:"
                f" {self.setting}=…,{key_id}:KEY"
            )
        return found

    def derived(self, derive: Callable[[bytes], bytes]) -> "KeyRing":
        """Return a ring of the same ids, each key made from the one here."""
        return KeyRing(self.setting, {each: derive(key) for each, key in self.keys.items()})


def read_key_ring(text: str, setting: str) -> KeyRing:
    """Return the ring in `id:base64,…`, 32 bytes each, as `salur keys vault` prints one.

    Raises:
        ValueError: it is something else; the message holds no key.
    """
    keys: dict[str, bytes] = {}
    for key_id, value in entries(text, setting):
        keys[key_id] = _decoded(value, setting, key_id)
    return KeyRing(setting, keys)


def entries(text: str, setting: str) -> Iterator[tuple[str, str]]:
    """Yield id and value of each entry of `id:value,…`; ValueError as `read_key_ring`."""
    seen: set[str] = set()
    for place, part in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        key_id, _, value = part.partition(":")
        if not value or _ID.fullmatch(key_id) is None:
            raise ValueError(f"{setting}: entry {place} does not have the form {_FORM}")
        if key_id in seen:
            raise ValueError(f"{setting}: the id {key_id} is there twice; give each key its own")
        seen.add(key_id)
        yield key_id, value


def read_secrets(text: str, setting: str, *, least: int) -> KeyRing:
    """Return the ring in `id:secret,…`; a text without an id is one secret, whose id is `1`.

    Raises:
        ValueError: it is something else, or a secret is shorter than `least` characters.
    """
    parts = entries(text, setting) if _BEGINS.match(text) else [(FIRST, text)]
    keys = {key_id: value.encode() for key_id, value in parts}
    if short := [key_id for key_id, value in keys.items() if len(value.decode()) < least]:
        named = "" if short == [FIRST] else f", in {', '.join(short)}"
        raise ValueError(
            f"{setting} is missing or shorter than {least} characters{named}; make one with"
            " `openssl rand -hex 32`, keep it, and give all intakes the same"
        )
    return KeyRing(setting, keys)


def written(ring: KeyRing) -> str:
    """Return the text from which `read_key_ring` reads the ring."""
    return ",".join(f"{each}:{base64.b64encode(key).decode()}" for each, key in ring.keys.items())


def _decoded(value: str, setting: str, key_id: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(
            f"{setting}: the key {key_id} is not {KEY_BYTES} bytes in base64;"
            " `salur keys vault --first` makes one"
        )
    return key

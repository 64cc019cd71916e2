"""Names of places below a regency, and the words that are no place by themselves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NONE: Mapping[str, str] = MappingProxyType({})


class PlaceNames(NamedTuple):
    """Districts (36.03.01) and villages (36.03.01.2001) by dotted code, and everyday words.

    A bare name whose every word is an everyday one ("Pasar Baru") is not taken for a place.
    """

    names: Mapping[str, str] = _NONE
    everyday: frozenset[str] = frozenset()

    def is_everyday(self, name: str) -> bool:
        """Tell whether a name, in lower case, says nothing but everyday words."""
        return all(word in self.everyday for word in name.split())

"""Names of one word or more, found in a text: a word that begins none costs one look-up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Generic, TypeVar

Meaning = TypeVar("Meaning")
_Sizes = tuple[int, ...]  # how many words names have, the longest first


class PhraseMatcher(Generic[Meaning]):
    """What each name means; a name is written as its words in lower case, a blank between."""

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        self._meanings = dict(meanings)
        self._begun = _begun(self._meanings)

    @property
    def firsts(self) -> Set[str]:
        """Return the words that begin a name."""
        return self._begun.keys()

    def longest(self, words: Sequence[str], starts: Iterable[int]) -> list[tuple[int, Meaning]]:
        """Return each name's place and meaning, from left to right, none inside another.

        `starts` are places in ascending order; a name that begins at another one is not looked for.
        """
        found: list[tuple[int, Meaning]] = []
        begun, meanings, last, after = self._begun, self._meanings, len(words) - 1, 0
        for start in starts:
            seconds = begun.get(words[start])
            if seconds is None or start < after:
                continue
            for size in seconds.get(words[start + 1] if start < last else "", seconds[""]):
                name = " ".join(words[start : start + size])
                if name in meanings:
                    found.append((start, meanings[name]))
                    after = start + size
                    break
        return found

    def every(self, words: Sequence[str], starts: Iterable[int]) -> list[Meaning]:
        """Return what each name means, as often as it occurs, also inside another."""
        found: list[Meaning] = []
        begun, meanings, last = self._begun, self._meanings, len(words) - 1
        for start in starts:
            seconds = begun.get(words[start])
            if seconds is None:
                continue
            for size in seconds.get(words[start + 1] if start < last else "", seconds[""]):
                name = " ".join(words[start : start + size])
                # At the end of the text a slice may be shorter than the size.
                if name in meanings and start + size <= len(words):
                    found.append(meanings[name])
        return found


def _begun(names: Iterable[str]) -> dict[str, dict[str, _Sizes]]:
    """Return the sizes of names by their first and second word; "" is any other second word."""
    sizes: dict[str, dict[str, set[int]]] = defaultdict(lambda: {"": set()})
    for name in names:
        first, *more = name.split(" ")
        sizes[first].setdefault(more[0] if more else "", set()).add(1 + len(more))
    return {
        first: {
            second: tuple(sorted(found | seconds[""], reverse=True))
            for second, found in seconds.items()
        }
        for first, seconds in sizes.items()
    }

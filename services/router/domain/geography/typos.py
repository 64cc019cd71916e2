"""One wrong, missing, doubled or swapped letter in a long name, at a fixed small cost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator


class TypoIndex:
    """Names by what is left of them without one letter."""

    SHORTEST = 7  # of the word; "banjir" (flood) is a letter away from Banjar

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name for name in names if len(name) >= self.SHORTEST - 1)
        found: dict[str, set[str]] = defaultdict(set)
        for name in self._names:
            for left in (name, *_shortened(name)):
                found[left].add(name)
        self._near = {left: next(iter(near)) for left, near in found.items() if len(near) == 1}

    def correct(self, word: str) -> str:
        """Return the one name that a word is a letter away from, else the word itself."""
        if word in self._names or not self.SHORTEST <= len(word) <= 24:
            return word
        near = {self._near[left] for left in (word, *_shortened(word)) if left in self._near}
        one = near.pop() if len(near) == 1 else word
        return one if _is_near(word, one) else word


def _shortened(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _is_near(word: str, name: str) -> bool:
    """Tell whether the two differ in one place: what is alike at both ends covers the rest."""
    if word[:1] != name[:1]:
        return False
    alike = 0
    while alike < min(len(word), len(name)) and word[alike] == name[alike]:
        alike += 1
    first, second = word[alike:], name[alike:]
    swapped = first[:2] == second[:2][::-1] and first[2:] == second[2:]
    return swapped or first[1:] == second[1:] or first[1:] == second or first == second[1:]

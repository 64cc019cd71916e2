"""Every region's name: a text is passed over once, whatever the number of names.

Districts count after "kec.", and bare beside a region they lie in; villages only after "desa".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.router.domain.geography.place_names import PlaceNames
from services.router.domain.geography.typos import TypoIndex
from services.router.domain.reference.directory import Directory
from services.router.domain.text.cue_words import (
    DISTRICT_CUES,
    EVERYDAY_VILLAGES,
    LEVELS,
    SHORT_FORMS,
    VILLAGE_CUES,
)
from services.router.domain.text.lexicon import Sense, Tokens, phrase, region_senses
from services.router.domain.text.phrase_matcher import PhraseMatcher

DISTRICT, VILLAGE = "kec", "desa"
_CUES = dict.fromkeys(DISTRICT_CUES, DISTRICT) | dict.fromkeys(VILLAGE_CUES, VILLAGE)
MOST_TYPOS = 8  # corrections per text: a hostile text costs no more than a long one
SHORTEST_SPLIT = 4
SHORTEST_BARE, SHORTEST_BARE_VILLAGE = 5, 10


class GazetteerEntry(NamedTuple):
    """What one key means: a region's name, districts said so, villages said so, or bare ones."""

    sense: Sense | None = None
    districts: tuple[str, ...] = ()
    cue: str = ""
    is_alone: bool = False  # a bare name that is no everyday word


class Gazetteer:
    """The names of one directory and one list of districts and villages; never changes."""

    def __init__(self, directory: Directory, places: PlaceNames) -> None:
        self.government = {
            one.region_code: one.code for one in directory.institutions.values() if one.region_code
        }
        keys = dict(_regions(directory))
        regions = {word for key in region_senses(directory) for word in key}
        districts = self._add_places(keys, places)
        self._typos = {
            **dict.fromkeys(LEVELS, TypoIndex(regions)),
            DISTRICT: TypoIndex(districts),
        }
        # Words that change how they or the next one is read.
        self._turning = frozenset((*_CUES, *LEVELS))
        self.names = PhraseMatcher(keys)

    def walk(self, text: Tokens, starts: Iterable[int]) -> Sequence[tuple[int, GazetteerEntry]]:
        """Return the index of each name's first word (or its cue) and what it may mean."""
        line = self._corrected(text.lower)
        return self.names.longest(line, starts if line is text.lower else range(len(line)))

    def _corrected(self, lower: Sequence[str]) -> Sequence[str]:
        """Return the words with one form of each cue, and without typing errors behind a cue."""
        if self._turning.isdisjoint(lower):
            return lower
        line, left = list(lower), MOST_TYPOS
        for index, word in enumerate(lower):
            if word not in self._turning:
                continue
            cue = _CUES.get(word, word)
            if word in _CUES:
                line[index] = cue
            after = lower[index + 1] if index + 1 < len(lower) else ""
            if (
                left
                and cue in self._typos
                and len(after) >= TypoIndex.SHORTEST
                and after not in _CUES
            ):
                line[index + 1] = self._typos[cue].correct(after)
                left -= 1
        return line if line != lower else lower

    def _add_places(self, keys: dict[str, GazetteerEntry], places: PlaceNames) -> set[str]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for code, name in places.names.items():
            if code[:5] in self.government:
                cue = DISTRICT if len(code) == 8 else VILLAGE
                written = " ".join(phrase(name))
                if cue == DISTRICT or written not in EVERYDAY_VILLAGES:
                    found[cue, written].add(code[:8])
        for (cue, name), codes in found.items():
            known = GazetteerEntry(None, tuple(sorted(codes)), cue)
            joined = name.replace(" ", "") if cue == DISTRICT else name
            for written in dict.fromkeys((name, joined)):
                keys[f"{cue} {written}"] = known
            is_everyday = places.is_everyday(name)
            if _is_bare(cue, name, codes, is_everyday=is_everyday):
                keys.setdefault(
                    name, GazetteerEntry(None, known.districts, is_alone=not is_everyday)
                )
        return {word for cue, name in found if cue == DISTRICT for word in name.split()}


def _is_bare(cue: str, name: str, codes: set[str], *, is_everyday: bool) -> bool:
    """Tell whether a name is looked for without its cue: a district's, or a village's long one."""
    if name.split(maxsplit=1)[0] in LEVELS:
        return False
    if cue == DISTRICT:
        return len(name) >= SHORTEST_BARE
    is_long = " " in name and len(name) >= SHORTEST_BARE_VILLAGE
    return is_long and not is_everyday and len({code[:5] for code in codes}) == 1


def _regions(directory: Directory) -> Iterator[tuple[str, GazetteerEntry]]:
    senses = region_senses(directory)
    for key, sense in senses.items():
        first = key[0]
        for cut in range(SHORTEST_SPLIT, len(first) - SHORTEST_SPLIT + 1):
            yield " ".join((first[:cut], first[cut:], *key[1:])), GazetteerEntry(sense)
    for short, name in SHORT_FORMS.items():
        if meant := senses.get(phrase(name)):
            yield short, GazetteerEntry(meant)
    for key, sense in senses.items():
        yield " ".join(key), GazetteerEntry(sense)

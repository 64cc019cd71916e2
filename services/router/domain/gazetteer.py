"""Every region's name in one automaton: a text is passed over once, whatever the number of names.

Districts count after "kec.", and bare beside a region they lie in; villages only after "desa".
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import ahocorasick

from services.router.domain.directory import Directory
from services.router.domain.lexicon import Sense, Tokens, phrase, region_senses
from services.router.domain.typos import Typos
from services.router.domain.words import (
    DISTRICT_CUES,
    EVERYDAY_VILLAGES,
    LEVELS,
    SHORT_FORMS,
    VILLAGE_CUES,
)

DISTRICT, VILLAGE = "kec", "desa"
_CUES = dict.fromkeys(DISTRICT_CUES, DISTRICT) | dict.fromkeys(VILLAGE_CUES, VILLAGE)
MOST_TYPOS = 8  # corrections per text: a hostile text costs no more than a long one
SHORTEST_SPLIT = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What one key means: a region's name, districts said so, villages said so, or bare ones."""

    sense: Sense | None = None
    districts: tuple[str, ...] = ()
    cue: str = ""


class Gazetteer:
    """The automaton over one directory and one list of districts and villages; never changes."""

    def __init__(self, directory: Directory, places: Mapping[str, str]) -> None:
        self.government = {
            one.region_code: one.code for one in directory.institutions.values() if one.region_code
        }
        keys = dict(_regions(directory))
        regions = {word for key in region_senses(directory) for word in key}
        districts = self._add_places(keys, places)
        self._typos = {
            **dict.fromkeys(LEVELS, Typos(regions)),
            DISTRICT: Typos(districts),
        }
        self._automaton = _built(keys)

    def walk(self, text: Tokens) -> Iterator[tuple[int, Known]]:
        """Yield the index of each name's first word (or its cue) and what it may mean."""
        if self._automaton is None:
            return
        line = f" {' '.join(self._corrected(text))} "
        hits = [
            (end + 1 - length, -length, known)
            for end, (length, known) in self._automaton.iter(line)
        ]
        hits.sort(key=lambda hit: hit[:2])
        after = words = counted = 0
        for start, length, known in hits:
            if start < after:
                continue
            words += line.count(" ", counted, start)
            counted, after = start, start - length - 1
            yield words, known

    def _corrected(self, text: Tokens) -> list[str]:
        line = [_CUES.get(word, word) for word in text.lower]
        left, before = MOST_TYPOS, ""
        for index, word in enumerate(line):
            if len(word) >= Typos.SHORTEST and left and before in self._typos:
                line[index] = self._typos[before].correct(word)
                left -= 1
            before = word
        return line

    def _add_places(self, keys: dict[str, Known], places: Mapping[str, str]) -> set[str]:
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for code, name in places.items():
            if code[:5] in self.government:
                cue = DISTRICT if len(code) == 8 else VILLAGE
                written = " ".join(phrase(name))
                if cue == DISTRICT or written not in EVERYDAY_VILLAGES:
                    found[cue, written].add(code[:8])
        for (cue, name), codes in found.items():
            known = Known(None, tuple(sorted(codes)), cue)
            joined = name.replace(" ", "") if cue == DISTRICT else name
            for written in dict.fromkeys((name, joined)):
                keys[f"{cue} {written}"] = known
            if cue == DISTRICT and len(name) >= 5 and name.split()[0] not in LEVELS:
                keys.setdefault(name, replace(known, cue=""))
        return {word for cue, name in found if cue == DISTRICT for word in name.split()}


def _regions(directory: Directory) -> Iterator[tuple[str, Known]]:
    senses = region_senses(directory)
    for key, sense in senses.items():
        first = key[0]
        for cut in range(SHORTEST_SPLIT, len(first) - SHORTEST_SPLIT + 1):
            yield " ".join((first[:cut], first[cut:], *key[1:])), Known(sense)
    for short, name in SHORT_FORMS.items():
        if meant := senses.get(phrase(name)):
            yield short, Known(meant)
    for key, sense in senses.items():
        yield " ".join(key), Known(sense)


def _built(keys: Mapping[str, Known]) -> "ahocorasick.Automaton | None":
    automaton = ahocorasick.Automaton()
    for key, known in keys.items():
        automaton.add_word(f" {key} ", (len(key) + 2, known))
    automaton.make_automaton()
    return automaton if keys else None

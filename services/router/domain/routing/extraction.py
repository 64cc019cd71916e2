"""What a complaint's title, text and place name: institutions, topics, regions, categories."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.router.domain.geography.gazetteer import DISTRICT, VILLAGE, Gazetteer, GazetteerEntry
from services.router.domain.geography.regions import (
    RegionMentions,
    RegionResolution,
    Resolved,
    is_named_after,
    meanings,
    resolve,
    speaks_for_a_place,
)
from services.router.domain.reference.directory import Institution
from services.router.domain.routing.keywords import KeywordHits, KeywordIndex
from services.router.domain.text.cue_words import LOOSE_NAMES
from services.router.domain.text.lexicon import Lexicon, Sense, Tokens, tokens
from shared.contracts.case import Complaint

Named = dict[tuple[str, ...], str]  # codes that one name may mean -> the directory's word


@dataclass(slots=True)
class ExtractedPart:
    """What one part of the complaint names."""

    central: Named = field(default_factory=dict)
    topics: Named = field(default_factory=dict)
    places: RegionMentions = field(default_factory=RegionMentions)
    has_local_office: bool = False


_NOTHING = ExtractedPart()  # of an empty text; shared, so never written to


class Extraction(NamedTuple):
    """The parts, and the questions that rules ask of them.

    `central` holds the central institutions meant.
    """

    title: ExtractedPart
    text: ExtractedPart
    place: ExtractedPart
    marks: KeywordHits
    central: Named

    def passing(self) -> Named:
        """Return everything that hints at a central institution."""
        parts = (self.title, self.text)
        return {
            codes: word
            for part in parts
            for codes, word in (*part.central.items(), *part.topics.items())
        }

    def region(self, gazetteer: Gazetteer, known: Mapping[str, Institution]) -> RegionResolution:
        """Return the region meant; one of the place and the title wins if it is clear.

        A province named there is made more exact by the text.
        """
        near = self.place.places + self.title.places
        if not near:
            return resolve(self.text.places, gazetteer.government, known)
        found = resolve(near, gazetteer.government, known)
        if isinstance(found, Resolved) and len(found.code) > 2:
            return found
        return resolve(near + self.text.places, gazetteer.government, known)


def _central(title: ExtractedPart, text: ExtractedPart) -> Named:
    """Return the central institutions meant; those of the title win.

    Beside an office of the region they are named in passing, unless the title names them.
    """
    if title.central and not title.has_local_office:
        return _strict(title.central)
    if title.has_local_office or text.has_local_office:
        return {}
    return _strict(_join(title.central, text.central))


def _join(first: Named, second: Named) -> Named:
    """Return both; where both have the same codes, a loose name gives way."""
    if not first:
        return second
    joined = dict(first)
    for codes, word in second.items():
        if joined.get(codes, word) in LOOSE_NAMES or codes not in joined:
            joined[codes] = word
    return joined


def _strict(named: Named) -> Named:
    """Return the names without the loose ones, unless nothing else is named."""
    strict = {codes: word for codes, word in named.items() if word not in LOOSE_NAMES}
    return strict or named


class Extractor:
    """Finds everything that the brain knows by name."""

    def __init__(self, lexicon: Lexicon, gazetteer: Gazetteer, phrases: KeywordIndex) -> None:
        self._lexicon, self._gazetteer, self._phrases = lexicon, gazetteer, phrases
        # Most words begin no name at all: one look-up tells.
        named = (lexicon.names, gazetteer.names, phrases.names)
        self._firsts = frozenset(first for names in named for first in names.firsts)

    def read(self, complaint: Complaint) -> Extraction:
        """Walk the complaint's parts; its place speaks for no rule."""
        marks = KeywordHits()
        title = self._part(complaint.title, marks)
        text = self._part(complaint.text, marks)
        place = self._part(complaint.place.text or "", None)
        return Extraction(title, text, place, marks, _central(title, text))

    def categories(self, complaint: Complaint) -> Counter[str]:
        """Return how many words speak for each category; those of the title count twice."""
        counts: Counter[str] = Counter()
        self._phrases.count(tokens(complaint.title).lower, counts, weight=2)
        self._phrases.count(tokens(complaint.text).lower, counts)
        return counts

    def _part(self, text: str, marks: KeywordHits | None) -> ExtractedPart:
        if not text:
            return _NOTHING
        part, words = ExtractedPart(), tokens(text)
        starts = [at for at, word in enumerate(words.lower) if word in self._firsts]
        for index, sense in self._lexicon.walk(words, starts):
            if sense.central:
                _note_central(part, sense, words, index)
            if sense.is_local_office:
                part.has_local_office = True
            if sense.official:
                part.places.officials.append(sense.official)
        _note_places(part.places, words, self._gazetteer.walk(words, starts))
        if marks is not None:
            self._phrases.marks(words.lower, starts, marks)
        return part


def _note_places(
    places: RegionMentions, words: Tokens, found: Iterable[tuple[int, GazetteerEntry]]
) -> None:
    for index, known in found:
        if known.sense is not None:
            if meant := meanings(known.sense, words, index):
                places.regions.append(meant)
        elif known.cue == DISTRICT:
            places.districts.append(known.districts)
        elif known.cue == VILLAGE:
            places.villages.append(known.districts)
        elif not is_named_after(words, index):
            places.bare.append(known.districts)
            if known.is_alone and speaks_for_a_place(known.districts, words, index):
                places.alone.append(known.districts)


def _note_central(part: ExtractedPart, sense: Sense, words: Tokens, index: int) -> None:
    if sense.is_topic:
        part.topics[sense.central] = sense.label
    elif not sense.needs_capitals or words.is_all_capitals(index):
        part.central = _join(part.central, {sense.central: sense.label})

"""What a complaint's title, text and place name: institutions, topics, regions, a category."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.router.domain.directory import Institution
from services.router.domain.gazetteer import DISTRICT, VILLAGE, Gazetteer
from services.router.domain.lexicon import Lexicon, Sense, Tokens, tokens
from services.router.domain.regions import (
    Mentions,
    Outcome,
    Resolved,
    is_named_after,
    meanings,
    resolve,
)
from services.router.domain.words import LOOSE_NAMES
from shared.case import Complaint

Named = dict[tuple[str, ...], str]  # codes that one name may mean -> the directory's word


@dataclass(slots=True)
class Part:
    """What one part of the complaint names."""

    central: Named = field(default_factory=dict)
    topics: Named = field(default_factory=dict)
    places: Mentions = field(default_factory=Mentions)
    categories: Counter[str] = field(default_factory=Counter)
    has_local_office: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts, and the questions that rules ask of them."""

    title: Part
    text: Part
    place: Part

    def central(self) -> Named:
        """Return the central institutions meant; those of the title win.

        Beside an office of the region they are named in passing, unless the title names them.
        """
        if self.title.central and not self.title.has_local_office:
            return _strict(self.title.central)
        if self.title.has_local_office or self.text.has_local_office:
            return {}
        return _strict(_join(self.title.central, self.text.central))

    def passing(self) -> Named:
        """Return everything that hints at a central institution."""
        parts = (self.title, self.text)
        return {
            codes: word
            for part in parts
            for codes, word in (*part.central.items(), *part.topics.items())
        }

    def region(self, gazetteer: Gazetteer, known: Mapping[str, Institution]) -> Outcome:
        """Return the region meant; one of the place and the title wins if it is clear.

        A province named there is made more exact by the text.
        """
        near = self.place.places + self.title.places
        found = resolve(near, gazetteer.government, known)
        if isinstance(found, Resolved) and len(found.code) > 2:
            return found
        return resolve(near + self.text.places, gazetteer.government, known)

    def category(self) -> str | None:
        """Return the category most words point to; the title counts twice, the first wins."""
        counted = Counter[str]()
        for part, weight in ((self.title, 2), (self.text, 1)):
            for slug, count in part.categories.items():
                counted[slug] += weight * count
        return counted.most_common(1)[0][0] if counted else None


def _join(first: Named, second: Named) -> Named:
    """Return both; where both have the same codes, a loose name gives way."""
    joined = dict(first)
    for codes, word in second.items():
        if joined.get(codes, word) in LOOSE_NAMES or codes not in joined:
            joined[codes] = word
    return joined


def _strict(named: Named) -> Named:
    """Return the names without the loose ones, unless nothing else is named."""
    strict = {codes: word for codes, word in named.items() if word not in LOOSE_NAMES}
    return strict or named


def read(complaint: Complaint, lexicon: Lexicon, gazetteer: Gazetteer) -> Reading:
    """Walk the complaint once for institutions and once for places."""
    return Reading(
        title=_read(complaint.title, lexicon, gazetteer),
        text=_read(complaint.text, lexicon, gazetteer),
        place=_read(complaint.place.text or "", lexicon, gazetteer),
    )


def _read(text: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Part:
    part, words = Part(), tokens(text)
    for index, sense in lexicon.walk(words):
        if sense.central:
            _note_central(part, sense, words, index)
        if sense.category:
            part.categories[sense.category] += 1
        if sense.is_local_office:
            part.has_local_office = True
    _note_places(part.places, words, gazetteer)
    return part


def _note_places(places: Mentions, words: Tokens, gazetteer: Gazetteer) -> None:
    for index, known in gazetteer.walk(words):
        if known.sense is not None:
            if meant := meanings(known.sense, words, index):
                places.regions.append(meant)
        elif known.cue == DISTRICT:
            places.districts.append(known.districts)
        elif known.cue == VILLAGE:
            places.villages.append(known.districts)
        elif not is_named_after(words, index):
            places.bare.append(known.districts)


def _note_central(part: Part, sense: Sense, words: Tokens, index: int) -> None:
    if sense.is_topic:
        part.topics[sense.central] = sense.label
    elif not sense.needs_capitals or words.is_all_capitals(index):
        part.central = _join(part.central, {sense.central: sense.label})

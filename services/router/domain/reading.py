"""What a complaint's title, text and place name: institutions, topics, regions, a category."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.router.domain.directory import Institution
from services.router.domain.lexicon import Lexicon, Sense, Tokens, tokens
from services.router.domain.regions import Meanings, meanings, resolve
from services.router.domain.words import LOOSE_NAMES
from shared.case import Complaint

Named = dict[tuple[str, ...], str]  # codes that one name may mean -> the directory's word


@dataclass(slots=True)
class Part:
    """What one part of the complaint names."""

    central: Named = field(default_factory=dict)
    topics: Named = field(default_factory=dict)
    regions: list[Meanings] = field(default_factory=list)
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

    def regions(self, known: Mapping[str, Institution]) -> list[str]:
        """Return the regions meant; those of the place and the title win if they are clear."""
        near = resolve((*self.place.regions, *self.title.regions), known)
        if len(near) == 1:
            return near
        return resolve((*self.place.regions, *self.title.regions, *self.text.regions), known)

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


def read(complaint: Complaint, lexicon: Lexicon) -> Reading:
    """Walk the complaint once."""
    return Reading(
        title=_read(complaint.title, lexicon),
        text=_read(complaint.text, lexicon),
        place=_read(complaint.place.text or "", lexicon),
    )


def _read(text: str, lexicon: Lexicon) -> Part:
    part, words = Part(), tokens(text)
    for index, sense in lexicon.walk(words):
        if sense.central:
            _note_central(part, sense, words, index)
        if sense.regions and (meant := meanings(sense, words, index)):
            part.regions.append(meant)
        if sense.category:
            part.categories[sense.category] += 1
        if sense.is_local_office:
            part.has_local_office = True
    return part


def _note_central(part: Part, sense: Sense, words: Tokens, index: int) -> None:
    if sense.is_topic:
        part.topics[sense.central] = sense.label
    elif not sense.needs_capitals or words.is_all_capitals(index):
        part.central = _join(part.central, {sense.central: sense.label})

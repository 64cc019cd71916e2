"""Every name the brain knows, found in one walk over a text's words, longest name first."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.router.domain import words
from services.router.domain.categories import Categories
from services.router.domain.directory import Directory, Institution

_WORD = re.compile(r"[^\W_]+")
_OFFICIAL = re.compile(
    r"^Pemerintah (?:Provinsi |Kabupaten |Kota )?(?:Administrasi )?", re.IGNORECASE
)
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sense:
    """What a phrase can mean: codes of institutions, codes of regions' governments, a category."""

    label: str = ""  # as the directory writes it; empty where no institution is meant
    central: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    category: str | None = None
    is_topic: bool = False
    is_local_office: bool = False
    needs_capitals: bool = False
    place_needs_capital: bool = False
    place_needs_level: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's words, as written and in lower case; the two have the same length."""

    written: Sequence[str]
    lower: Sequence[str]
    shouts: bool  # all in capitals: how a word is written says nothing

    def is_capital(self, index: int) -> bool:
        """Tell whether the word is written with a capital on purpose."""
        return not self.shouts and self.written[index][0].isupper()

    def is_all_capitals(self, index: int) -> bool:
        """Tell whether the word is written in capitals on purpose."""
        return not self.shouts and self.written[index].isupper()


def tokens(text: str) -> Tokens:
    """Return the words of a text; a word is a run of letters and digits."""
    written = _WORD.findall(text)
    # A blank cannot come out of lower(), so both lists stay in step.
    lower = " ".join(written).lower().split(" ") if written else []
    return Tokens(written, lower, text.isupper())


def phrase(text: str) -> Phrase:
    """Return a name as the sequence of words by which it is found."""
    return tuple(tokens(text).lower)


class Lexicon:
    """All phrases by their first word; built once per version of the directory."""

    def __init__(self, senses: Mapping[Phrase, Sense]) -> None:
        found: dict[str, list[tuple[Phrase, int, Sense]]] = defaultdict(list)
        for one in sorted(senses, key=len, reverse=True):
            found[one[0]].append((one, len(one), senses[one]))
        self._by_first = dict(found)

    def walk(self, text: Tokens) -> Iterator[tuple[int, Sense]]:
        """Yield each phrase's place and meaning, from left to right, none inside another."""
        lower, by_first, index = text.lower, self._by_first, 0
        while index < len(lower):
            step = 1
            for known, length, sense in by_first.get(lower[index], ()):
                if length == 1 or tuple(lower[index : index + length]) == known:
                    yield index, sense
                    step = length
                    break
            index += step


def build_lexicon(directory: Directory, categories: Categories) -> Lexicon:
    """Return the lexicon of a directory, with the words of the categories."""
    senses: dict[Phrase, Sense] = defaultdict(Sense)
    for one in directory.institutions.values():
        for name in _central_names(one) if one.is_central else ():
            _add_institution(senses, name, one)
    for office in words.LOCAL_OFFICES:
        senses[phrase(office)] = replace(senses[phrase(office)], is_local_office=True)
    for word, category in categories.words.items():
        if known := phrase(word):
            senses[known] = replace(senses[known], category=category)
    return Lexicon(senses)


def region_senses(directory: Directory) -> dict[Phrase, Sense]:
    """Return what each name of a province, regency or city may mean."""
    senses: dict[Phrase, Sense] = defaultdict(Sense)
    for one in directory.institutions.values():
        for name in () if one.is_central else _region_names(one):
            _add_institution(senses, name, one)
    return senses


def _central_names(one: Institution) -> Iterator[str]:
    yield from (one.name, one.short, *one.aliases)


def _region_names(one: Institution) -> Iterator[str]:
    bare = bare_name(one)
    yield bare
    yield from one.aliases
    if bare.startswith("Kepulauan "):
        yield bare.replace("Kepulauan", "Kep", 1)
    parts = bare.split()
    # "Palangka Raya" and "Palangkaraya" are both written; short ones would be other words.
    if len(parts) == 2 and len(bare) >= 10:
        yield "".join(parts)


def bare_name(one: Institution) -> str:
    """Return a region's name without what kind of region it is: "Bogor", "Jawa Barat"."""
    return _OFFICIAL.sub("", one.name)


def _add_institution(senses: dict[Phrase, Sense], name: str, one: Institution) -> None:
    key = phrase(name)
    if not key:
        return
    old, joined = senses[key], " ".join(key)
    if one.is_central:
        senses[key] = replace(
            old,
            label=old.label or name,
            central=_with(old.central, one.code),
            is_topic=joined in words.TOPICS,
            needs_capitals=joined in words.WRITTEN_IN_CAPITALS,
        )
        return
    senses[key] = replace(
        old,
        regions=_with(old.regions, one.code),
        place_needs_capital=joined in words.PLACES_IN_CAPITALS,
        place_needs_level=joined in words.PLACES_AFTER_LEVEL,
    )


def _with(codes: tuple[str, ...], code: str) -> tuple[str, ...]:
    return codes if code in codes else (*codes, code)

"""A text's words, and the names of institutions, offices and officials among them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.router.domain.reference.directory import Directory, Institution
from services.router.domain.text import cue_words
from services.router.domain.text.masks import without_masks
from services.router.domain.text.phrase_matcher import PhraseMatcher

_WORD = re.compile(r"[^\W_]+")
# The same for ASCII, as tables of bytes: what is no letter or digit becomes a blank.
_APART = "".join(one if one.isalnum() else " " for one in map(chr, range(128))).ljust(256).encode()
_LOWER = _APART.lower()
_OFFICIAL = re.compile(
    r"^Pemerintah (?:Provinsi |Kabupaten |Kota )?(?:Administrasi )?", re.IGNORECASE
)
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sense:
    """What a phrase can mean: codes of institutions, codes of regions' governments."""

    label: str = ""  # as the directory writes it; empty where no institution is meant
    central: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    is_topic: bool = False
    is_local_office: bool = False
    official: str = ""  # the level of the region that the one spoken to heads
    needs_capitals: bool = False
    place_needs_capital: bool = False
    place_needs_level: bool = False


class Tokens:
    """A text's words in lower case; how they are written is looked at where somebody asks."""

    __slots__ = ("_shouts", "_text", "_written", "lower")

    def __init__(self, text: str) -> None:
        self._text = text
        self._written: list[str] | None = None
        self._shouts = False
        self.lower: Sequence[str] = _plain(text, _LOWER) if text.isascii() else _lower(text)

    def is_capital(self, index: int) -> bool:
        """Tell whether the word is written with a capital on purpose."""
        written = self._as_written(index)
        return not self._shouts and written[0].isupper()

    def is_all_capitals(self, index: int) -> bool:
        """Tell whether the word is written in capitals on purpose."""
        written = self._as_written(index)
        return not self._shouts and written.isupper()

    def _as_written(self, index: int) -> str:
        if self._written is None:
            self._written = _written(self._text)
            # A text all in capitals: how a word is written says nothing.
            self._shouts = self._text.isupper()
        return self._written[index]


def tokens(text: str) -> Tokens:
    """Return the words of a text; a word is a run of letters and digits, and no mask."""
    return Tokens(without_masks(text))


def _written(text: str) -> list[str]:
    return _plain(text, _APART) if text.isascii() else _WORD.findall(text)


def _plain(text: str, table: bytes) -> list[str]:
    return text.encode().translate(table).decode().split()


def _lower(text: str) -> list[str]:
    # A blank cannot come out of lower(), so this stays in step with what is written.
    return " ".join(_written(text)).lower().split()


def phrase(text: str) -> Phrase:
    """Return a name as the sequence of words by which it is found."""
    return tuple(tokens(text).lower)


class Lexicon:
    """The names of institutions, offices and officials; built once per version of the directory."""

    def __init__(self, senses: Mapping[Phrase, Sense]) -> None:
        self.names = PhraseMatcher({" ".join(one): sense for one, sense in senses.items()})

    def walk(self, text: Tokens, starts: Iterable[int]) -> Sequence[tuple[int, Sense]]:
        """Return each name's place and meaning, from left to right, none inside another."""
        return self.names.longest(text.lower, starts)


def build_lexicon(directory: Directory) -> Lexicon:
    """Return the lexicon of a directory."""
    senses: dict[Phrase, Sense] = defaultdict(Sense)
    for one in directory.institutions.values():
        for name in _central_names(one) if one.is_central else ():
            _add_institution(senses, name, one)
    for office in cue_words.LOCAL_OFFICES:
        senses[phrase(office)] = replace(senses[phrase(office)], is_local_office=True)
    for name, level in cue_words.OFFICIALS.items():
        senses[phrase(name)] = replace(senses[phrase(name)], official=level)
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
            is_topic=joined in cue_words.TOPICS,
            needs_capitals=joined in cue_words.WRITTEN_IN_CAPITALS,
        )
        return
    senses[key] = replace(
        old,
        regions=_with(old.regions, one.code),
        place_needs_capital=joined in cue_words.PLACES_IN_CAPITALS,
        place_needs_level=joined in cue_words.PLACES_AFTER_LEVEL,
    )


def _with(codes: tuple[str, ...], code: str) -> tuple[str, ...]:
    return codes if code in codes else (*codes, code)

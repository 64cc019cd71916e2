"""From names of regions in a text to the one region that is meant, or to what it may be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.router.domain.reference.directory import Institution
from services.router.domain.text.cue_words import (
    ADMINISTRATIVE,
    LEVELS,
    NAMED_AFTER_PLACES,
    PLACE_CUES,
)
from services.router.domain.text.lexicon import Sense, Tokens, bare_name

Meanings = tuple[str, ...]  # codes of the governments that one mention may mean
Districts = tuple[str, ...]  # dotted codes of districts that one mention may mean or lie in
# How far each kind of evidence is trusted; an order, not a measured probability.
BY_REGION, BY_DISTRICT, BY_OFFICIAL, BY_VILLAGE = 0.8, 0.75, 0.7, 0.6
BY_BARE_NAME = 0.5


@dataclass(slots=True)
class RegionMentions:
    """The places that a text names, by how they are said."""

    regions: list[Meanings] = field(default_factory=list)
    districts: list[Districts] = field(default_factory=list)
    villages: list[Districts] = field(default_factory=list)
    bare: list[Districts] = field(default_factory=list)  # a district's name without "kec."
    alone: list[Districts] = field(
        default_factory=list
    )  # of those, the ones that speak for a place
    officials: list[str] = field(default_factory=list)  # levels of the officials spoken to

    def __bool__(self) -> bool:
        return bool(
            self.regions
            or self.districts
            or self.villages
            or self.bare
            or self.alone
            or self.officials
        )

    def __add__(self, other: "RegionMentions") -> "RegionMentions":
        if not (self and other):
            return self or other
        return RegionMentions(
            self.regions + other.regions,
            self.districts + other.districts,
            self.villages + other.villages,
            self.bare + other.bare,
            self.alone + other.alone,
            self.officials + other.officials,
        )


@dataclass(frozen=True, slots=True)
class Resolved:
    """One region, dotted, of a province, regency or city; `reason` names what was said."""

    code: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several regions are possible; dotted codes, in the order in which they are said."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """No region is named."""


RegionResolution = Resolved | Ambiguous | Unknown


def meanings(sense: Sense, text: Tokens, index: int) -> Meanings:
    """Return which regions the phrase at `index` may mean there; empty where it names none."""
    level = _level_before(text.lower, index)
    if level is None and not _is_a_place(sense, text, index):
        return ()
    of_level = tuple(code for code in sense.regions if code.startswith(f"{level}-"))
    # "Kota Sleman" is said of a regency: where nothing has that level, the name stands alone.
    return of_level or sense.regions


def _level_before(lower: Sequence[str], index: int) -> str | None:
    at = index - 1
    if at > 0 and lower[at] in ADMINISTRATIVE:
        at -= 1
    if at < 0:
        return None
    level = LEVELS.get(lower[at])
    # "kabupaten/kota Bekasi" says either.
    either = level == "kota" and at > 0 and lower[at - 1] in ("kab", "kabupaten")
    return None if either else level


def _is_a_place(sense: Sense, text: Tokens, index: int) -> bool:
    if sense.place_needs_level:
        return False
    if sense.place_needs_capital and not text.is_capital(index):
        return False
    return not is_named_after(text, index)


def speaks_for_a_place(districts: Districts, text: Tokens, index: int) -> bool:
    """Tell whether a bare name of one regency's places at `index` is meant as a place."""
    before = text.lower[index - 1] if index else ""
    if len({code[:5] for code in districts}) > 1 or before in LEVELS:
        return False  # "Kota Pinang" is a town, and not the district Pinang
    return text.is_capital(index) or before in PLACE_CUES


def is_named_after(text: Tokens, index: int) -> bool:
    """Tell whether the name at `index` is a street's, a bank's or a dish's."""
    before = index - 1
    if before > 0 and text.lower[before] == "raya":
        before -= 1
    return before >= 0 and text.lower[before] in NAMED_AFTER_PLACES


def _named(mentions: Iterable[Meanings], known: Mapping[str, Institution]) -> list[str]:
    """Return the codes that remain: one where the region is clear, several where it is not.

    A name said clearly explains the same name said short; a province named beside a regency of
    its own is part of the address.
    """
    every = list(dict.fromkeys(mentions))
    clear = {one[0]: None for one in every if len(one) == 1}
    unclear: dict[str, None] = {}
    for one in every:
        if len(one) == 1 or any(code in clear for code in one):
            continue
        if {known[at].parent for at in clear} & set(one):
            continue
        inside = [code for code in one if known[code].parent in clear]
        left = inside or list(one)
        (clear if len(left) == 1 else unclear).update(dict.fromkeys(left))
    found = [*clear, *unclear]
    parents = {known[code].parent for code in found}
    return [code for code in found if code not in parents or code in unclear]


def resolve(
    said: RegionMentions, government: Mapping[str, str], known: Mapping[str, Institution]
) -> RegionResolution:
    """Return the region that all mentions together mean.

    Of a regency and a city of one name, the one whose head is spoken to is meant.
    """
    if not said:
        return Unknown()
    outcome = _resolve(said, government, known)
    if not isinstance(outcome, Ambiguous) or len(set(said.officials)) != 1:
        return outcome
    level = f"{said.officials[0]}-"
    left = [code for code in outcome.candidates if government[code].startswith(level)]
    names = {bare_name(known[government[code]]) for code in outcome.candidates}
    if len(left) != 1 or len(names) != 1:
        return outcome
    reason = known[government[left[0]]].name
    return Resolved(code=left[0], confidence=BY_OFFICIAL, reason=reason)


def _resolve(
    said: RegionMentions, government: Mapping[str, str], known: Mapping[str, Institution]
) -> RegionResolution:
    """Return what the names alone mean.

    A district that lies in a named region decides between several; one that lies in none of them
    contradicts. A village decides where nothing else does. `government` has the institution of a
    region's code.
    """
    named = _named(said.regions, known)
    cued, villages = [set(one) for one in said.districts], [set(one) for one in said.villages]
    if not named:
        if not cued and not villages:
            return _bare(said.alone, government, known)
        kind = BY_DISTRICT if cued else BY_VILLAGE
        return _outcome(_governments(_joined(cued, villages), government), kind, known)
    bare = [set(one) for one in said.bare] if len(named) > 1 else []
    spots = cued or [*bare, *villages]
    inside = {
        code: None
        for code in _governments(_joined(spots, villages), government)
        if code in named or known[code].parent in named
    }
    if inside:
        return _outcome(list(inside), BY_DISTRICT, known)
    against = _governments(cued, government)
    return _outcome([*named, *against] if len(against) == 1 else named, BY_REGION, known)


def _bare(
    alone: Sequence[Districts], government: Mapping[str, str], known: Mapping[str, Institution]
) -> RegionResolution:
    """Return the region that bare names share; they are too weak to make it ambiguous."""
    found = {government[code[:5]] for codes in alone for code in codes}
    return _outcome(sorted(found), BY_BARE_NAME, known) if len(found) == 1 else Unknown()


def _joined(spots: list[set[str]], villages: list[set[str]]) -> list[set[str]]:
    """Return the districts meant, each cut down to those that have a named village."""
    every = set().union(*villages)
    return [spot & every or spot for spot in spots] or villages


def _governments(spots: list[set[str]], government: Mapping[str, str]) -> list[str]:
    """Return who governs the districts; what several mentions share comes before what one says."""
    found = [{code[:5] for code in spot} for spot in spots]
    shared = set.intersection(*found) if found else set()
    return [government[code] for code in sorted(shared or set().union(*found))]


def _outcome(
    codes: list[str], confidence: float, known: Mapping[str, Institution]
) -> RegionResolution:
    regions = tuple(dict.fromkeys(known[code].region_code or "" for code in codes))
    match regions:
        case ():
            return Unknown()
        case (one,):
            return Resolved(code=one, confidence=confidence, reason=known[codes[0]].name)
        case _:
            return Ambiguous(candidates=regions)

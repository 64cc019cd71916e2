"""From names of regions in a text to the one region that is meant, or to what it may be."""

from collections.abc import Iterable, Mapping, Sequence

from services.router.domain.directory import Institution
from services.router.domain.lexicon import Sense, Tokens
from services.router.domain.words import ADMINISTRATIVE, LEVELS, NAMED_AFTER_PLACES

Meanings = tuple[str, ...]  # codes of the governments that one mention may mean


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
    before = index - 1
    if before > 0 and text.lower[before] == "raya":
        before -= 1
    return before < 0 or text.lower[before] not in NAMED_AFTER_PLACES


def resolve(mentions: Iterable[Meanings], known: Mapping[str, Institution]) -> list[str]:
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
        inside = [code for code in one if known[code].parent in clear]
        left = inside or list(one)
        (clear if len(left) == 1 else unclear).update(dict.fromkeys(left))
    found = [*clear, *unclear]
    parents = {known[code].parent for code in found}
    return [code for code in found if code not in parents or code in unclear]

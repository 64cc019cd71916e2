"""What a complaint is about, guessed from words; a closed set, as it is a metric's label."""

import csv
import io
import re
from collections.abc import Mapping
from types import MappingProxyType

from services.router.domain.directory_rules import Problem, refuse

NAME = "categories.csv"
MOST_SLUGS = 24  # each is a label value of salur_cases_by_category, times six statuses
_SLUG = re.compile(r"[a-z]+(-[a-z]+)*")
_HEADER = ["word", "category"]


class Categories:
    """Words and the category that each points to."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self.words: Mapping[str, str] = MappingProxyType(dict(words))
        self.slugs = frozenset(words.values())

    def named(self, text: str | None) -> str | None:
        """Return the category that a reporter's choice means, or None if it is unknown."""
        choice = (text or "").strip().casefold()
        return choice if choice in self.slugs else self.words.get(choice)


def parse_categories(text: str) -> Categories:
    """Return the categories of a CSV text with the columns word and category.

    Raises:
        Misconfigured: a line breaks a rule; all wrong lines are named at once.
    """
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    if not lines or lines[0] != _HEADER:
        refuse(NAME, [Problem(1, "word", "missing", "a first line with word,category")])
    words: dict[str, str] = {}
    problems: list[Problem] = []
    for number, cells in enumerate(lines[1:], start=2):
        problems += _problems(number, cells, words)
        if len(cells) == 2:
            words[cells[0].casefold()] = cells[1]
    refuse(NAME, problems or _too_many(words))
    return Categories(words)


def _problems(line: int, cells: list[str], known: Mapping[str, str]) -> list[Problem]:
    if len(cells) != 2:
        return [Problem(line, "", f"{len(cells)} cells", "two: word,category")]
    word, category = cells
    found = []
    if not word.strip() or word.casefold() in known:
        found.append(Problem(line, "word", word, "a word that no other line has"))
    if not _SLUG.fullmatch(category):
        found.append(Problem(line, "category", category, "lower-case letters and hyphens"))
    return found


def _too_many(words: Mapping[str, str]) -> list[Problem]:
    slugs = sorted(set(words.values()))
    if len(slugs) <= MOST_SLUGS:
        return []
    return [Problem(1, "category", f"{len(slugs)} categories", f"at most {MOST_SLUGS}")]

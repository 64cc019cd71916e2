"""Phrases that complaints are put together from, one CSV file per main category.

Each line has a leaf category, a kind and a text, with places in braces that are filled in later.
All lines were written for this project; nobody's own words are among them.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from services.router.domain.reference.table import TableProblem, TableRow, read_rows, refuse
from shared.contracts.value_objects import Frozen
from shared.errors import Misconfigured

FOLDER = Path(__file__).parent / "phrases"
COLUMNS = ("category", "kind", "text")
SLOTS = frozenset({
    "region", "district", "village", "street", "number", "duration", "date", "money", "school",
    "hospital", "company", "bank", "operator", "station",
})  # fmt: skip
_SLOT = re.compile(r"\{([^{}]*)\}")
_DIGITS = re.compile(r"\d[\d .-]{6,}\d")
_LONGEST = 300


class Kind(StrEnum):
    """What a phrase does in a complaint."""

    TITLE = "title"
    PROBLEM = "problem"
    DETAIL = "detail"
    REQUEST = "request"


class Phrase(Frozen):
    """One line of a file."""

    category: str
    kind: Kind
    text: str


Phrases = Mapping[tuple[str, Kind], Sequence[Phrase]]


def read_phrases(folder: Path, leaves: Collection[str]) -> Phrases:
    """Return the phrases of all files by category and kind, in the files' order.

    Raises:
        Misconfigured: a file cannot be read or a line breaks a rule, all wrong lines of a file
            named at once; or a leaf category has no title or no problem.
    """
    files = sorted(folder.glob("*.csv"))
    found: dict[tuple[str, Kind], list[Phrase]] = defaultdict(list)
    for phrase in (phrase for file in files for phrase in _read(file, leaves)):
        found[phrase.category, phrase.kind].append(phrase)
    wanted = [(leaf, kind) for leaf in sorted(leaves) for kind in (Kind.TITLE, Kind.PROBLEM)]
    if missing := [f"{leaf} ({kind})" for leaf, kind in wanted if not found[leaf, kind]]:
        shown = ", ".join(missing[:10])
        raise Misconfigured(f"{folder}: {len(missing)} without a phrase: {shown}; write some")
    return dict(found)


def slots_of(text: str) -> set[str]:
    """Return the names of the places to fill in."""
    return set(_SLOT.findall(text))


def _read(file: Path, leaves: Collection[str]) -> list[Phrase]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file}: {error}; give a readable file in UTF-8") from error
    rows = read_rows(file.name, text, COLUMNS)
    refuse(file.name, [*(one for row in rows for one in _problems(row, leaves)), *_again(rows)])
    return [Phrase(**row.cells) for row in rows]


def _problems(row: TableRow, leaves: Collection[str]) -> list[TableProblem]:
    found, text = row.width_problems(), row.cells["text"]
    if row.cells["category"] not in leaves:
        found.append(row.problem("category", "a leaf of taxonomy.csv"))
    if row.cells["kind"] not in set(Kind):
        found.append(row.problem("kind", "title, problem, detail or request"))
    if not 0 < len(text) <= _LONGEST:
        found.append(row.problem("text", f"1 to {_LONGEST} characters"))
    unknown = slots_of(text) - SLOTS
    if unknown or set(_SLOT.sub("", text)) & set("{}"):
        found.append(row.problem("text", f"only {{{'}, {'.join(sorted(SLOTS))}}}"))
    if _DIGITS.search(text):
        found.append(row.problem("text", "no long numbers: they look like somebody's"))
    return found


def _again(rows: Sequence[TableRow]) -> list[TableProblem]:
    first: dict[tuple[str, ...], int] = {}
    found = []
    for row in rows:
        key = tuple(row.cells[column].casefold() for column in COLUMNS)
        if (line := first.setdefault(key, row.line)) != row.line:
            found.append(row.problem("text", f"another one; line {line} has this"))
    return found

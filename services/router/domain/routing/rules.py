"""The routing rules: ordered lines of a table that an official can read; the first match wins.

A line matches where all its filled cells do. `category` is one of the taxonomy and covers those
below it; `words` are phrases of which the report says at least one; `unless` are phrases of which
it says none; `region` are codes of provinces or regencies that the place lies in, or `known` for
any one place, `several` or `none`. `institution` is a code, or one of the targets
below.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from services.router.domain.reference.directory import Directory
from services.router.domain.reference.table import TableProblem, TableRow, read_rows, refuse
from services.router.domain.reference.taxonomy import Taxonomy, covers
from services.router.domain.text.lexicon import phrase
from shared.contracts.value_objects import Frozen

NAME = "rules.csv"
COLUMNS = (
    "rule",
    "category",
    "words",
    "unless",
    "region",
    "institution",
    "unit",
    "trust",
    "because",
)
MOST = 300
MAX_UNIT = 100
_RULE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TRUST = re.compile(r"0|0?\.[0-9]{1,3}|1(?:\.0{1,3})?")
# Rules that are not lines of the table; no line may take their names.
BUILT_IN = frozenset(
    (
        "given",
        "chosen",
        "ambiguous",
        "incomplete",
        "unsure",
        "region_missing",
        "unknown",
        "institution_not_provisioned",
        "institution_closed",
        "sent_to_and_fro",
        "none",
        "other",
    )
)


class RuleTarget(StrEnum):
    """Who answers, where a line does not name one institution for all."""

    NAMED = "@named"  # the central institution that the report names
    REGION = "@region"  # the government of the place, as far as the report tells it
    REGENCY = "@regency"  # the regency or city of the place; a province alone is not enough
    PROVINCE = "@province"  # the province of the place
    TRIAGE = "@triage"  # people decide


class Anywhere(StrEnum):
    """What a line may ask of the place instead of a code."""

    KNOWN = "known"
    SEVERAL = "several"
    NONE = "none"


class RoutingRule(Frozen):
    """One line; `trust` from 0 to 1 is how far it is believed where it matches."""

    line: int
    name: str
    category: str | None
    words: tuple[str, ...]
    unless: tuple[str, ...]
    region: tuple[str, ...]
    institution: str
    unit: str | None
    trust: float
    because: str

    @property
    def is_catch_all(self) -> bool:
        """Tell whether it takes what nothing else is said of, by the place alone."""
        regional = (RuleTarget.REGION, RuleTarget.REGENCY, RuleTarget.PROVINCE)
        return not self.category and not self.words and self.institution in regional

    def is_about(self, category: str | None) -> bool:
        """Tell whether a report of this category is meant; a line without one means all."""
        if self.category is None:
            return True
        return category is not None and covers(self.category, category)

    def is_at(self, region: str | None, *, is_told: bool) -> bool:
        """Tell whether a place of this dotted code is meant.

        `may_notify` without a code: several places are named.
        """
        match self.region:
            case ():
                return True
            case (Anywhere.NONE,):
                return not is_told
            case (Anywhere.KNOWN,):
                return region is not None
            case (Anywhere.SEVERAL,):
                return is_told and region is None
            case codes:
                return region is not None and any(covers(code, region) for code in codes)


def parse_rules(text: str, directory: Directory, taxonomy: Taxonomy) -> tuple[RoutingRule, ...]:
    """Return the rules of a CSV text in their order.

    Raises:
        Misconfigured: a line breaks a rule; all wrong lines are named at once.
    """
    rows = read_rows(NAME, text, COLUMNS)
    seen: dict[str, int] = {}
    problems = [problem for row in rows for problem in _problems(row, directory, taxonomy, seen)]
    refuse(NAME, problems or _size(rows))
    return tuple(map(_rule, rows))


def _rule(row: TableRow) -> RoutingRule:
    cells = row.cells
    return RoutingRule(
        line=row.line,
        name=cells["rule"],
        category=cells["category"] or None,
        words=row.parts("words"),
        unless=row.parts("unless"),
        region=row.parts("region"),
        institution=cells["institution"],
        unit=cells["unit"] or None,
        trust=float(cells["trust"]),
        because=cells["because"],
    )


def _problems(
    row: TableRow, directory: Directory, taxonomy: Taxonomy, seen: dict[str, int]
) -> list[TableProblem]:
    return [
        *row.width_problems(),
        *_name(row, seen),
        *_phrases(row),
        *_conditions(row, directory, taxonomy),
        *_target(row, directory),
        *_texts(row),
    ]


def _name(row: TableRow, seen: dict[str, int]) -> list[TableProblem]:
    name = row.cells["rule"]
    if not _RULE.fullmatch(name):
        return [row.problem("rule", "a name of a-z, 0-9 and _, such as national_road")]
    if name in BUILT_IN:
        return [row.problem("rule", "another name; this one is built in")]
    line = seen.setdefault(name, row.line)
    return [] if line == row.line else [row.problem("rule", f"another name; line {line} has it")]


def _phrases(row: TableRow) -> list[TableProblem]:
    # Semicolons alone would ask for nothing, a phrase without letters for what no text has.
    return [
        row.problem(column, "phrases of letters or digits with a semicolon between, or nothing")
        for column in ("words", "unless")
        if row.cells[column] and not (row.parts(column) and all(map(phrase, row.parts(column))))
    ]


def _conditions(row: TableRow, directory: Directory, taxonomy: Taxonomy) -> list[TableProblem]:
    found, category = [], row.cells["category"]
    if category and category not in taxonomy.categories:
        found.append(row.problem("category", "a category of taxonomy.csv, or nothing for all"))
    parts = row.parts("region")
    known = {one.region_code for one in directory.institutions.values()}
    unknown = [code for code in parts if code not in known]
    is_empty = bool(row.cells["region"]) and not parts
    if is_empty or (unknown and not (len(parts) == 1 and parts[0] in list(Anywhere))):
        instead = f"region codes of the directory, or one of {', '.join(Anywhere)}"
        found.append(row.problem("region", instead))
    return found


def _target(row: TableRow, directory: Directory) -> list[TableProblem]:
    target = row.cells["institution"]
    if target in directory.institutions or target in list(RuleTarget):
        return []
    return [
        row.problem("institution", f"a code of the directory, or one of {', '.join(RuleTarget)}")
    ]


def _texts(row: TableRow) -> list[TableProblem]:
    found = []
    if not _TRUST.fullmatch(row.cells["trust"]):
        found.append(row.problem("trust", "a number from 0 to 1, such as 0.9"))
    if not row.cells["because"]:
        found.append(row.problem("because", "the law, or the reason, that an official can check"))
    if len(row.cells["unit"]) > MAX_UNIT:
        found.append(row.problem("unit", f"at most {MAX_UNIT} characters"))
    return found


def _size(rows: Sequence[TableRow]) -> list[TableProblem]:
    if not rows:
        return [TableProblem(2, "", "no line", "one rule per line")]
    if len(rows) > MOST:
        return [TableProblem(1, "", f"{len(rows)} rules", f"at most {MOST}")]
    return []

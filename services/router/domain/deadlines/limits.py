"""The legal limits: lines of a table that an official can read and a tenant can change.

A line gives the limit of one clock, in working days, for one type of report (nothing: for all) at
one institution (nothing: at all). A line with an institution wins over one without, then a line
with a type over one without. `warn` is how many working days before the limit whoever must act is
warned (0: not at all), `step` how many lie between two levels of escalation after it.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence, Set
from typing import Self

from services.router.domain.reference.table import TableProblem, TableRow, read_rows, refuse
from shared.contracts.case import ReportType
from shared.contracts.deadlines import LegalClock
from shared.contracts.value_objects import Frozen

NAME = "limits.csv"
COLUMNS = ("clock", "type", "institution", "days", "warn", "step", "because")
MOST = 5_000
MAX_DAYS = 365
_NUMBER = re.compile(r"[0-9]{1,3}")
# What a table must say without naming an institution: a clock without a limit would never ring.
REQUIRED = tuple(
    (clock, kind)
    for clock in LegalClock
    for kind in ReportType
    if clock is not LegalClock.RESOLVE_INVESTIGATION or kind is ReportType.COMPLAINT
)


class LegalLimit(Frozen):
    """One line: how long, when to warn, and how fast to escalate; all in working days."""

    clock: LegalClock
    type: ReportType | None = None
    institution: str | None = None
    days: int
    warn: int
    step: int
    because: str = ""

    @classmethod
    def of(cls, row: TableRow) -> Self:
        """Return the limit of a checked row."""
        return cls.model_validate({name: cell or None for name, cell in row.cells.items()})


class LegalLimits:
    """All limits of one version of the table; never changes.

    `version` is the first 12 hexadecimal digits of the text's SHA-256.
    """

    def __init__(self, version: str, limits: Iterable[LegalLimit]) -> None:
        self.version = version
        self._limits = {(one.clock, one.type, one.institution): one for one in limits}

    def of(self, clock: LegalClock, kind: ReportType, institution: str | None) -> LegalLimit | None:
        """Return the limit of a clock for a report of this kind, or None where none is set."""
        for code in (institution, None) if institution else (None,):
            for one in (kind, None):
                found = self._limits.get((clock, one, code))
                if found is not None:
                    return found
        return None


def parse_limits(text: str, institutions: Set[str]) -> LegalLimits:
    """Return the limits of a CSV text; `institutions` are the codes that it may name.

    Raises:
        Misconfigured: a line breaks a rule, or a clock is left without a limit; all wrong lines
            are named at once.
    """
    rows = read_rows(NAME, text, COLUMNS)
    seen: dict[tuple[str, ...], int] = {}
    problems = [problem for row in rows for problem in _problems(row, institutions, seen)]
    refuse(NAME, problems or _size(rows))
    limits = LegalLimits(hashlib.sha256(text.encode()).hexdigest()[:12], map(LegalLimit.of, rows))
    refuse(NAME, _missing(limits))
    return limits


def _problems(
    row: TableRow, institutions: Set[str], seen: dict[tuple[str, ...], int]
) -> list[TableProblem]:
    return [
        *row.width_problems(),
        *_names(row, institutions),
        *_days(row),
        *_step(row),
        *_because(row),
        *_twice(row, seen),
    ]


def _names(row: TableRow, institutions: Set[str]) -> list[TableProblem]:
    found, cells = [], row.cells
    if cells["clock"] not in list(LegalClock):
        found.append(row.problem("clock", f"one of {', '.join(LegalClock)}"))
    if cells["type"] and cells["type"] not in list(ReportType):
        instead = f"one of {', '.join(ReportType)}, or nothing for all"
        found.append(row.problem("type", instead))
    if cells["institution"] and cells["clock"] == LegalClock.ROUTE:
        found.append(row.problem("institution", "nothing; no institution holds the case yet"))
    elif cells["institution"] and cells["institution"] not in institutions:
        found.append(row.problem("institution", "a code of the directory, or nothing for all"))
    return found


def _days(row: TableRow) -> list[TableProblem]:
    days = _number(row, "days")
    if days is None or not 1 <= days <= MAX_DAYS:
        return [row.problem("days", f"working days, a number from 1 to {MAX_DAYS}")]
    warn = _number(row, "warn")
    if warn is None or warn >= days:
        instead = f"a number from 1 to {days - 1}, or 0 for no warning" if days > 1 else "0"
        return [row.problem("warn", instead)]
    return []


def _step(row: TableRow) -> list[TableProblem]:
    step = _number(row, "step")
    if row.cells["clock"] == LegalClock.AUTO_CLOSE:
        return [] if step == 0 else [row.problem("step", "0; a closing does not escalate")]
    if step is None or not 1 <= step <= MAX_DAYS:
        return [row.problem("step", f"working days, a number from 1 to {MAX_DAYS}")]
    return []


def _because(row: TableRow) -> list[TableProblem]:
    if row.cells["because"]:
        return []
    return [row.problem("because", "the law, or the reason, that an official can check")]


def _twice(row: TableRow, seen: dict[tuple[str, ...], int]) -> list[TableProblem]:
    key = tuple(row.cells[column] for column in COLUMNS[:3])
    line = seen.setdefault(key, row.line)
    return [] if line == row.line else [row.problem("clock", f"nothing twice; line {line} has it")]


def _number(row: TableRow, column: str) -> int | None:
    cell = row.cells[column]
    return int(cell) if _NUMBER.fullmatch(cell) else None


def _missing(limits: LegalLimits) -> list[TableProblem]:
    return [
        TableProblem(
            1, "clock", f"no {clock} for {kind}", "a line for it that names no institution"
        )
        for clock, kind in REQUIRED
        if limits.of(clock, kind, None) is None
    ]


def _size(rows: Sequence[TableRow]) -> list[TableProblem]:
    return (
        [TableProblem(1, "", f"{len(rows)} limits", f"at most {MOST}")] if len(rows) > MOST else []
    )

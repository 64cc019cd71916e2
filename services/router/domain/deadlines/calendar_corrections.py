"""An operator's corrections to the calendar: lines of a table that an official can read.

A line gives a day off more (`off`), makes a day off a working day (`work`), or says of a whole
year that its days off are settled (`settled`), so that limits in it are no longer provisional.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Self

from services.router.domain.reference.table import TableProblem, TableRow, read_rows, refuse
from shared.contracts.value_objects import Frozen

NAME = "calendar"
COLUMNS = ("day", "kind", "because")
MOST = 5_000


class CorrectionKind(StrEnum):
    """What a line says of its day, or of its year."""

    OFF = "off"
    WORK = "work"
    SETTLED = "settled"


class CalendarCorrections(Frozen):
    """What a file changes: days off more, days off fewer, and years that are settled."""

    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()
    settled: frozenset[int] = frozenset()

    @classmethod
    def of(cls, rows: Sequence[TableRow]) -> Self:
        """Return the corrections of checked rows."""
        days = {
            kind: [row.cells["day"] for row in rows if row.cells["kind"] == kind]
            for kind in CorrectionKind
        }
        return cls(
            off=frozenset(map(date.fromisoformat, days[CorrectionKind.OFF])),
            work=frozenset(map(date.fromisoformat, days[CorrectionKind.WORK])),
            settled=frozenset(map(int, days[CorrectionKind.SETTLED])),
        )


def parse_corrections(text: str) -> CalendarCorrections:
    """Return what a CSV text corrects; a text with no line corrects nothing.

    Raises:
        Misconfigured: a line breaks a rule; all wrong lines are named at once.
    """
    rows = read_rows(NAME, text, COLUMNS)
    seen: dict[str, int] = {}
    problems = [problem for row in rows for problem in _problems(row, seen)]
    refuse(NAME, problems or _size(rows))
    return CalendarCorrections.of(rows)


def _problems(row: TableRow, seen: dict[str, int]) -> list[TableProblem]:
    return [*row.width_problems(), *_kind(row), *_day(row, seen), *_because(row)]


def _kind(row: TableRow) -> list[TableProblem]:
    known = list(CorrectionKind)
    return [] if row.cells["kind"] in known else [row.problem("kind", f"one of {', '.join(known)}")]


def _day(row: TableRow, seen: dict[str, int]) -> list[TableProblem]:
    cell = row.cells["day"]
    if row.cells["kind"] == CorrectionKind.SETTLED:
        if not _is_year(cell):
            return [row.problem("day", "a year, such as 2027")]
    elif (day := _date(cell)) is None:
        return [row.problem("day", "a day, such as 2026-08-17")]
    elif day.weekday() >= 5:
        return [row.problem("day", "a day from Monday to Friday; no other counts in any case")]
    line = seen.setdefault(cell, row.line)
    return [] if line == row.line else [row.problem("day", f"nothing twice; line {line} has it")]


def _is_year(cell: str) -> bool:
    return len(cell) == 4 and cell.isascii() and cell.isdigit() and cell > "0000"


def _date(cell: str) -> date | None:
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        return None
    # The parser takes other forms too; a day has one spelling, so that none comes in twice.
    return day if day.isoformat() == cell else None


def _because(row: TableRow) -> list[TableProblem]:
    if row.cells["because"]:
        return []
    return [row.problem("because", "the decree, or the reason, that an official can check")]


def _size(rows: Sequence[TableRow]) -> list[TableProblem]:
    return (
        [TableProblem(1, "", f"{len(rows)} lines", f"at most {MOST}")] if len(rows) > MOST else []
    )

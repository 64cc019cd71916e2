"""Closed institutions: their lines stay, since codes are never used again.

The optional columns tell since when one is closed and who took its work over. Whoever took it over
may be closed too: the last of such a chain answers.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from services.router.domain.reference.table import TableProblem, TableRow

CLOSED, SUCCESSOR = "closed", "successor"
OPTIONAL_COLUMNS = (CLOSED, SUCCESSOR)


def closing_date(row: TableRow) -> date | None:
    """Return since when the institution of a checked row is closed, or None."""
    text = row.cells.get(CLOSED)
    return date.fromisoformat(text) if text else None


def closed_problems(row: TableRow, _: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    """Yield a closing date that is none."""
    text = row.cells.get(CLOSED, "")
    try:
        is_date = not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_date = False
    if not is_date:
        yield row.problem(CLOSED, "the day as 2026-11-22, or nothing while it is open")


def successor_problems(row: TableRow, first: Mapping[str, TableRow]) -> Iterator[TableProblem]:
    """Yield a successor that is not there, of an open institution, or that leads in a circle."""
    code, successor = row.cells["code"], row.cells.get(SUCCESSOR, "")
    if not successor:
        return
    if successor not in first:
        yield row.problem(SUCCESSOR, "the code of a line in this file, or nothing")
    elif not row.cells.get(CLOSED):
        yield row.problem(SUCCESSOR, "nothing while it is open, or a date into the column closed")
    elif code in _chain(successor, first):
        yield row.problem(SUCCESSOR, "one that does not lead back here")


def _chain(code: str, first: Mapping[str, TableRow]) -> list[str]:
    found: list[str] = []
    while code in first and code not in found:
        found.append(code)
        code = first[code].cells.get(SUCCESSOR, "")
    return found

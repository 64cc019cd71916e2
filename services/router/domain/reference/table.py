"""A data file as rows: read strictly, every wrong cell named with its line and what to write."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from shared.errors import Misconfigured

MOST = 20
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class TableProblem:
    """One wrong cell: where it is, what it holds, and what to write instead."""

    line: int
    column: str
    value: str
    instead: str

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.value[:_SHOWN]!r}; write {self.instead}"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of the file by column, without blanks around the cells; `width` as it was."""

    line: int
    width: tuple[int, int]  # cells found, cells of the header
    cells: Mapping[str, str]

    @classmethod
    def of(cls, line: int, header: Sequence[str], cells: Sequence[str]) -> Self:
        """Return the row; cells that are missing count as empty."""
        filled = [*cells, *[""] * (len(header) - len(cells))]
        named = {name: cell.strip() for name, cell in zip(header, filled, strict=False)}
        return cls(line, (len(cells), len(header)), named)

    def problem(self, column: str, instead: str) -> TableProblem:
        """Return what is wrong with one cell."""
        return TableProblem(self.line, column, self.cells[column], instead)

    def parts(self, column: str) -> tuple[str, ...]:
        """Return the parts of a cell that holds several, separated by semicolons."""
        return tuple(part.strip() for part in self.cells[column].split(";") if part.strip())

    def width_problems(self, optional: Sequence[str] = ()) -> list[TableProblem]:
        """Return what is wrong with the number of cells, if anything.

        Cells of `optional` columns may lack at the end.
        """
        found, wanted = self.width
        lacking = tuple(self.cells)[found:]
        if found <= wanted and all(column in optional for column in lacking):
            return []
        instead = f"{wanted}; quote a cell that holds a comma"
        return [TableProblem(self.line, "", f"{found} cells", instead)]


def refuse(name: str, problems: Sequence[TableProblem]) -> None:
    """Raise Misconfigured with the first 20 problems of the file `name`, if there are any."""
    if not problems:
        return
    lines = [f"  {problem}" for problem in problems[:MOST]]
    if len(problems) > MOST:
        lines.append(f"  and {len(problems) - MOST} more")
    raise Misconfigured("\n".join([f"{name} is refused:", *lines]))


def read_rows(name: str, text: str, columns: Sequence[str]) -> list[TableRow]:
    """Return the rows of a CSV text that has these columns, blank lines left out.

    Raises:
        Misconfigured: a column is missing, or the text is not CSV.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(name, header, columns)
        return [TableRow.of(reader.line_num, header, cells) for cells in reader if cells]
    except csv.Error as error:
        problem = TableProblem(reader.line_num, "", str(error), 'plain CSV in UTF-8, quoted with "')
        refuse(name, [problem])
        raise


def _check_header(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    instead = f"a first line with {','.join(columns)}"
    refuse(name, [TableProblem(1, column, "missing", instead) for column in missing])

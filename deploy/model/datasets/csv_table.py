"""Reads a CSV file whole, and writes it back with more columns; UTF-8, with `,`, `;` or tabs."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The cells of a file; `lines` says on which line each row begins."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str

    def column(self, name: str) -> list[str]:
        """Return a column's cells, without white space around them.

        Raises:
            Misconfigured: there is no such column.
        """
        if name not in self.header:
            there = ", ".join(self.header)
            raise Misconfigured(f"{self.name}: line 1: no column `{name}`; there are: {there}")
        at = self.header.index(name)
        return [row[at].strip() for row in self.rows]


def read_table(path: Path) -> CsvTable:
    """Return a file's table.

    Raises:
        Misconfigured: it cannot be read; the message names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; name a file that can be read") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise Misconfigured(f"{path}: line {line}: {wrong}") from None
    return _parse(text, str(path))


def write_table(path: Path, table: CsvTable, more: Sequence[tuple[str, Sequence[object]]]) -> None:
    """Write a table with further columns after its own.

    Raises:
        Misconfigured: the file cannot be written.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow([*table.header, *(name for name, _ in more)])
    for row, *cells in zip(table.rows, *(values for _, values in more), strict=True):
        writer.writerow([*row, *cells])
    write_file(path, out.getvalue().encode())


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there.

    Raises:
        Misconfigured: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; name a file that can be written") from error


def _parse(text: str, name: str) -> CsvTable:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines = [], []
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        began = reader.line_num
        for cells in reader:
            line, began = began + 1, reader.line_num
            if cells:
                _check(cells, header, f"{name}: line {line}")
                rows.append(tuple(cells))
                lines.append(line)
    except csv.Error as error:
        raise Misconfigured(f"{name}: line {reader.line_num}: {error}; close every quote") from None
    if not rows:
        raise Misconfigured(f"{name}: no row under a header; write one text per row")
    return CsvTable(name, header, tuple(rows), tuple(lines), delimiter)


def _check(cells: Sequence[str], header: Sequence[str], place: str) -> None:
    if len(cells) != len(header):
        wrong = f"{len(cells)} cells under a header of {len(header)}"
        raise Misconfigured(f"{place}: {wrong}; quote cells that hold the separator")

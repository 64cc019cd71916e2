"""A CSV file's text, changed line by line: what no change names stays byte for byte."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class _Line:
    """One record as it is written (several lines of the file where a cell has a break)."""

    raw: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvText:
    """A text whose first line names the columns; the text must be CSV."""

    mark: str
    lines: tuple[_Line, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the lines of a text; csv.Error where it is no CSV."""
        mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
        return cls(mark, tuple(_lines(text.removeprefix(mark))))

    @property
    def text(self) -> str:
        """Return the whole text."""
        return self.mark + "".join(line.raw for line in self.lines)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns, as they are written."""
        return self.lines[0].cells

    def with_columns(self, names: Sequence[str]) -> Self:
        """Return it with the missing ones of these columns after the others, without cells."""
        missing = [name for name in names if name not in self.columns]
        if not missing:
            return self
        head = self.lines[0]
        body = head.raw.rstrip("\r\n")
        raw = ",".join((body, *missing)) + (head.raw[len(body) :] or "\n")
        return replace(self, lines=(_Line(raw, (*head.cells, *missing)), *self.lines[1:]))

    def changed(self, key: str, changes: Mapping[str, str]) -> Self:
        """Return it with cells of the line whose first column is `key` changed."""
        return replace(
            self,
            lines=tuple(
                self._changed(line, changes)
                if place and line.cells and line.cells[0].strip() == key
                else line
                for place, line in enumerate(self.lines)
            ),
        )

    def appended(self, cells: Mapping[str, str]) -> Self:
        """Return it with one more line; columns that are not named stay empty."""
        last = self.lines[-1]
        if not last.raw.endswith(("\n", "\r")):
            last = replace(last, raw=last.raw + self._ending)
        line = self._line([cells.get(name, "") for name in self.columns])
        return replace(self, lines=(*self.lines[:-1], last, line))

    @property
    def _ending(self) -> str:
        head = self.lines[0].raw
        return head[len(head.rstrip("\r\n")) :] or "\n"

    def _changed(self, line: _Line, changes: Mapping[str, str]) -> _Line:
        width = len(self.columns)
        cells = [*line.cells, *[""] * (width - len(line.cells))]
        pairs = zip(self.columns, cells, strict=False)
        return self._line([changes.get(name, cell) for name, cell in pairs])

    def _line(self, cells: Sequence[str]) -> _Line:
        out = io.StringIO(newline="")
        # Under another ending than this one a cell's own carriage return would stay unquoted.
        csv.writer(out, lineterminator="\r\n").writerow(cells)
        return _Line(out.getvalue().removesuffix("\r\n") + self._ending, tuple(cells))


def _lines(text: str) -> Iterator[_Line]:
    written = list(io.StringIO(text, newline=""))
    reader = csv.reader(iter(written), strict=True)
    before = 0
    for cells in reader:
        yield _Line("".join(written[before : reader.line_num]), tuple(cells))
        before = reader.line_num

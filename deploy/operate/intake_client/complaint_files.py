"""Reads complaints from a file, CSV or NDJSON, whole: nothing is sent from a file that is broken.

A row's idempotency key is derived from the content of the whole file and the row's number, so a
second feed of the same file meets the first one, and equal rows stay complaints of their own.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid5

from deploy.operate.intake_client.form_columns import COLUMNS, KEY_COLUMN, Form, form_of, ignored
from shared.contracts.case import MAX_TEXT
from shared.contracts.identifiers import NAMESPACE
from shared.errors import Misconfigured

Cells = Mapping[str, object]
_SEPARATOR = re.compile(r"sep=([,;\t|])", re.IGNORECASE)
# Long numbers, which spreadsheets write as 3,60301E+15.
_EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_NUMBERED = frozenset(f"reporter{sign}{field}" for sign in "._" for field in ("nik", "phone")) | {
    KEY_COLUMN
}


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One complaint of a file: the line it begins on, its idempotency key, its form."""

    line: int
    key: str
    form: Form


@dataclass(frozen=True, slots=True)
class FeedFile:
    """All complaints of a file, and the columns that no form has."""

    rows: tuple[FeedRow, ...]
    ignored: tuple[str, ...]


def read_feed(path: Path) -> FeedFile:
    """Return a file's complaints.

    Raises:
        Misconfigured: it cannot be read; the message names the line and the column (counted in
            characters for NDJSON and bad bytes, in cells for CSV).
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; name a file that can be read") from error
    return parse_feed(content, str(path))


def parse_feed(content: bytes, name: str) -> FeedFile:
    """Return the complaints of a file's content, as `read_feed` does."""
    text = _decode(content, name)
    parse = _parse_ndjson if text.lstrip().startswith("{") else _parse_csv
    found = list(parse(text, name))
    if not found:
        raise _unreadable(name, 1, 1, "no complaint in it")
    if not any("text" in cells for _, cells in found):
        raise _unreadable(name, 1, 1, "no column `text`; it holds what the complaint says")
    _check_keys(found, name)
    for line, cells in found:
        _check_cells(line, cells, name)
    columns = [column for _, cells in found for column in cells]
    seed = uuid5(NAMESPACE, f"feed:{hashlib.sha256(content).hexdigest()}")
    return FeedFile(
        rows=tuple(
            FeedRow(line, str(cells.get(KEY_COLUMN) or uuid5(seed, str(number))), form_of(cells))
            for number, (line, cells) in enumerate(found, start=1)
        ),
        ignored=ignored(columns),
    )


def _check_keys(found: Sequence[tuple[int, Cells]], name: str) -> None:
    """Refuse a file in which two complaints have one key: intake would take the first alone."""
    first: dict[str, int] = {}
    for line, cells in found:
        key = str(cells.get(KEY_COLUMN) or "")
        if key and (before := first.setdefault(key, line)) != line:
            wrong = f"`{KEY_COLUMN}` is that of line {before}; give each complaint its own, or none"
            raise _unreadable(name, line, _place(cells, KEY_COLUMN), wrong)


def _check_cells(line: int, cells: Cells, name: str) -> None:
    for column, value in cells.items():
        if not isinstance(value, str):
            continue
        if column in _NUMBERED and _EXPONENT.fullmatch(value.strip()):
            wrong = (
                f"`{column}` is {value.strip()}: a spreadsheet has rounded it and its digits are"
                " lost; format the column as text and enter it again"
            )
            raise _unreadable(name, line, _place(cells, column), wrong)
        if column in COLUMNS and len(value) > MAX_TEXT:
            wrong = f"`{column}` has {len(value)} characters, {MAX_TEXT} are taken; shorten it"
            raise _unreadable(name, line, _place(cells, column), wrong)


def _place(cells: Cells, column: str) -> int:
    return list(cells).index(column) + 1


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        last = before.rpartition(b"\n")[2].decode(errors="replace")
        wrong = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise _unreadable(name, line, len(last) + 1, wrong) from None


def _parse_ndjson(text: str, name: str) -> Iterator[tuple[int, Cells]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            wrong = f"not JSON ({error.msg}); write one object per line"
            raise _unreadable(name, number, error.colno, wrong) from None
        if not isinstance(value, dict):
            raise _unreadable(name, number, 1, "not a JSON object; write one object per line")
        yield number, dict(_flat(value))


def _flat(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for field, inner in value.items():
        if isinstance(inner, dict):
            yield from ((f"{field}.{name}", deep) for name, deep in inner.items())
        else:
            yield field, inner


def _parse_csv(text: str, name: str) -> Iterator[tuple[int, Cells]]:
    first, _, rest = text.partition("\n")
    # Excel's own word for the delimiter, before the header.
    said = _SEPARATOR.fullmatch(first.strip())
    above, table = (1, rest) if said else (0, text)
    # Spreadsheets write semicolons where the comma is the decimal sign, as in Indonesia.
    delimiter = said[1] if said else max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header, name, line=above + 1)
        began = reader.line_num
        for cells in reader:
            line, began = above + began + 1, reader.line_num
            if cells:
                yield line, _row(header, cells, name, line=line)
    except csv.Error as error:
        wrong = f"{error}; close every quote, and let no cell be longer than {MAX_TEXT}"
        raise _unreadable(name, above + reader.line_num, 1, wrong) from None


def _check_header(header: list[str], name: str, *, line: int) -> None:
    for place, column in enumerate(header, start=1):
        if column and header.index(column) + 1 != place:
            wrong = f"`{column}` is column {header.index(column) + 1} too; rename or drop one"
            raise _unreadable(name, line, place, wrong)


def _row(header: list[str], cells: list[str], name: str, *, line: int) -> Cells:
    if len(cells) != len(header):
        place = min(len(cells), len(header)) + 1
        way = (
            "quote cells that hold the separator"
            if len(cells) > len(header)
            else "let every row have a cell, or an empty one, for each column"
        )
        wrong = f"{len(cells)} cells under a header of {len(header)}; {way}"
        raise _unreadable(name, line, place, wrong)
    return dict(zip(header, cells, strict=True))


def _unreadable(name: str, line: int, column: int, wrong: str) -> Misconfigured:
    return Misconfigured(f"{name}: line {line}, column {column}: {wrong}")

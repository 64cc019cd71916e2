"""The names that institutions had before: a period that is over shows those of its time.

The file lies beside the directory and only grows: `salur agencies rename`, `merge` and `close` add
a line.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from shared.errors import Misconfigured

NAME = "names.csv"
COLUMNS = ("code", "name", "short", "until")


class FormerName(NamedTuple):
    """What an institution was called up to the day `until`, that day not included."""

    code: str
    name: str
    until: date


class FormerNames:
    """All former names of one version of the file; never changes."""

    def __init__(self, names: Iterable[FormerName] = ()) -> None:
        self._by_code: dict[str, list[FormerName]] = {}
        for one in sorted(names, key=lambda one: one.until):
            self._by_code.setdefault(one.code, []).append(one)

    def on(self, code: str, day: date) -> str | None:
        """Return the former name that was in use at the end of a day; None for the present one."""
        names = self._by_code.get(code, ())
        return next((one.name for one in names if day < one.until), None)


def parse_former_names(text: str) -> tuple[FormerName, ...]:
    """Return the lines of a CSV text.

    Raises:
        Misconfigured: a column, code, name or date is missing or wrong; the message names the line.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            wanted = ",".join(COLUMNS)
            raise Misconfigured(f"{NAME}: line 1 has no {missing[0]}; write a header with {wanted}")
        return tuple(_read(rows))
    except csv.Error as error:
        detail = f"{NAME}: line {rows.line_num}: {error}; write plain CSV in UTF-8"
        raise Misconfigured(detail) from error


def _read(rows: "csv.DictReader[str]") -> Iterator[FormerName]:
    for row in rows:
        code, name, until = ((row[column] or "").strip() for column in ("code", "name", "until"))
        try:
            day = date.fromisoformat(until)
        except ValueError:
            detail = (
                f"line {rows.line_num}, column until: {until[:40]!r}; write a day as 2026-11-22"
            )
            raise Misconfigured(f"{NAME}: {detail}") from None
        if not code or not name:
            raise Misconfigured(f"{NAME}: line {rows.line_num} has no code or no name; write both")
        yield FormerName(code, name, day)

"""Labelled rows of a table: what can be learned from, and what was left out and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.model.datasets.csv_table import CsvTable
from services.router.domain.classifier.tokenizer import words
from shared.errors import Misconfigured

LOCAL_DATES = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns; a title is put before the text."""

    text: str
    label: str
    time: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row to learn from; `time` is None where the column is empty or not named."""

    text: str
    label: str
    words: tuple[str, ...]
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows to learn from, and how many were left out or look suspicious."""

    kept: tuple[Labelled, ...]
    duplicates: int
    empty: int
    unlabelled: int
    leaks: Counter[str]


def texts_of(table: CsvTable, columns: Columns) -> list[str]:
    """Return each row's text, its title before it."""
    texts = table.column(columns.text)
    if columns.title is None:
        return texts
    titles = table.column(columns.title)
    return [f"{title}\n{text}".strip() for title, text in zip(titles, texts, strict=True)]


def read_rows(table: CsvTable, columns: Columns) -> Rows:
    """Return the rows to learn from, in the file's order.

    Left out: rows without words, rows without a label, and rows equal to an earlier one in text
    and label. `leaks` counts, per label, the texts that hold their own label's words in order.

    Raises:
        Misconfigured: a column is missing, or a time cannot be read.
    """
    texts, labels, times = (
        texts_of(table, columns),
        table.column(columns.label),
        _times(table, columns),
    )
    found = [
        Labelled(text, label, tuple(words(text)), time)
        for text, label, time in zip(texts, labels, times, strict=True)
    ]
    worded = [row for row in found if row.words]
    labelled = [row for row in worded if row.label]
    kept = tuple({(row.text, row.label): row for row in reversed(labelled)}.values())[::-1]
    return Rows(
        kept=kept,
        duplicates=len(labelled) - len(kept),
        empty=len(found) - len(worded),
        unlabelled=len(worded) - len(labelled),
        leaks=Counter(row.label for row in kept if _says_label(row)),
    )


def _says_label(row: Labelled) -> bool:
    label = " ".join(words(row.label))
    return bool(label) and f" {label} " in f" {' '.join(row.words)} "


def _times(table: CsvTable, columns: Columns) -> Sequence[datetime | None]:
    if columns.time is None:
        return [None] * len(table.rows)
    cells = table.column(columns.time)
    return [
        _time(cell, f"{table.name}: line {line}: column `{columns.time}`")
        for cell, line in zip(cells, table.lines, strict=True)
    ]


def _time(cell: str, place: str) -> datetime | None:
    if not cell:
        return None
    for form in ("", *LOCAL_DATES):
        try:
            found = datetime.strptime(cell, form) if form else datetime.fromisoformat(cell)
        except ValueError:
            continue
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found
    raise Misconfigured(f"{place}: {cell[:40]!r} is no time; write 2025-12-31 or 31/12/2025")

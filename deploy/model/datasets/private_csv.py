"""CSV files that a spreadsheet program may open: no cell of theirs is taken for a formula.

`salur train`, `evaluate` and `classify` read words, and the apostrophe before such a cell is none:
they read it as if it were not there.
"""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.errors import Misconfigured
from shared.reference.csv_cells import escape_formula

Write = Callable[[Iterable[str]], None]


@contextmanager
def private_csv(path: Path, header: Iterable[str]) -> Iterator[Write]:
    """Give a writer of rows to a file that only this user may read.

    The file is there, whole, when the block ends; where the block fails, what was there stays.

    Raises:
        Misconfigured: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)  # an old file would keep its rights
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
                writer.writerow(header)
                yield lambda cells: writer.writerow([escape_formula(cell) for cell in cells])
            beside.replace(path)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; name a file that can be written") from error

"""A claim over a table: every row is tried, and all that fail are named together."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Row = TypeVar("Row")


def failing(rows: Iterable[Row], claim: Callable[[Row], None]) -> dict[str, str]:
    """Return what is wrong with each row of which the claim does not hold, by the row."""
    found = {}
    for row in rows:
        try:
            claim(row)
        except Exception as error:  # a row that breaks is named like one that is wrong
            found[str(row)] = f"{type(error).__name__}: {error}"
    return found

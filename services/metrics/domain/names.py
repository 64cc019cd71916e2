"""Names of institutions and categories, from the two files that the router decides with.

Only the columns that are needed are read: a row without a code or a name names nothing.
"""

import csv
import io
from collections.abc import Mapping

from shared.errors import Misconfigured

DIRECTORY = ("code", "name")
TAXONOMY = ("category", "name", "name_en")


def parse_columns(file: str, text: str, columns: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the cells of these columns by the first of them.

    Raises:
        Misconfigured: a column is missing, or the text is not CSV; the message names `file`.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        missing = [column for column in columns if column not in (rows.fieldnames or ())]
        if missing:
            wanted = ",".join(columns)
            raise Misconfigured(f"{file}: line 1 has no {missing[0]}; write a header with {wanted}")
        cells = [tuple((row[column] or "").strip() for column in columns) for row in rows]
    except csv.Error as error:
        detail = f"{file}: line {rows.line_num}: {error}; write plain CSV in UTF-8"
        raise Misconfigured(detail) from error
    return {row[0]: row[1:] for row in cells if row[0] and row[1]}

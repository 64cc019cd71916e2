"""Names of institutions and categories, read again when their files change.

The files are those that the router decides with. Only the columns that are needed are read: a row
without a code or a name names nothing.
"""

import csv
import io
import logging
from collections.abc import Mapping
from pathlib import Path

from shared.contracts.identifiers import main_category
from shared.errors import Misconfigured

log = logging.getLogger(__name__)
Stamp = tuple[int, int]  # changed at (ns), size
DIRECTORY = ("code", "name")
TAXONOMY = ("category", "name", "name_en")


class DisplayNames:
    """Names of institutions and of categories; what has none is called by its code.

    Raises:
        Misconfigured: a file is missing or wrong when this is made.
    """

    def __init__(self, directory: Path | None, taxonomy: Path | None) -> None:
        self._files = {
            path: columns
            for path, columns in ((directory, DIRECTORY), (taxonomy, TAXONOMY))
            if path is not None
        }
        self._seen = self._stamps()
        self._names = self._read()

    def knows_institution(self, code: str) -> bool:
        """Tell whether the directory has an institution; without a directory, any is known."""
        known = self._names.get(DIRECTORY)
        return known is None or code in known

    def institution(self, code: str) -> str:
        """Return an institution's name."""
        return self._of(DIRECTORY, code)[0]

    def category(self, slug: str, lang: str) -> str:
        """Return a category's name in Indonesian (`id`) or English (`en`)."""
        names = self._of(TAXONOMY, slug)
        return names[-1] if lang == "en" and names[-1] else names[0]

    def main_categories(self) -> list[str]:
        """Return the main categories, in the order of the file."""
        known = self._names.get(TAXONOMY, {})
        return [slug for slug in known if slug == main_category(slug)]

    async def reload(self) -> None:
        """Look at the files again; a wrong one is reported once per change and changes nothing."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        try:
            self._names = self._read()
        except Misconfigured as error:
            log.warning("the names stay as they were: %s", error)

    def _of(self, columns: tuple[str, ...], code: str) -> tuple[str, ...]:
        return self._names.get(columns, {}).get(code, (code,))

    def _read(self) -> dict[tuple[str, ...], Mapping[str, tuple[str, ...]]]:
        return {
            columns: parse_columns(path.name, _text(path), columns)
            for path, columns in self._files.items()
        }

    def _stamps(self) -> list[Stamp | None]:
        return [_stamp(path) for path in self._files]


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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        detail = f"{path}: {type(error).__name__}; give a file in UTF-8 that can be read, or none"
        raise Misconfigured(detail) from error


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size

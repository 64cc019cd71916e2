"""How the league calls institutions: by the names of the period that it is about."""

import logging
from datetime import date
from pathlib import Path
from typing import NamedTuple

from services.metrics.league.former_names import NAME, FormerNames, parse_former_names
from shared.errors import Misconfigured
from shared.reference.names import DisplayNames

log = logging.getLogger(__name__)
Stamp = tuple[int, int, int]  # changed at (ns), size, inode


class PeriodNames(NamedTuple):
    """The names that were right at the end of `last`; categories have their present ones."""

    names: DisplayNames
    former: FormerNames
    last: date

    def institution(self, code: str) -> str:
        """Return an institution's name of that time."""
        return self.former.on(code, self.last) or self.names.institution(code)

    def category(self, slug: str, lang: str) -> str:
        """Return a category's name in Indonesian (`id`) or English (`en`)."""
        return self.names.category(slug, lang)

    def main_categories(self) -> list[str]:
        """Return the main categories, in the order of the file."""
        return self.names.main_categories()


class InstitutionNaming:
    """Present names, and the file of former ones beside the directory where there is one.

    Raises:
        Misconfigured: the file of former names is wrong when this is made.
    """

    def __init__(self, names: DisplayNames, directory: Path | None = None) -> None:
        self.names = names
        self._path = directory.with_name(NAME) if directory is not None else None
        self._seen = self._stamp()
        self._former = self._read()

    def of(self, last: date) -> PeriodNames:
        """Return the names for a period that ends with this day."""
        return PeriodNames(self.names, self._former, last)

    async def reload(self) -> None:
        """Look at the files again; a wrong one is reported once per change and changes nothing."""
        await self.names.reload()
        seen = self._stamp()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._former = self._read()
        except Misconfigured as error:
            log.warning("the former names stay as they were: %s", error)

    def _read(self) -> FormerNames:
        if self._path is None or self._seen is None:
            return FormerNames()
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            detail = f"{self._path}: {type(error).__name__}; give a file in UTF-8, or none"
            raise Misconfigured(detail) from error
        return FormerNames(parse_former_names(text))

    def _stamp(self) -> Stamp | None:
        try:
            status = self._path.stat() if self._path is not None else None
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino) if status else None

"""The operator's directory on disk: read and replaced whole, by one person at a time.

Services look at it while it is replaced, so it is renamed into place. Beside it lie the names that
institutions had before, which the league reads: `names.csv`.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.operate.agencies.csv_text import CsvText
from deploy.operate.agencies.succession import DirectoryChange, EndedName
from services.metrics.league.former_names import COLUMNS, NAME, parse_former_names
from services.router.reference.data_file import read_text
from shared.errors import Misconfigured


class DirectoryFile:
    """One directory; `path` may be a link, then what it points to is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.names = self.path.with_name(NAME)

    def text(self) -> str:
        """Return the present text; Misconfigured where it cannot be read."""
        return read_text(self.path)

    def change(self, change: Callable[[str], DirectoryChange]) -> bool:
        """Replace the text by what `change` makes of it; return whether it is another.

        Nobody else changes it meanwhile. The former name is written first: should this end in
        between, the same again finds it there.

        Raises:
            Misconfigured: `change` refused it, or a file cannot be read or written.
        """
        with self._alone():
            old = self.text()
            new = change(old)
            if new.former is not None:
                self._remember(new.former)
            if new.text == old:
                return False
            _replace(self.path, new.text)
            return True

    def former_codes(self) -> frozenset[str]:
        """Return the codes that once had another name."""
        if not self.names.exists():
            return frozenset()
        return frozenset(one.code for one in parse_former_names(read_text(self.names)))

    def _remember(self, former: EndedName) -> None:
        text = read_text(self.names) if self.names.exists() else ",".join(COLUMNS) + "\n"
        cells = {
            "code": former.code,
            "name": former.name,
            "short": former.short,
            "until": former.until.isoformat(),
        }
        present = {(one.code, one.until) for one in parse_former_names(text)}
        if (former.code, former.until) not in present:
            _replace(self.names, CsvText.of(text).appended(cells).text)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            folder = os.open(self.path.parent, os.O_RDONLY)
        except OSError as error:
            raise Misconfigured(f"{self.path.parent}: {error.strerror}") from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        draft.replace(path)
    except OSError as error:
        detail = f"{path} cannot be replaced: {error.strerror}; name a file that you may write"
        raise Misconfigured(detail) from error

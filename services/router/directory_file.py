"""The directory's file on disk: read at start, looked at again when its caller asks.

A bad file refuses the start; a bad new version is reported, and the good old one stays.
"""

import logging
from pathlib import Path

from services.router.domain.categories import Categories, parse_categories
from services.router.domain.directory import Directory, parse_directory
from shared.errors import Misconfigured

log = logging.getLogger(__name__)
Stamp = tuple[int, int, int]  # changed at (ns), size, inode: a replaced file has another


class DirectoryFile:
    """Holds the newest good directory of a file.

    Raises:
        Misconfigured: the file is missing or wrong when this is made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: Stamp | None = _stamp(path)
        self._directory = parse_directory(read_text(path))

    @property
    def directory(self) -> Directory:
        """Return the newest good directory."""
        return self._directory

    def reload(self) -> bool:
        """Read the file again if it changed; return whether the directory is another now.

        A wrong file is logged once per change, in one line, and changes nothing.
        """
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            new = parse_directory(read_text(self._path))
        except Misconfigured as error:
            _warn(error, self._directory.version)
            return False
        return self._replace(new)

    def _replace(self, new: Directory) -> bool:
        if new.version == self._directory.version:
            return False
        log.info("directory %s replaces %s", new.version, self._directory.version)
        self._directory = new
        return True


def load_categories(path: Path) -> Categories:
    """Return the categories of a file.

    Raises:
        Misconfigured: it is missing or wrong.
    """
    return parse_categories(read_text(path))


def read_text(path: Path) -> str:
    """Return a data file's text.

    Raises:
        Misconfigured: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; give a file that can be read") from error
    except UnicodeDecodeError as error:
        detail = f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        raise Misconfigured(detail) from error


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _warn(error: Misconfigured, version: str) -> None:
    detail = "; ".join(line.strip() for line in str(error).splitlines())
    log.warning("directory %s stays: %s", version, detail)

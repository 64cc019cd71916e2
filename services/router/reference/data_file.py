"""A data file on disk: its text, and what tells that it has changed."""

from pathlib import Path

from shared.errors import Misconfigured

Stamp = tuple[int, int, int]  # changed at (ns), size, inode: a replaced file has another


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


def stamp(path: Path) -> Stamp | None:
    """Return what changes whenever the file does; None where it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

"""A folder for one run's logs and data: gone with the run, kept where something went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp


@contextmanager
def run_folder(name: str) -> Iterator[Path]:
    """Yield a new folder; it is removed unless something went wrong, since its logs say what."""
    folder = Path(mkdtemp(prefix=f"salur-{name}-"))
    try:
        yield folder
    except KeyboardInterrupt:
        rmtree(folder)
        raise
    rmtree(folder)

"""The brain in use: made anew when the directory's file changes, swapped between two batches."""

import asyncio
from pathlib import Path

from services.router.directory_file import DirectoryFile, load_categories
from services.router.domain.brain import Brain, Decider
from services.router.places_file import load_places


class RuleBook:
    """Holds directory, categories and the brain over them.

    Raises:
        Misconfigured: a file is missing or wrong when this is made.
    """

    def __init__(self, directory: Path, categories: Path) -> None:
        self._file = DirectoryFile(directory)
        self._categories = load_categories(categories)
        self._take()

    def decider(self) -> Decider:
        """Return the brain over the newest good directory."""
        return self._brain

    def known(self) -> frozenset[str]:
        """Return the codes of all institutions in the directory."""
        return self._known

    async def reload(self) -> None:
        """Look at the file again; a wrong one is reported and changes nothing."""
        if self._file.reload():
            # Building takes most of a second; the old brain decides meanwhile.
            await asyncio.to_thread(self._take)

    def _take(self) -> None:
        self._brain = Brain(self._file.directory, self._categories, load_places())
        self._known = frozenset(self._file.directory.institutions)

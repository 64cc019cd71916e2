"""What waits in the database and is not in memory, as far as a lane knows.

A lane hears of its rows from several sides while its own questions to the database are under way.
So whoever asks takes a `BacklogMark` first, and the answer counts only as far as nothing was heard
since: it does not matter when an answer comes, nor in which order answers come.
"""

from typing import NamedTuple


class BacklogMark(NamedTuple):
    """How much had been heard at some moment."""

    told: int
    voided: int


class StoredBacklog:
    """Whether rows wait in the database, and how much has been heard of them."""

    def __init__(self) -> None:
        self.is_there = False
        self._told = 0
        self._voided = 0

    def look(self) -> BacklogMark:
        """Return what was heard up to now; to be taken before the database is asked."""
        return BacklogMark(self._told, self._voided)

    def tell(self) -> None:
        """Hear that rows may wait which no answer under way knows of."""
        self.is_there = True
        self._told += 1

    def void(self) -> None:
        """Hear that what an answer under way brings must not go into memory."""
        self._voided += 1

    def clear(self, look: BacklogMark) -> None:
        """Learn that nothing waited at that moment; it stands unless rows were told of since."""
        if look.told == self._told:
            self.is_there = False

    def is_void(self, look: BacklogMark) -> bool:
        """Tell whether what was asked at that moment must not go into memory."""
        return look.voided != self._voided

    def is_unheard(self, look: BacklogMark) -> bool:
        """Tell whether nothing at all was heard since that moment."""
        return look == self.look()

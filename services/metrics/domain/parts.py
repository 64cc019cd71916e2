"""Tallies kept by partition and month, so that either can be renewed or dropped alone."""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)


class PartitionMonth(NamedTuple):
    """The smallest piece that is counted anew: the complaints of a partition and month."""

    partition: int
    month: str


class RecountScope(NamedTuple):
    """What may be out of date: one month of a partition, or all of it (None)."""

    partition: int
    month: str | None = None

    def covers(self, part: PartitionMonth) -> bool:
        """Tell whether `part` lies within."""
        return part.partition == self.partition and self.month in (None, part.month)


class PartitionedCounts(Generic[Key]):
    """One tally a part, and their sum, which has no key without cases."""

    def __init__(self) -> None:
        self._parts: dict[PartitionMonth, Counter[Key]] = {}
        self.total: Counter[Key] = Counter()

    def put(self, part: PartitionMonth, cases: Iterable[tuple[Key, int]]) -> None:
        """Add a part that is not counted yet: cases by key, where a key may come repeatedly."""
        tally: Counter[Key] = Counter()
        for key, number in cases:
            tally[key] += number
        self._parts[part] = tally
        self.total.update(tally)

    def remove(self, part: PartitionMonth) -> None:
        """Take a part out of the sum."""
        for key, cases in self._parts.pop(part).items():
            self.total[key] -= cases
            if not self.total[key]:
                del self.total[key]

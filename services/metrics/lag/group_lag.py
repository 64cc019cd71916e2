"""How far a consumer group is behind, from what the broker tells about it."""

from collections.abc import Iterable, Mapping

from shared.contracts.topics import GROUPS, OPTIONAL_GROUPS, TOPICS, agency_of, group_of
from shared.contracts.value_objects import Frozen

Place = tuple[str, int]  # topic, partition


class PartitionOffsets(Frozen):
    """A group's committed offset on a partition, and the partition's first and end; None: never.

    Each names the next record.
    """

    topic: str
    partition: int
    committed: int | None
    beginning: int
    end: int

    @property
    def place(self) -> Place:
        """Return topic and partition."""
        return self.topic, self.partition

    @property
    def next(self) -> int:
        """Return the offset at which the group goes on; what was deleted is not waited for."""
        return max(self.beginning, self.committed or 0)

    @property
    def lost(self) -> int:
        """Return how many offsets the group has not read and never will: Kafka deleted them."""
        return 0 if self.committed is None else max(0, self.beginning - self.committed)

    @property
    def lag(self) -> int:
        """Return how many offsets the group has before it."""
        return max(0, self.end - self.next)


def watched_groups(topics: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return for every group of the services the topics it reads, of those that exist."""
    readers = {topic: _readers(topic) for topic in topics}
    return {
        group: frozenset(topic for topic, groups in readers.items() if group in groups)
        for group in GROUPS
    }


def is_in_use(group: str, offsets: Iterable[PartitionOffsets]) -> bool:
    """Tell whether a group is to be watched: one that may be left out, once it has begun."""
    return group not in OPTIONAL_GROUPS or any(one.committed is not None for one in offsets)


def oldest_ages(
    offsets: Iterable[PartitionOffsets], sent: Mapping[Place, int], now_ms: int
) -> dict[str, float]:
    """Return by row of the topic table the age in seconds of the oldest record not processed.

    It is 0 without lag. The topics of all institutions are one row each way: they are hundreds,
    and the lag already tells which one waits. `sent` holds the time (ms) of the record each
    lagging partition goes on with; a partition whose record could not be read has no say.
    """
    ages: dict[str, float] = {}
    for one in offsets:
        if one.lag and one.place not in sent:
            continue
        age = max(0.0, (now_ms - sent[one.place]) / 1000) if one.lag else 0.0
        row = _row(one.topic)
        ages[row] = max(age, ages.get(row, 0.0))
    return ages


def _readers(topic: str) -> tuple[str, ...]:
    row = _row(topic)
    readers = next((spec.consumers for spec in TOPICS if spec.name == row), ())
    return tuple(group_of(reader, row) for reader in readers)


def _row(topic: str) -> str:
    code = agency_of(topic)
    return topic.replace(code, "<code>") if code else topic

"""Continuity: no record of a partition is passed over unseen.

The client library advances its positions before it hands records over; an error in between loses
them, and the next commit would make the loss final. So a batch that does not begin where the last
one ended is fetched again. A gap that is there the second time too is real: compaction and
transactions leave some.
"""

from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition

from shared.kafka.envelope import Record


class GapDetector:
    """Remembers where each partition must go on."""

    def __init__(self) -> None:
        self._next: dict[TopicPartition, int] = {}
        self._asked: dict[TopicPartition, int] = {}

    def forget(self) -> None:
        """Begin anew, after an assignment."""
        self._next, self._asked = {}, {}

    def handled(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Remember where each of these partitions goes on."""
        self._next.update(offsets)

    def gaps(self, records: Sequence[Record]) -> dict[TopicPartition, int]:
        """Return, for each partition that skips records, the offset to fetch again from."""
        found = {}
        for partition, first in _firsts(records).items():
            expected = self._next.get(partition, first)
            if first > expected and self._asked.get(partition) != expected:
                self._asked[partition] = expected
                found[partition] = expected
        return found


def _firsts(records: Sequence[Record]) -> dict[TopicPartition, int]:
    firsts: dict[TopicPartition, int] = {}
    for record in records:
        firsts.setdefault(TopicPartition(record.topic, record.partition), record.offset)
    return firsts

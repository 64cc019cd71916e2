"""What a member holds: which partitions, for which term, and what of a fetch is its own.

A term is one assignment until the next, or until it is let go. What began in an earlier term is
not committed: another member may be beyond it.

No record of a partition is passed over unseen. The client library advances its positions before it
hands records over; an error in between loses them, and the next commit would make the loss final.
So a batch that does not begin where the last one ended is fetched again. A gap that is there the
second time too is real: compaction and transactions leave some.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition

from shared.kafka.consumer.commits import commit
from shared.kafka.envelope import Record
from shared.runtime.adaptive_size import AdaptiveSize
from shared.settings import StageSettings
from shared.stage.partition_pause import rewind

log = logging.getLogger(__name__)


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


class HeldPartitions:
    """The partitions of one stage in this process; `known` is None before the first assignment."""

    def __init__(self, stage: str, settings: StageSettings) -> None:
        self._stage = stage
        self._settings = settings
        self._continuity = GapDetector()
        self.known: frozenset[TopicPartition] | None = None
        self.term = 0
        self.portion = AdaptiveSize(settings.max_records)

    def begin(self, partitions: Iterable[TopicPartition]) -> frozenset[TopicPartition]:
        """Begin a term with these."""
        self.term += 1
        self.known = frozenset(partitions)
        self._continuity.forget()
        return self.known

    def let_go(self) -> None:
        """End the term; the group has not said yet what comes after it."""
        self.term += 1

    def take(self, consumer: Any, fetched: Sequence[Record]) -> Sequence[Record]:
        """Return as many records as are handled at once by now; the others are fetched again."""
        mine = self._mine(consumer, fetched)
        rewind(consumer, mine[self.portion.size :])
        return mine[: self.portion.size]

    async def commit(self, consumer: Any, offsets: Mapping[TopicPartition, int], term: int) -> bool:
        """Commit what was handled in a term; tell whether all of it was still this member's.

        Raises:
            BrokerAway: whether the offsets are committed is not known.
        """
        if term != self.term:
            # Let go, and perhaps ours again: the group would take what another has gone beyond.
            return False
        return await commit(consumer, offsets, within=self._settings.drain_seconds)

    def handled(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Remember where each of these partitions goes on."""
        self._continuity.handled(offsets)
        self.portion.succeeded()

    def _mine(self, consumer: Any, records: Sequence[Record]) -> Sequence[Record]:
        held = consumer.assignment()
        mine = [r for r in records if TopicPartition(r.topic, r.partition) in held]
        gaps = self._continuity.gaps(mine)
        for partition, offset in gaps.items():
            log.warning("stage %s fetches %s again from %d", self._stage, partition, offset)
            consumer.seek(partition, offset)
        return [r for r in mine if TopicPartition(r.topic, r.partition) not in gaps]


def _firsts(records: Sequence[Record]) -> dict[TopicPartition, int]:
    firsts: dict[TopicPartition, int] = {}
    for record in records:
        firsts.setdefault(TopicPartition(record.topic, record.partition), record.offset)
    return firsts

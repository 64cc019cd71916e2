"""Failures in a row: when a partition must stop rather than drain into the dead letters.

A single bad record is its writer's fault; a long run of them is more likely ours (a bad release),
and every record of it would have to be mended and replayed. What is refused is handled, not failed:
nobody's asking stops anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from shared.errors import Permanent
from shared.kafka.envelope import Record


@dataclass(frozen=True, slots=True)
class FailureLimitExceeded:
    """The record at which a partition has failed once too often."""

    record: Record
    failures: int
    reason: Permanent


@dataclass(slots=True)
class FailureAssessment:
    """How far each partition of a batch may go, and which records are dead."""

    offsets: dict[TopicPartition, int] = field(default_factory=dict)  # next to read
    dead: list[tuple[Record, Permanent]] = field(default_factory=list)
    exceeded: dict[TopicPartition, FailureLimitExceeded] = field(default_factory=dict)
    runs: dict[TopicPartition, int] = field(default_factory=dict)
    handled: int = 0

    def covers(self, record: Record) -> bool:
        """Tell whether a record of the batch lies before where its partition may go."""
        return record.offset < self.offsets.get(TopicPartition(record.topic, record.partition), 0)


class FailureLimit:
    """Counts failures in a row per partition; a record that is handled ends the run."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._runs: dict[TopicPartition, int] = {}

    def judge(
        self, records: Sequence[Record], dead: Sequence[tuple[Record, Permanent]]
    ) -> FailureAssessment:
        """Return how far the batch may go; nothing is remembered until `accept`."""
        reasons = {_place(record): reason for record, reason in dead}
        assessment = FailureAssessment(runs=dict(self._runs))
        for record in records:
            if TopicPartition(record.topic, record.partition) not in assessment.exceeded:
                self._judge_one(record, reasons.get(_place(record)), assessment)
        return assessment

    def _judge_one(
        self, record: Record, reason: Permanent | None, assessment: FailureAssessment
    ) -> None:
        partition = TopicPartition(record.topic, record.partition)
        run = assessment.runs.get(partition, 0) + 1 if reason else 0
        if reason and run > self._limit:
            assessment.exceeded[partition] = FailureLimitExceeded(record, run - 1, reason)
            assessment.runs[partition] = 0  # `salur resume` grants a whole new run
            return
        if reason:
            assessment.dead.append((record, reason))
        assessment.runs[partition] = run
        assessment.offsets[partition] = record.offset + 1
        assessment.handled += 1

    def accept(self, assessment: FailureAssessment) -> None:
        """Remember the runs of a batch that was committed."""
        self._runs = {partition: run for partition, run in assessment.runs.items() if run}

    def forget(self) -> None:
        """Begin anew, after an assignment."""
        self._runs = {}


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset

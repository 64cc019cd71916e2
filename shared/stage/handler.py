"""What a service does with its records: the one interface between a stage and a service."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from aiokafka import TopicPartition

from shared.errors import BrokerAway, Permanent, Refused
from shared.kafka.envelope import Outgoing, Record
from shared.stage.recovery.retention_gaps import DeletedRanges

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class DecodedRecord(Generic[Value]):
    """A record that could be decoded."""

    record: Record
    value: Value
    trace: str | None = None  # what its effects carry on


@dataclass(slots=True)
class HandlerResult:
    """What a batch leads to: events to publish, in order, records to dead-letter and to drop.

    The senders of those that are dropped have been answered, or are by these events.
    """

    publications: list[Outgoing] = field(default_factory=list)
    dead: list[tuple[Record, Permanent]] = field(default_factory=list)
    refused: list[tuple[Record, Refused]] = field(default_factory=list)

    def extend(self, other: "HandlerResult") -> "HandlerResult":
        """Add what another part of the same batch leads to."""
        self.publications += other.publications
        self.dead += other.dead
        self.refused += other.refused
        return self


class StageHandler(ABC, Generic[Value]):
    """What a service does with its records. All I/O of `handle` must be safe to repeat."""

    @abstractmethod
    def decode(self, record: Record) -> Value:
        """Return the record's value; raise Permanent where it breaks the contract."""

    @abstractmethod
    async def handle(self, batch: Sequence[DecodedRecord[Value]]) -> HandlerResult:
        """Do what the records ask, in order; raise Transient to have the batch again later."""

    async def undeliverable(self, gone: Sequence[Outgoing]) -> HandlerResult:
        """Return what takes the place of events whose topic is gone or forbidden."""
        topics = ", ".join(sorted({event.topic for event in gone}))
        raise BrokerAway(f"topic missing or forbidden: {topics}; create it or grant the right")

    async def deleted(self, ranges: DeletedRanges) -> HandlerResult:
        """Return what to say of records that are gone: done, perhaps, and not said by anybody."""
        return HandlerResult()

    def settled(self, batch: Sequence[DecodedRecord[Value]]) -> None:
        """Learn that a batch is done: its events acknowledged, its offsets committed."""
        return

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Learn which partitions this process now holds, before their first record."""
        return

    async def cut_off(self) -> None:
        """Learn that others may hold these partitions; `assigned` follows when they do not."""
        await self.assigned(frozenset())

"""The gate: which partitions a stage fetches from right now.

It closes for a while when something is away (a timer opens it). A partition with too many failures
is shut for good (a person opens it), and no other: what lies in it says nothing of its neighbours,
and where the mistake is ours they meet it themselves. The stage's handler never sleeps: it seeks
back, the gate pauses, polling goes on and keeps the membership of the group alive. A rebalance
forgets all pauses, so what must hold is loaded again from the store of stops.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from prometheus_client import Gauge

from shared.errors import Transient
from shared.kafka.envelope import Record
from shared.settings import StageSettings
from shared.stage.halts import Halt, HaltStore

RESUME_POLL_SECONDS = 1.0


class PartitionPause:
    """Pauses and resumes the partitions of one consumer."""

    def __init__(self, stops: HaltStore, settings: StageSettings, stopped: Gauge) -> None:
        self._store = stops
        self._settings = settings
        self._stopped = stopped
        self._consumer: Any = None
        self._partitions: frozenset[TopicPartition] = frozenset()
        self._stops: dict[TopicPartition, Halt] | None = None  # None: not loaded yet
        self._is_waiting = False
        self._trouble: str | None = None  # from the first failure to the next success
        self._attempt = 0
        self._timer: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def closed_because(self) -> str | None:
        """Return why the stage, or a partition of it, does not progress, or None where all do."""
        stops = self._stops or {}
        return next((str(stop) for stop in stops.values()), self._trouble)

    def reassign(self, consumer: Any, partitions: frozenset[TopicPartition]) -> None:
        """Begin with a new assignment, in which nothing is paused."""
        self._consumer, self._partitions = consumer, partitions
        self._stops = None
        self._is_waiting, self._trouble = False, None
        self._cancel(self._timer)
        self._watch_stops()

    async def admit(self, records: Sequence[Record]) -> list[Record]:
        """Return the records that may be handled; put the others back.

        Raises:
            DatabaseAway: whether the stage is stopped is not known.
        """
        if self._stops is None:
            self._know(await self._store.load())
        shut = self._shut()
        rewind(self._consumer, (r for r in records if _partition(r) in shut))
        return [r for r in records if _partition(r) not in shut]

    def retry_later(self, records: Sequence[Record], reason: str) -> None:
        """Put a batch back and close for a while: longer each time, with jitter."""
        rewind(self._consumer, (r for r in records if self._holds(_partition(r))))
        first, longest = self._settings.retry_seconds
        pause = min(longest, first * 2**self._attempt) * random.uniform(0.5, 1.0)  # noqa: S311
        self._attempt += 1
        self._is_waiting, self._trouble = True, f"tries again every {pause:.1f} s: {reason}"
        self._apply()
        self._cancel(self._timer)
        self._timer = asyncio.create_task(self._open_after(pause))

    def succeeded(self) -> None:
        """Forget earlier failures: a batch went through."""
        self._attempt, self._trouble = 0, None

    def stop(self, stops: Mapping[TopicPartition, Halt]) -> None:
        """Shut these partitions until they are resumed; each goes on from its stop's offset."""
        for partition, stop in stops.items():
            if self._holds(partition):
                self._consumer.seek(partition, stop.offset)
        self._know({**(self._stops or {}), **stops})
        self._watch_stops()

    def close(self) -> None:
        """End all timers."""
        self._cancel(self._timer)
        self._cancel(self._watch)

    async def _open_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._is_waiting = False
        self._apply()

    def _watch_stops(self) -> None:
        self._cancel(self._watch)
        self._watch = asyncio.create_task(self._follow_stops())

    async def _follow_stops(self) -> None:
        while self._stops is None or self._stops:
            try:
                self._know(await self._store.load())
                self._trouble = None if not self._attempt else self._trouble
            except Transient as error:
                self._trouble = str(error)
            await asyncio.sleep(RESUME_POLL_SECONDS)

    def _know(self, stops: Mapping[TopicPartition, Halt]) -> None:
        self._stops = {p: stop for p, stop in stops.items() if p in self._partitions}
        self._stopped.set(len(self._stops))
        self._apply()

    def _shut(self) -> frozenset[TopicPartition]:
        return self._partitions if self._is_waiting else frozenset(self._stops or {})

    def _apply(self) -> None:
        held = self._partitions & self._consumer.assignment()
        shut = self._shut() & held
        self._consumer.pause(*shut)
        self._consumer.resume(*(held - shut))

    def _holds(self, partition: TopicPartition) -> bool:
        return partition in self._consumer.assignment()

    @staticmethod
    def _cancel(task: asyncio.Task[None] | None) -> None:
        if task is not None and task is not asyncio.current_task():
            task.cancel()


def rewind(consumer: Any, records: Iterable[Record]) -> None:
    """Seek each partition back to its first record among these."""
    first: dict[TopicPartition, int] = {}
    for record in records:
        partition = _partition(record)
        first[partition] = min(first.get(partition, record.offset), record.offset)
    for partition, offset in first.items():
        consumer.seek(partition, offset)


def _partition(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)

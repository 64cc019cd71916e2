"""What was given up, or said too late, is said again: the newest, so that it is the last.

A topic that is compacted keeps the last record of a key, and who follows one without looking at
`seq` believes it. So whoever may have put an older state behind a newer one reads the case again
and says it, until what it said is what there is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic

from aiokafka import TopicPartition

from shared.errors import Transient
from shared.kafka.envelope import Outgoing
from shared.stage.handler import DecodedRecord, Value
from shared.telemetry.logs import log_mistake

log = logging.getLogger(__name__)
MOST_ROUNDS = 5  # each round finds what others have changed during the one before
PAUSE_SECONDS = 1.0
Items = Sequence[DecodedRecord[Value]]
Place = tuple[TopicPartition, int]


class Republisher(Generic[Value]):
    """Records whose events were given up while they were on their way.

    `handle` returns what there is to say of records now; `publish` says it.
    """

    def __init__(
        self,
        handle: Callable[[Items[Value]], Awaitable[Sequence[Outgoing]]],
        publish: Callable[[Sequence[Outgoing]], Awaitable[None]],
        *,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._handle = handle
        self._publish = publish
        self._pause_seconds = pause_seconds
        self._kept: dict[Place, DecodedRecord[Value]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """Return how many records are in doubt."""
        return len(self._kept)

    def keep(self, items: Iterable[DecodedRecord[Value]]) -> None:
        """Remember records that were given up, until their newest was said."""
        self._kept |= {_place(item): item for item in items}

    def resolve(self, after: float) -> None:
        """Say the newest of all that is kept, some seconds from now: others may have it by then."""
        if self._kept and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._resolve(after))

    def close(self) -> None:
        """End what is going on in the background."""
        if self._task is not None:
            self._task.cancel()

    async def say_newest(self, items: Items[Value]) -> None:
        """Say what there is of these records until nobody has changed it meanwhile."""
        said: list[tuple[str, bytes, bytes]] = []
        for _ in range(MOST_ROUNDS):
            events = await self._handle(items)
            found = [(event.topic, event.key, event.value) for event in events]
            if found == said:
                return
            await self._publish(events)
            said = found

    async def _resolve(self, after: float) -> None:
        await asyncio.sleep(after)
        while self._kept:
            kept = dict(self._kept)
            try:
                await self.say_newest(list(kept.values()))
                self._kept = {k: v for k, v in self._kept.items() if kept.get(k) is not v}
                log.warning("%d records in doubt were said again", len(kept))
            except Transient as error:
                log.warning("%d records in doubt are said again later: %s", len(kept), error)
                await asyncio.sleep(self._pause_seconds)
            except Exception as error:
                log_mistake(log, "records in doubt", error)
                return


def _place(item: DecodedRecord[Value]) -> Place:
    record = item.record
    return TopicPartition(record.topic, record.partition), record.offset

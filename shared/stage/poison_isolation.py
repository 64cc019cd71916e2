"""One bad record never blocks a good one: what decodes or handles it may fail for it alone."""

import logging
from collections.abc import Sequence
from typing import Generic

from shared.errors import Permanent, Transient
from shared.kafka.consumer.tolerant_consumer import UNREADABLE, UnreadableRecord
from shared.kafka.envelope import Record
from shared.stage.batch_traces import TracedBatch
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler, Value
from shared.telemetry.logs import log_mistake

log = logging.getLogger(__name__)


class PoisonIsolation(Generic[Value]):
    """A stage's handler, whose mistakes cost the record that they were made with."""

    def __init__(self, stage: str, handler: StageHandler[Value]) -> None:
        self._stage = stage
        self._handler = handler

    def decode(
        self, records: Sequence[Record], traces: TracedBatch
    ) -> tuple[list[DecodedRecord[Value]], list[tuple[Record, Permanent]]]:
        """Return the good records and the bad ones, each with its reason."""
        items: list[DecodedRecord[Value]] = []
        dead: list[tuple[Record, Permanent]] = []
        for record in records:
            if isinstance(record, UnreadableRecord):
                dead.append((record, UNREADABLE))
                continue
            try:
                trace = traces.enter(record)
                items.append(DecodedRecord(record, self._handler.decode(record), trace))
            except Permanent as reason:
                dead.append((record, reason))
            except Exception as error:
                # Nothing that a record holds may keep the next one from its turn.
                log_mistake(log, f"stage {self._stage}", error, record=record)
                dead.append((record, Permanent("decode_failed", type(error).__name__)))
        return items, dead

    async def handle(self, items: Sequence[DecodedRecord[Value]]) -> HandlerResult:
        """Return the handler's work; what it cannot handle is dead. Transient is passed on."""
        if not items:
            return HandlerResult()
        try:
            return await self._handler.handle(items)
        except Transient:
            raise
        except Exception as error:
            if len(items) == 1:
                log_mistake(log, f"stage {self._stage}", error, record=items[0].record)
                reason = Permanent("handler_failed", type(error).__name__)
                return HandlerResult(dead=[(items[0].record, reason)])
        # One bad record must not block the good ones: find it by halves.
        half = len(items) // 2
        return (await self.handle(items[:half])).extend(await self.handle(items[half:]))

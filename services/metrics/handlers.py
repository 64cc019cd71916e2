"""The metrics stage: every change of a case becomes its fact."""

from collections.abc import Sequence

from aiokafka import TopicPartition

from services.metrics.domain.event import CaseEvent
from services.metrics.domain.facts import newest_facts
from services.metrics.domain.parts import RecountScope
from services.metrics.domain.transitions import SeenTransitions
from services.metrics.lag.watcher import LagWatcher
from services.metrics.snapshot import Snapshot
from services.metrics.store import FactStore
from shared.contracts.topics import EVENT
from shared.kafka.envelope import Record, decode
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler
from shared.telemetry.registry import Telemetry

WATCHING = TopicPartition(EVENT, 0)  # whoever holds it watches the lag of all groups


class MetricsHandler(StageHandler[CaseEvent]):
    """Reads `complaint-event`; the only writer of facts. Publishes nothing."""

    def __init__(
        self, store: FactStore, snapshot: Snapshot, lag: LagWatcher, *, telemetry: Telemetry
    ) -> None:
        self._store = store
        self._snapshot = snapshot
        self._lag = lag
        self._transitions = telemetry.counter("salur_transitions_total")
        self._counted = SeenTransitions()

    def decode(self, record: Record) -> CaseEvent:
        """Return the part of the event that counting needs; Undecodable where it is broken."""
        return decode(record, CaseEvent)

    async def handle(self, batch: Sequence[DecodedRecord[CaseEvent]]) -> HandlerResult:
        """Write the newest fact of each complaint, then say what changed."""
        facts = newest_facts((item.value, item.record.partition) for item in batch)
        stale = await self._store.save(facts)
        self._snapshot.mark(RecountScope(fact.partition, fact.month) for fact in facts)
        counted = self._counted.take((item.value for item in batch), stale)
        for (outcome, status), number in counted.items():
            self._transitions.labels(outcome, status).inc(number)
        return HandlerResult()

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Export these partitions from now on; watch the lag if the first is among them."""
        self._snapshot.hold(frozenset(held.partition for held in partitions))
        self._lag.hold(WATCHING in partitions)

    async def cut_off(self) -> None:
        """Export nothing, and say so: sums over the replicas stay exact."""
        self._snapshot.cut_off()
        self._lag.hold(False)

"""What a batch gives to Kafka: its events, then the dead letters of what could not be read."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from shared.contracts.topics import service_of
from shared.errors import BrokerAway, Permanent
from shared.kafka.consumer.group_session import GroupSession
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.envelope import Outgoing, Record
from shared.kafka.publisher import AnyMessage, Publisher
from shared.stage.batch_traces import TracedBatch
from shared.stage.handler import StageHandler
from shared.stage.stage_metrics import StageMetrics
from shared.telemetry.logs import log_dead

log = logging.getLogger("shared.stage.stage")
MOST_ROUNDS = 5  # of publishing what replaced the unpublishable; each has fewer topics


class BatchPublisher:
    """Publishes for one stage, never longer than its member surely holds what it speaks of."""

    def __init__(
        self,
        stage: str,
        handler: StageHandler[Any],
        publisher: Publisher,
        *,
        meter: StageMetrics,
        session: Callable[[], GroupSession],
    ) -> None:
        self._stage = stage
        self._handler = handler
        self._publisher = publisher
        self._meter = meter
        self._session = session

    async def publish(
        self,
        events: Sequence[Outgoing],
        dead: Sequence[tuple[Record, Permanent]],
        traces: TracedBatch,
    ) -> None:
        """Publish all and wait for their acknowledgements.

        Raises:
            BrokerAway: not all were acknowledged, or the session may have ended meanwhile.
        """
        for _ in range(MOST_ROUNDS):
            gone = await self._within_session(traces.carry(events))
            if not gone:
                break
            events = (await self._handler.undeliverable(gone)).publications
        else:
            raise BrokerAway("topics keep vanishing while events are published")
        await self._bury(dead)

    async def _bury(self, dead: Sequence[tuple[Record, Permanent]]) -> None:
        service = service_of(self._stage)
        letters = [DeadLetter(service, record, reason) for record, reason in dead]
        if await self._within_session(letters):
            raise BrokerAway(f"topic {service}-dlq is missing or forbidden; create it")
        for letter in letters:
            self._meter.dead_letter(letter.reason.code)
            log_dead(log, self._stage, letter.record, reason=letter.reason.code)

    async def _within_session(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        return await self._session().within(self._publisher.publish(messages))

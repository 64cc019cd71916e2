"""The stage: how every service works through its topics.

Per batch: decode each record on its own, hand the good ones to the service, publish what comes
back, wait for all acknowledgements, commit exactly what was handled. Nothing is committed before
its effects are certain, so a kill at any instant repeats work and never loses it; a service's
handler must therefore give the same result when a batch comes twice.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy

from shared.errors import BrokerAway, Transient
from shared.kafka.clients import broker_away, connect, create_broker, undecoded_body
from shared.kafka.consumer.group_session import GroupSession
from shared.kafka.consumer.rebalance_listener import RebalanceListener
from shared.kafka.envelope import Outgoing, Record
from shared.kafka.faststream_internals import consumer_of, polling_tasks
from shared.kafka.publisher import Publisher
from shared.runtime.clock import Clock
from shared.runtime.component import Component
from shared.settings import KafkaSettings, StageSettings
from shared.stage.batch_publisher import BatchPublisher
from shared.stage.batch_traces import TracedBatch
from shared.stage.coordinator_watch import CoordinatorWatch
from shared.stage.failure_limit import FailureAssessment, FailureLimit
from shared.stage.halts import HaltStore, halt_of
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler, Value
from shared.stage.held_partitions import HeldPartitions
from shared.stage.partition_pause import PartitionPause
from shared.stage.poison_isolation import PoisonIsolation
from shared.stage.recovery.deleted_records import DeletedRecords
from shared.stage.recovery.republishing import Republisher
from shared.stage.recovery.retention_gaps import DeletedRanges
from shared.stage.stage_metrics import StageMetrics
from shared.telemetry.logs import log_handled, log_mistake, log_refused
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import OFF, Tracing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StageSpec:
    """What a stage reads: topics by name or by pattern, under one consumer group.

    `is_awaited`: its process is ready only once partitions were assigned.
    """

    name: str
    topics: tuple[str, ...] = ()
    pattern: str | None = None
    is_awaited: bool = True


@dataclass(frozen=True, slots=True)
class StagePorts:
    """What a stage needs from outside, made at the composition root."""

    publisher: Publisher
    stops: HaltStore
    clock: Clock
    telemetry: Telemetry
    tracing: Tracing = OFF


class Stage(Component, Generic[Value]):
    """One batch subscriber with manual commits; a component of a service."""

    def __init__(
        self,
        spec: StageSpec,
        handler: StageHandler[Value],
        ports: StagePorts,
        *,
        kafka: KafkaSettings,
        settings: StageSettings,
    ) -> None:
        self.spec = spec
        self._handler = handler
        self._isolating = PoisonIsolation(spec.name, handler)
        self.ports = ports
        self._settings = settings
        self._runs = FailureLimit(settings.dead_letter_limit)
        self._held = HeldPartitions(spec.name, settings)
        self._meter = StageMetrics(spec.name, ports.telemetry)
        self._gate = PartitionPause(ports.stops, settings, self._meter.stopped)
        self._busy = asyncio.Lock()
        self._busy_since: float | None = None
        self._output = BatchPublisher(
            spec.name, handler, ports.publisher, meter=self._meter, session=self._session
        )
        self._doubts = Republisher(self._events, self._send)
        self._deleted = DeletedRecords(
            spec.name, self._recover, meter=self._meter, consumer=lambda: self._consumer
        )
        self._cut_off = CoordinatorWatch(
            spec.name, self._meter, lost=handler.cut_off, again=self._resume
        )
        self._kafka = kafka
        self._broker = create_broker(kafka)
        self._subscriber = self._broker.subscriber(
            *spec.topics,
            pattern=spec.pattern,
            group_id=spec.name,
            batch=True,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            decoder=undecoded_body,
            no_reply=True,
            listener=RebalanceListener(revoked=self.drained, assigned=self.take_over),
            max_records=settings.max_records,
            batch_timeout_ms=settings.poll_ms,
            session_timeout_ms=kafka.session_timeout_ms,
            heartbeat_interval_ms=kafka.session_timeout_ms // 3,
            max_poll_interval_ms=kafka.max_poll_interval_ms,
        )
        self._subscriber(self._on_batch)

    async def start(self) -> None:
        """Join the group; BrokerAway if Kafka does not answer."""
        try:
            await connect(self._broker, self._kafka, linger_ms=self._settings.linger_ms)
            await self._broker.start()
            self._cut_off.watch(self._consumer.session)
        except (KafkaError, OSError) as error:
            await self._broker.stop()
            raise await broker_away(self._kafka, f"stage {self.spec.name}", error) from error

    async def stop(self) -> None:
        """Finish the batch in hand, commit it, leave the group."""
        self._gate.close()
        self._doubts.close()
        self._deleted.close()
        self._cut_off.close()
        await self._broker.stop()

    def readiness(self) -> str | None:
        """Return None once partitions were assigned: nothing that comes later is mended by it."""
        if self._held.known is None and self.spec.is_awaited:
            return f"stage {self.spec.name} waits for its first assignment"
        return None

    def trouble(self) -> str | None:
        """Return why records wait, or None where they do not."""
        if self._held.known is None:
            return f"stage {self.spec.name} waits for its first assignment"
        if self.cut_off_reason is not None:
            return self.cut_off_reason
        if self._busy_since is not None and time.monotonic() - self._busy_since > 60:
            waited = time.monotonic() - self._busy_since
            return f"stage {self.spec.name} is at one batch for {waited:.0f} s"
        return self._gate.closed_because

    @property
    def cut_off_reason(self) -> str | None:
        """Return since when the group has not answered, or None where it does."""
        return self._cut_off.reason

    def alive(self) -> bool:
        """Tell whether the polling task runs; nothing about Kafka."""
        tasks = polling_tasks(self._subscriber)
        return not tasks or not all(task.done() for task in tasks)

    async def drained(self) -> None:
        """Wait, bounded, until the batch in hand is finished: others may take over now.

        What it still has on its way to Kafka by then is not delivered any more.
        """
        try:
            async with asyncio.timeout(self._settings.drain_seconds), self._busy:
                pass
        except TimeoutError:
            log.warning("stage %s lets go with a batch in hand", self.spec.name)
            self._held.let_go()
            self.ports.publisher.abort()

    async def take_over(self, partitions: Iterable[TopicPartition]) -> None:
        """Begin with a new assignment; the group has forgotten all pauses."""
        held = self._held.begin(partitions)
        self._runs.forget()
        self._consumer.forget()
        self._gate.reassign(self._consumer, held)
        self._meter.assigned(len(held))
        await self._handler.assigned(held)
        self._deleted.begin(held)
        self._doubts.resolve(after=self._kafka.session_timeout_ms / 1000)

    async def _on_batch(self, message: Any) -> None:
        async with self._busy:
            self._busy_since, term = time.monotonic(), self._held.term
            records = self._held.take(self._consumer, message.raw_message)
            try:
                if records:
                    with TracedBatch(self.ports.tracing, self.spec.name) as traces:
                        await self._process(records, traces)
            except Transient as error:
                self._put_back(records if term == self._held.term else (), error)
            except Exception as error:
                # Ours to mend. Put back all the same: what is skipped here would be lost.
                log_mistake(log, f"stage {self.spec.name}", error)
                ours = records if term == self._held.term else ()
                self._put_back(ours, Transient(f"unexpected {type(error).__name__}"))
            finally:
                self._busy_since = None

    async def _process(self, fetched: Sequence[Record], traces: TracedBatch) -> None:
        started, term = time.monotonic(), self._held.term
        await self._deleted.settle()
        records = await self._gate.admit(fetched)
        items, dead = self._isolating.decode(records, traces)
        work = await self._isolating.handle(items)
        traces.mark("handled")
        work.dead += dead
        assessment = self._runs.judge(records, work.dead)
        at = self.ports.clock.now()
        stops = {p: halt_of(self.spec.name, x, at) for p, x in assessment.exceeded.items()}
        for stop in stops.values():
            await self.ports.stops.save(stop)
        if term != self._held.term:
            log.warning("stage %s drops a batch that is another's by now", self.spec.name)
            return
        try:
            await self._output.publish(work.publications, assessment.dead, traces)
        except BrokerAway:
            self._doubts.keep(items)
            raise
        traces.mark("published")
        if not await self._commit(assessment.offsets, term):
            # The group moved on while we published: another may have published newer states
            # before our older ones. Say the newest once more, so that it is the last.
            await self._doubts.say_newest(items)
            return
        self._doubts.resolve(after=self._kafka.session_timeout_ms / 1000)
        self._runs.accept(assessment)
        self._held.handled(assessment.offsets)
        self._gate.succeeded()
        if stops:
            self._gate.stop(stops)
        self._handler.settled(items)
        self._note_refused(work, assessment)
        log_handled(log, self.spec.name, (item.record for item in items))
        self._meter.batch(assessment.handled, seconds=time.monotonic() - started)

    def _note_refused(self, work: HandlerResult, assessment: FailureAssessment) -> None:
        for record, reason in work.refused:
            if assessment.covers(record):
                self._meter.refused(reason.code)
                log_refused(log, self.spec.name, record, reason=reason.code)

    async def _events(self, items: Sequence[DecodedRecord[Value]]) -> Sequence[Outgoing]:
        return (await self._isolating.handle(items)).publications

    async def _send(self, events: Sequence[Outgoing]) -> None:
        with TracedBatch(self.ports.tracing, self.spec.name) as traces:
            await self._output.publish(events, (), traces)

    async def _recover(self, ranges: DeletedRanges) -> None:
        term = self._held.term
        await self._send((await self._handler.deleted(ranges)).publications)
        await self._commit({place: gone.end for place, gone in ranges.items()}, term)

    async def _resume(self) -> None:
        if self._held.known is not None:
            await self._handler.assigned(self._held.known)

    async def _commit(self, offsets: dict[TopicPartition, int], term: int) -> bool:
        if not offsets:
            return True
        is_whole = await self._held.commit(self._consumer, offsets, term)
        if is_whole:
            self._meter.committed(self.ports.clock.now().timestamp())
        else:
            self._meter.commit_refused()
        return is_whole

    def _put_back(self, records: Sequence[Record], error: Transient) -> None:
        log.warning("stage %s puts a batch back: %s", self.spec.name, error)
        self._meter.failure(type(error).__name__)
        self._held.portion.failed()
        self._gate.retry_later(records, str(error))

    def _session(self) -> GroupSession:
        session: GroupSession = self._consumer.session
        return session

    @property
    def _consumer(self) -> Any:
        return consumer_of(self._subscriber)

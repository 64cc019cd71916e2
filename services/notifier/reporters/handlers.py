"""Turns history entries into rows for reporters: who is reachable, and what happened; no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from aiokafka import TopicPartition

from services.notifier.delivery.dispatcher import Dispatcher
from services.notifier.domain.delivery.deliveries import Delivery, source_of
from services.notifier.domain.delivery.destinations import NO_AGENCY, ReporterDestination
from services.notifier.domain.messages.reporter_update import ReporterUpdate, may_notify, update_of
from services.notifier.reporters.contacts import ReporterContacts
from shared.contracts.events import CaseChanged
from shared.contracts.identifiers import event_id
from shared.contracts.topics import EVENT, REPORTERS
from shared.kafka.envelope import Record, decode
from shared.privacy.contacts import Contact
from shared.runtime.clock import Clock
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler

WAYS: Mapping[Contact, ReporterDestination] = {
    Contact.EMAIL: ReporterDestination("reporter-email"),
    Contact.PHONE: ReporterDestination("reporter-sms"),
}


@dataclass(frozen=True, slots=True)
class ReporterEvent:
    """A history entry, and what its reporter is to be told of it, if anything."""

    complaint_id: UUID
    seq: int
    source: str
    offset: int
    news: ReporterUpdate | None
    is_erased: bool = False
    trace: str | None = None


class ReporterHandler(StageHandler[ReporterEvent]):
    """Reads `complaint-event`; a row per event and way, each once."""

    def __init__(
        self,
        book: ReporterContacts,
        lanes: Dispatcher,
        clock: Clock,
        *,
        ways: Sequence[Contact],
        hours: float,
    ) -> None:
        self._book = book
        self._lanes = lanes
        self._clock = clock
        self._ways = ways
        self._most_age = timedelta(hours=hours)

    def decode(self, record: Record) -> ReporterEvent:
        """Return what is to be told; Undecodable where the value breaks the contract."""
        event = decode(record, CaseChanged)
        told = may_notify(event, self._clock.now(), most_age=self._most_age)
        return ReporterEvent(
            complaint_id=event.complaint_id,
            seq=event.seq,
            source=source_of(record.topic, record.partition),
            offset=record.offset,
            news=update_of(event) if told else None,
            is_erased=event.case.is_erased,
        )

    async def handle(self, batch: Sequence[DecodedRecord[ReporterEvent]]) -> HandlerResult:
        """Insert the rows of a batch; who is not reachable costs none."""
        if erased := frozenset(i.value.complaint_id for i in batch if i.value.is_erased):
            await self._lanes.erase(erased)
        told = [
            replace(i.value, trace=i.trace)
            for i in batch
            if i.value.news and i.value.complaint_id not in erased
        ]
        reachable = await self._book.reachable({one.complaint_id for one in told})
        now = self._clock.now()
        rows: dict[str, Delivery] = {}
        for one in told:
            for way in self._ways:
                if way in reachable.get(one.complaint_id, ()):
                    row = delivery_for(one, WAYS[way], now)
                    rows.setdefault(row.delivery_id, row)
        if rows:
            destinations = {WAYS[way].endpoint_id: WAYS[way] for way in self._ways}
            await self._lanes.accept(list(rows.values()), destinations)
        return HandlerResult()

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Have the lanes work for these partitions of this stage."""
        sources = frozenset(source_of(p.topic, p.partition) for p in partitions)
        self._lanes.assigned(REPORTERS, sources)


def delivery_for(told: ReporterEvent, way: ReporterDestination, now: datetime) -> Delivery:
    """Return the row that tells a reporter of an entry; the same entry gives the same id."""
    ce_id = event_id(told.complaint_id, told.seq, EVENT)
    return Delivery(
        delivery_id=f"{ce_id}:{way.endpoint_id}",
        ce_id=str(ce_id),
        endpoint_id=way.endpoint_id,
        agency=NO_AGENCY,
        complaint_id=told.complaint_id,
        seq=told.seq,
        source=told.source,
        offset=told.offset,
        created=now,
        due=now,
        body=told.news.model_dump_json(exclude_none=True) if told.news else "",
        trace=told.trace,
    )

"""Turns what institutions hear on their topics into deliveries; sending is the lanes' affair."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aiokafka import TopicPartition

from services.notifier.delivery.dispatcher import Dispatcher
from services.notifier.domain.delivery.deliveries import (
    Delivery,
    Notice,
    delivery_of,
    source_of,
    unaddressed,
)
from services.notifier.domain.delivery.erasure import erased_in, without_words
from services.notifier.domain.delivery.filters import recipients
from services.notifier.store import Endpoints, NotifierStore
from shared.contracts.events import ENDPOINT_TEST, AgencyEvent, EndpointTest
from shared.contracts.topics import agency_of
from shared.errors import Permanent, Undecodable
from shared.kafka.envelope import Record, decode, event_type, header
from shared.runtime.clock import Clock
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler

STAGE = "notifier"


class NotifierHandler(StageHandler[Notice]):
    """Reads `agency-<code>`; a row per event and endpoint that hears of it, each once."""

    def __init__(self, store: NotifierStore, lanes: Dispatcher, clock: Clock) -> None:
        self._store = store
        self._lanes = lanes
        self._clock = clock

    def decode(self, record: Record) -> Notice:
        """Return the notice.

        Raises:
            Undecodable: value or attributes break the contract.
            Permanent: it is on the topic of another institution, which must not read it.
        """
        kind = event_type(record)
        event = _event(record, kind)
        if agency_of(record.topic) != event.agency:
            raise Permanent("wrong_agency", f"an event for {event.agency} is on {record.topic}")
        return Notice(
            event=event,
            ce_id=_event_id(record),
            ce_type=kind,
            ce_time=_event_time(record),
            source=source_of(record.topic, record.partition),
            offset=record.offset,
            text=(record.value or b"").decode(),
        )

    async def handle(self, batch: Sequence[DecodedRecord[Notice]]) -> HandlerResult:
        """Insert the rows of a batch; an institution without a subscription gets none.

        One whose subscription cannot be read gets a row per event that lies parked until its
        address is known: nothing is lost, and no other institution waits.
        """
        notices = [item.value for item in batch]
        known = await self._lanes.subscriptions.of({one.event.agency for one in notices})
        await self._keep_unaddressed(batch, known)
        rows = self._rows(batch, known)
        if erased := erased_in(notices):
            await self._lanes.erase(erased)
            rows = without_words(rows, erased)
        endpoints = {one.endpoint_id: one for some in known.values() for one in some or ()}
        await self._lanes.accept(rows, endpoints)
        return HandlerResult()

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Have the lanes work for these partitions alone, of those of institutions."""
        self._lanes.assigned(STAGE, frozenset(source_of(p.topic, p.partition) for p in partitions))

    async def _keep_unaddressed(
        self, batch: Sequence[DecodedRecord[Notice]], known: Endpoints
    ) -> None:
        now = self._clock.now()
        rows = [
            unaddressed(one.value, now, trace=one.trace)
            for one in batch
            if known.get(one.value.event.agency, ()) is None
        ]
        if rows:
            await self._store.insert(without_words(rows, erased_in(one.value for one in batch)))

    def _rows(self, batch: Sequence[DecodedRecord[Notice]], known: Endpoints) -> list[Delivery]:
        now = self._clock.now()
        rows: dict[str, Delivery] = {}
        for item in batch:
            notice = item.value
            for endpoint in recipients(notice, known.get(notice.event.agency) or ()):
                row = delivery_of(notice, endpoint, now, trace=item.trace)
                rows.setdefault(row.delivery_id, row)
        return list(rows.values())


def _event(record: Record, kind: str) -> AgencyEvent | EndpointTest:
    return decode(record, EndpointTest) if kind == ENDPOINT_TEST else decode(record, AgencyEvent)


def _event_id(record: Record) -> UUID:
    try:
        return UUID(header(record, "ce_id") or "")
    except ValueError:
        raise Undecodable("no_event_id", "header ce_id is missing or no UUID") from None


def _event_time(record: Record) -> str:
    text = header(record, "ce_time") or ""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise Undecodable("no_event_time", "header ce_time is missing or no instant") from None
    return text

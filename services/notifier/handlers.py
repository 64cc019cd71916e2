"""Turns what institutions hear on their topics into deliveries; sending is the lanes' affair."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aiokafka import TopicPartition

from services.notifier.domain.deliveries import Notice, delivery_of, source_of
from services.notifier.lanes import Lanes
from services.notifier.store import NotifierStore
from shared.clock import Clock
from shared.envelope import Record, decode, event_type, header
from shared.errors import Permanent, Undecodable
from shared.events import AgencyEvent
from shared.topics import agency_of
from shared.work import Item, StageHandler, Work


class NotifierHandler(StageHandler[Notice]):
    """Reads `agency-<code>`; a row per event and endpoint, each once."""

    def __init__(self, store: NotifierStore, lanes: Lanes, clock: Clock) -> None:
        self._store = store
        self._lanes = lanes
        self._clock = clock

    def decode(self, record: Record) -> Notice:
        """Return the notice.

        Raises:
            Undecodable: value or attributes break the contract.
            Permanent: it is on the topic of another institution, which must not read it.
        """
        event = decode(record, AgencyEvent)
        if agency_of(record.topic) != event.agency:
            raise Permanent("wrong_agency", f"an event for {event.agency} is on {record.topic}")
        return Notice(
            event=event,
            ce_id=_event_id(record),
            ce_type=event_type(record),
            ce_time=_event_time(record),
            source=source_of(record.topic, record.partition),
            offset=record.offset,
            text=(record.value or b"").decode(),
        )

    async def handle(self, batch: Sequence[Item[Notice]]) -> Work:
        """Insert the rows of a batch; an institution without an endpoint gets none."""
        notices = [item.value for item in batch]
        endpoints = await self._store.endpoints({notice.event.agency for notice in notices})
        now = self._clock.now()
        rows = [
            delivery_of(notice, endpoints[notice.event.agency], now)
            for notice in notices
            if notice.event.agency in endpoints
        ]
        once = {row.delivery_id: row for row in reversed(rows)}  # the first of each stays
        await self._lanes.accept(list(reversed(once.values())), endpoints)
        return Work()

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Have the lanes work for these partitions alone."""
        self._lanes.assigned(frozenset(source_of(p.topic, p.partition) for p in partitions))


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

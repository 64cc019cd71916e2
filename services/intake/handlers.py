"""The action stage: what institutions write on their own topics, through the same door as HTTP.

Who acts is told by the topic alone, never by the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.intake.domain.callers import Caller, agency
from services.intake.domain.requests import is_too_long, requested
from services.intake.inputs import action_record
from services.intake.store import IntakeStore
from shared.case import MAX_ACTION_BYTES
from shared.envelope import Outgoing, Record, decode, header
from shared.errors import Permanent
from shared.events import AgencyAction
from shared.identifiers import agency_record_id
from shared.models import to_instant
from shared.telemetry import Telemetry
from shared.topics import agency_of
from shared.work import Item, StageHandler, Work

MOST_ID = 200
MOST_MILLISECONDS = 253_402_300_799_000  # the end of the year 9999


@dataclass(frozen=True, slots=True)
class Acted:
    """An institution's own record: what it asks for, who it is, and the id of the record."""

    action_id: UUID
    caller: Caller
    at: datetime
    asked: AgencyAction


class ActionHandler(StageHandler[Acted]):
    """Checks institutions' records and passes them to the router."""

    def __init__(self, store: IntakeStore, telemetry: Telemetry) -> None:
        self._store = store
        self._forwarded = telemetry.counter("salur_actions_forwarded_total").labels("kafka")

    def decode(self, record: Record) -> Acted:
        """Return what the institution of this topic asks for; Permanent where it may not."""
        code = agency_of(record.topic)
        if code is None:
            raise Permanent("unknown_topic", f"{record.topic} is no institution's topic")
        asked = decode(record, AgencyAction)
        caller = agency(code)
        _check(asked, caller)
        return Acted(agency_record_id(code, _own_id(record)), caller, _time_of(record), asked)

    async def handle(self, batch: Sequence[Item[Acted]]) -> Work:
        """Forward actions on complaints that exist, with one query for the batch."""
        known = await self._store.known({item.value.asked.complaint_id for item in batch})
        work = Work()
        for item in batch:
            if item.value.asked.complaint_id in known:
                work.publications.append(_forwarded(item.value))
            else:
                work.dead.append((item.record, _unknown(item.value)))
        self._forwarded.inc(len(work.publications))
        return work


def _check(asked: AgencyAction, caller: Caller) -> None:
    if not caller.may(asked.action.kind):
        detail = f"{caller.agency} may not {asked.action.kind}; that is for officers"
        raise Permanent("not_allowed", detail)
    if is_too_long(asked.action):
        raise Permanent("text_too_long", f"at most {MAX_ACTION_BYTES} bytes of UTF-8")


def _own_id(record: Record) -> str:
    own = header(record, "ce_id")
    if own is not None and len(own) > MOST_ID:
        raise Permanent("invalid_id", f"header ce_id is longer than {MOST_ID} characters")
    return own or f"{record.partition}:{record.offset}"


def _time_of(record: Record) -> datetime:
    # The record's own time, so that a repeat of the batch gives the same event.
    if not 0 <= record.timestamp <= MOST_MILLISECONDS:
        raise Permanent("invalid_time", f"the record's time {record.timestamp} ms is no date")
    return to_instant(datetime.fromtimestamp(record.timestamp / 1000, UTC))


def _forwarded(acted: Acted) -> Outgoing:
    event = requested(
        acted.asked.action,
        acted.caller,
        action_id=acted.action_id,
        complaint_id=acted.asked.complaint_id,
        at=acted.at,
    )
    return action_record(event)


def _unknown(acted: Acted) -> Permanent:
    return Permanent("unknown_complaint", f"no complaint has the id {acted.asked.complaint_id}")

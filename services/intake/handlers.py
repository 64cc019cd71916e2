"""The action stage: what institutions write on their own topics, through the same door as HTTP.

Who acts is told by the topic alone, never by the record.
"""

from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from services.intake.actions.requests import action_requested, business_time, is_too_long
from services.intake.keys.callers import Caller, agency
from services.intake.store import IntakeStore
from services.intake.submit.kafka_records import action_record, refused_record
from shared.contracts.case import MAX_ACTION_BYTES, Refusal
from shared.contracts.events import AgencyAction, AgencyEvent, AgencyOutcome
from shared.contracts.identifiers import agency_record_id, complaint_number
from shared.contracts.topics import agency_of
from shared.contracts.value_objects import Frozen, to_instant
from shared.errors import Permanent, Refused, Undecodable
from shared.kafka.envelope import LOG_APPEND_TIME, Outgoing, Record, decode, header
from shared.runtime.clock import Clock
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler
from shared.telemetry.registry import Telemetry

MOST_ID = 200
MOST_MILLISECONDS = 253_402_300_799_000  # the end of the year 9999


class NamedComplaint(Frozen):
    """The complaint that a record is about whose action cannot be read."""

    complaint_id: UUID


@dataclass(frozen=True, slots=True)
class UnreadableAction:
    """A record whose action cannot be read: why, and the complaint that it names all the same."""

    complaint_id: UUID
    reason: Undecodable


@dataclass(frozen=True, slots=True)
class AgencyActionRecord:
    """An institution's own record: what it asks for, who it is, and the id of the record.

    `at` is the broker's time, or None where the record's writer could have chosen it.
    """

    action_id: UUID
    caller: Caller
    at: datetime | None
    asked: AgencyAction | UnreadableAction


class ActionHandler(StageHandler[AgencyActionRecord]):
    """Checks institutions' records and passes them to the router."""

    def __init__(self, store: IntakeStore, clock: Clock, telemetry: Telemetry) -> None:
        self._store = store
        self._clock = clock
        self._forwarded = telemetry.counter("salur_actions_forwarded_total").labels("kafka")

    def decode(self, record: Record) -> AgencyActionRecord:
        """Return what the institution of this topic asks for.

        An action that cannot be read but names its complaint is one too: its sender hears why.

        Raises:
            Permanent: not even that can be read, or the record's id is unfit.
        """
        code = agency_of(record.topic)
        if code is None:
            raise Permanent("unknown_topic", f"{record.topic} is no institution's topic")
        asked = _asked(record)
        own_id = agency_record_id(code, _own_id(record))
        return AgencyActionRecord(own_id, agency(code), _time_of(record), asked)

    async def handle(self, batch: Sequence[DecodedRecord[AgencyActionRecord]]) -> HandlerResult:
        """Forward actions on complaints that exist, with one query for the batch.

        What cannot be forwarded is dropped, or dead-lettered where it cannot be read; either way
        its institution hears why.
        """
        known = await self._store.known({item.value.asked.complaint_id for item in batch})
        work, now = HandlerResult(), self._clock.now()
        for item in batch:
            complaint = item.value.asked.complaint_id
            at = business_time(item.value.at, received=known.get(complaint), now=now)
            found = _judged(item.value, known, at=at)
            if isinstance(found, Permanent):
                work.dead.append((item.record, found))
            elif isinstance(found, Refused):
                work.refused.append((item.record, found))
            if not isinstance(found, Outgoing):
                found = _told(item.value, found, at=at)
            # Its key may be anything, so its trace is carried on here.
            work.publications.append(replace(found, trace=item.trace))
        self._forwarded.inc(len(batch) - len(work.dead) - len(work.refused))
        return work

    async def undeliverable(self, gone: Sequence[Outgoing]) -> HandlerResult:
        """Drop refusals that nobody can hear."""
        return await super().undeliverable(other) if (other := _others(gone)) else HandlerResult()


def _asked(record: Record) -> AgencyAction | UnreadableAction:
    try:
        return decode(record, AgencyAction)
    except Undecodable as reason:
        with suppress(Undecodable):
            return UnreadableAction(decode(record, NamedComplaint).complaint_id, reason)
        raise


def _judged(
    acted: AgencyActionRecord, known: Container[UUID], *, at: datetime
) -> Outgoing | Permanent | Refused:
    """Return the record for the router, or why there is none."""
    if isinstance(acted.asked, UnreadableAction):
        return acted.asked.reason
    return _unfit(acted, acted.asked, known) or _forwarded(acted, acted.asked, at=at)


def _unfit(
    acted: AgencyActionRecord, asked: AgencyAction, known: Container[UUID]
) -> Refused | None:
    kind, complaint = asked.action.kind, asked.complaint_id
    if not acted.caller.may(kind):
        return Refused("not_allowed", f"{acted.caller.agency} may not {kind}")
    if is_too_long(asked.action):
        return Refused("text_too_long", f"at most {MAX_ACTION_BYTES} bytes of UTF-8")
    if complaint not in known:
        return Refused("unknown_complaint", f"no complaint has the id {complaint}")
    return None


def _others(gone: Sequence[Outgoing]) -> list[Outgoing]:
    return [event for event in gone if agency_of(event.topic) is None]


def _own_id(record: Record) -> str:
    own = header(record, "ce_id")
    if own is not None and len(own) > MOST_ID:
        raise Permanent("invalid_id", f"header ce_id is longer than {MOST_ID} characters")
    return own or f"{record.partition}:{record.offset}"


def _time_of(record: Record) -> datetime | None:
    # The broker's, so that a repeat of the batch gives the same event; what a writer put there
    # would let an institution choose which limit it kept.
    is_date = 0 <= record.timestamp <= MOST_MILLISECONDS
    if record.timestamp_type != LOG_APPEND_TIME or not is_date:
        return None
    return to_instant(datetime.fromtimestamp(record.timestamp / 1000, UTC))


def _forwarded(acted: AgencyActionRecord, asked: AgencyAction, *, at: datetime) -> Outgoing:
    event = action_requested(
        asked.action,
        acted.caller,
        action_id=acted.action_id,
        complaint_id=asked.complaint_id,
        at=at,
    )
    return action_record(event)


def _told(acted: AgencyActionRecord, reason: Permanent | Refused, *, at: datetime) -> Outgoing:
    return refused_record(
        AgencyEvent(
            complaint_id=acted.asked.complaint_id,
            number=complaint_number(acted.asked.complaint_id),
            agency=str(acted.caller.agency),
            seq=0,  # no entry of any case
            outcome=AgencyOutcome.REFUSED,
            at=at,
            action_id=acted.action_id,
            refusal=Refusal(code=reason.code, detail=reason.detail),
        )
    )

"""Erasures (penghapusan data pribadi): one row per complaint, from the asking to the last record.

Law 27/2022 (UU PDP) gives everybody the right to have personal data erased (Pasal 8 and 43) and,
where consent is withdrawn or a restriction asked for, 3 x 24 hours to stop processing it (Pasal 40
and 41). Here "stopped" means: the vault row is deleted and the case has no words any more. What
lies in Kafka from before leaves by retention alone; a row is closed when it has. What a legal
process needs is held (Pasal 44): such a row waits, and is seen to wait.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid5

from services.intake.keys.callers import REPORTER_ACTIONS
from shared.contracts.actions import Action, Erase
from shared.contracts.case import Actor, Case, ErasureReason, InstitutionCode
from shared.contracts.events import ActionRequested
from shared.contracts.topics import (
    DAY_MS,
    EVENT,
    INPUT,
    SERVICES,
    TOPICS,
    dead_letter_topic,
    spec_of,
)
from shared.contracts.value_objects import Frozen, Instant

SENT_AGAIN_AFTER = timedelta(hours=1)  # what the router was told and has not done
_SEGMENT_MS = 7 * DAY_MS  # Kafka's default: a record lies as long as the youngest of its segment


_HOLDS = {
    "words as institutions wrote them, not masked": ("agency-<code>-action",),
    "masked words": (INPUT, EVENT, "agency-<code>"),
    "records that could not be handled, masked": tuple(map(dead_letter_topic, SERVICES)),
}


class ErasureState(StrEnum):
    """Where an erasure stands."""

    ASKED = "asked"  # by the reporter; an operator must decide
    HELD = "held"  # a legal process needs what would be erased
    DECLINED = "declined"
    ERASING = "erasing"  # decided; vault or case is not done yet
    FADING = "fading"  # done; what Kafka holds from before leaves with time
    CLOSED = "closed"


class Choice(StrEnum):
    """What an operator decides."""

    ERASE = "erase"
    HOLD = "hold"
    DECLINE = "decline"


OPEN = frozenset({ErasureState.ASKED, ErasureState.ERASING})  # whose legal deadline runs
# What is not over; the rest grows for ever, so it is not counted.
PRESENT = tuple(s for s in ErasureState if s not in {ErasureState.DECLINED, ErasureState.CLOSED})
_TOO_LATE = frozenset({ErasureState.ERASING, ErasureState.FADING, ErasureState.CLOSED})
_STATE_OF: Mapping[Choice, ErasureState] = {
    Choice.ERASE: ErasureState.ERASING,
    Choice.HOLD: ErasureState.HELD,
    Choice.DECLINE: ErasureState.DECLINED,
}


class ErasureRequest(Frozen):
    """What a reporter asks for; an operator decides about it."""

    reason: Literal[ErasureReason.REQUESTED, ErasureReason.CONSENT_WITHDRAWN] = (
        ErasureReason.REQUESTED
    )


class ErasureDecision(Frozen, title="Order"):  # its name in the OpenAPI document
    """What an operator decides; without a reason that of the asking stands, else `requested`."""

    decision: Choice = Choice.ERASE
    reason: ErasureReason | None = None


class Erasure(Frozen):
    """One row of the ledger; it holds neither words nor identity.

    `restrict_by` is the legal deadline for vault and case, `records_gone_at` when Kafka's last
    record from before has left at the latest. `institutions` ever held the case: the router tells
    them in the step in which it blanks it.
    """

    complaint_id: UUID
    number: str
    state: ErasureState
    reason: ErasureReason
    asked_at: Instant
    asked_by: Actor
    restrict_by: Instant
    decided_at: Instant | None = None
    decided_by: Actor | None = None
    vault_deleted_at: Instant | None = None
    sent_at: Instant | None = None  # Kafka has what the router must do
    case_blanked_at: Instant | None = None
    institutions: tuple[InstitutionCode, ...] = ()
    records_gone_at: Instant | None = None
    closed_at: Instant | None = None
    version: int = 1

    def changed(self, **changes: object) -> "Erasure":
        """Return the next version of the row."""
        return self.model_copy(update={**changes, "version": self.version + 1})

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the legal deadline has passed and something is still processed."""
        return self.state in OPEN and now > self.restrict_by


class ErasureStats(Frozen):
    """How many rows that are not over there are by state, and how the open ones do by the law."""

    counts: Mapping[ErasureState, int]
    overdue: int
    oldest: Instant | None = None  # when the first of the open ones was asked for


def asked(complaint_id: UUID, number: str, by: Actor, **row: object) -> Erasure:
    """Return a new row; `row` has reason, asked_at and restrict_by."""
    given = {"complaint_id": complaint_id, "number": number, "asked_by": by}
    return Erasure.model_validate({**given, **row, "state": ErasureState.ASKED})


def decided(row: Erasure, order: ErasureDecision, by: Actor, now: datetime) -> Erasure | None:
    """Return the row as an operator decides; None where it is too late for that decision."""
    state = _STATE_OF[order.decision]
    if row.state in _TOO_LATE:
        return row if state is ErasureState.ERASING else None
    reason = order.reason or row.reason
    return row.changed(state=state, reason=reason, decided_at=now, decided_by=by)


def blanked(row: Erasure, case: Case | None, now: datetime) -> Erasure:
    """Return the row as the case has it by now."""
    if case is None or not case.is_erased or row.case_blanked_at is not None:
        return row
    held = (entry.institution for entry in case.history if entry.institution is not None)
    return row.changed(
        state=ErasureState.FADING,
        case_blanked_at=now,
        institutions=tuple(dict.fromkeys(held)),
        records_gone_at=now + longest_kept(),
    )


class Remainder(Frozen):
    """What Kafka still holds of a complaint whose words are erased; gone by `until`."""

    topics: str
    holds: str
    until: Instant


def remaining(blanked_at: datetime, now: datetime) -> Iterator[Remainder]:
    """Yield what is left of a complaint that was blanked at a time, by the table of topics."""
    for holds, names in _HOLDS.items():
        for name in names:
            until = blanked_at + timedelta(milliseconds=_kept_ms(spec_of(name).config))
            if until > now:
                yield Remainder(topics=name, holds=holds, until=until)


def undone(row: Erasure) -> Erasure:
    """Return the row of a case that has words again: it is to be blanked once more."""
    nothing = dict.fromkeys(("sent_at", "case_blanked_at", "records_gone_at"))
    return row.changed(state=ErasureState.ERASING, **nothing)


def brings_words(action: Action) -> bool:
    """Tell whether an action has something of its reporter to say."""
    return action.kind in REPORTER_ACTIONS and action.text is not None


def must_send(row: Erasure, now: datetime) -> bool:
    """Tell whether the router must be told, for the first time or again."""
    return row.sent_at is None or now - row.sent_at >= SENT_AGAIN_AFTER


def request_of(row: Erasure) -> ActionRequested:
    """Return what the router must do: the same for the same row, however often it is said."""
    if row.decided_at is None or row.decided_by is None:
        raise ValueError(f"nobody has decided about {row.number}")
    return ActionRequested(
        action_id=uuid5(row.complaint_id, f"erasure:{row.decided_at.isoformat()}"),
        complaint_id=row.complaint_id,
        at=row.decided_at,
        actor=row.decided_by,
        action=Erase(reason=row.reason),
    )


def longest_kept() -> timedelta:
    """Return how long a record lies in a topic at most: by retention, or until compaction."""
    return timedelta(milliseconds=max(_kept_ms(spec.config) for spec in TOPICS))


def _kept_ms(config: Mapping[str, str]) -> int:
    segment = int(config.get("segment.ms", _SEGMENT_MS))
    return int(config.get("retention.ms") or config["max.compaction.lag.ms"]) + segment

"""What a queue does next: one decision from its state and the time, and nothing else.

Whoever carries an action out asks again afterwards: no action is decided on what was known before
another one that took a while.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from services.notifier.domain.delivery.circuit import believed_probe_at
from services.notifier.domain.delivery.queue_state import QueueState


class Action(Enum):
    """What takes a while, or sends something."""

    SAVE_CIRCUIT = auto()
    TIDY = auto()  # park what is pending of an endpoint given up, or the reverse
    CLAIM = auto()  # lease rows from the database
    LOOK_UP = auto()  # see whether the institution still has the endpoint
    RENEW = auto()  # prolong the leases of what is in memory
    SEND = auto()
    PROBE = auto()  # claim a few rows, and send the one tried least


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before an event; or before this instant, if there is one."""

    until: datetime | None = None


def next_action(state: QueueState, now: datetime) -> Action | Wait:
    """Return what is to be done now.

    A circuit that gives the endpoint up is written before its rows are parked, and one that is
    well after they are pending: killed between the two, another finds rows that it looks for.
    """
    if state.is_unsaved and (state.circuit.is_given_up or not state.is_untidy):
        return Action.SAVE_CIRCUIT
    if state.is_untidy:
        return Action.TIDY
    return _while_well(state, now) if state.is_ok else _while_unwell(state, now)


def _while_well(state: QueueState, now: datetime) -> Action | Wait:
    if state.may_claim(now):
        return Action.CLAIM
    if not state.rows.is_ready or state.sending >= state.limits.sends_at_once:
        return Wait(_blocked_until(state, now))
    if state.looked_up_at < now - state.limits.rescan:
        return Action.LOOK_UP
    return Action.SEND if state.is_leased(now) else Action.RENEW


def _while_unwell(state: QueueState, now: datetime) -> Action | Wait:
    due = believed_probe_at(state.circuit, now, lease=state.limits.lease)
    if due is None or due > now:
        return Wait(due)
    if state.rows.is_busy or not state.may_claim(now):
        return Wait(_blocked_until(state, now))
    return Action.PROBE


def _blocked_until(state: QueueState, now: datetime) -> datetime | None:
    until = state.blocked_until if state.waits else None
    return until if until is not None and until > now else None

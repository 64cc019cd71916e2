"""Actions as asked for: bounded, masked, and stamped with who asked."""

from datetime import datetime, timedelta
from uuid import UUID

from services.intake.keys.callers import Caller
from services.intake.submit.submission import masked_place
from shared.contracts.actions import Action, AssignUnit, Route, Supplement
from shared.contracts.case import MAX_ACTION_BYTES, Place
from shared.contracts.events import ActionRequested
from shared.contracts.value_objects import Frozen, Instant
from shared.masking import mask_within, mask_within_bytes

MAX_UNIT = 100
MOST_AHEAD = timedelta(minutes=5)


def business_time(said: datetime | None, *, received: datetime | None, now: datetime) -> datetime:
    """Return when an institution's action happened: no earlier than its complaint was received.

    `said` is the broker's time of the record, or None where its writer could have chosen it; then
    it is now. A broker's clock may be ahead, but not by more than five minutes.
    """
    at = now if said is None else min(said, now + MOST_AHEAD)
    return at if received is None else max(at, received)


class OccurredAt(Frozen):
    """When something happened, as a trusted caller tells it in scenario mode."""

    occurred_at: Instant | None = None


def is_too_long(action: Action) -> bool:
    """Tell whether an action's text is beyond 8 kB of UTF-8; a case keeps every text for good."""
    return action.text is not None and len(action.text.encode()) > MAX_ACTION_BYTES


def action_requested(
    action: Action, caller: Caller, *, action_id: UUID, complaint_id: UUID, at: datetime
) -> ActionRequested:
    """Return the masked and stamped request that the router decides about."""
    return ActionRequested(
        action_id=action_id,
        complaint_id=complaint_id,
        at=at,
        actor=caller.actor,
        action=_masked(action),
    )


def _masked(action: Action) -> Action:
    changes: dict[str, str | Place] = {}
    if action.text is not None:
        changes["text"] = mask_within_bytes(action.text, MAX_ACTION_BYTES)
    if isinstance(action, Route | AssignUnit) and action.unit is not None:
        changes["unit"] = mask_within(action.unit, MAX_UNIT)
    if isinstance(action, Supplement) and action.place is not None:
        changes["place"] = masked_place(action.place)
    return action.model_copy(update=changes)

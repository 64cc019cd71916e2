"""Actions that reached no case's history: what their senders are told, as the router keeps it.

`refusals` has one document of each, under the action's id, for as long as anybody may ask.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from shared.contracts.case import Actor, Refusal
from shared.contracts.value_objects import Frozen, Instant

KEPT_FOR = timedelta(days=30)


class RefusedAction(Frozen):
    """An action that was dropped: whose, on which complaint, and why."""

    action_id: UUID
    complaint_id: UUID
    actor: Actor
    at: Instant
    refusal: Refusal

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the action that a document of `refusals` keeps."""
        return cls.model_validate({"action_id": document["_id"], **document})

    def document(self, now: datetime) -> dict[str, Any]:
        """Return what is kept of it from `now` on."""
        kept: dict[str, Any] = self.model_dump(exclude={"action_id"}, exclude_none=True)
        return {"_id": self.action_id, **kept, "expires_at": now + KEPT_FOR}

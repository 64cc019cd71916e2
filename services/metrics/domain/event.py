"""The part of a `CaseChanged` that counting needs.

The event carries the whole case; parsing its texts and decisions would cost several times more
than everything else that is done with it here. Field names are those of `shared.events`.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.case import InstitutionCode, Outcome, Status
from shared.models import Frozen, Instant


class Receipt(Frozen):
    """Of the complaint, only when it was received."""

    received_at: Instant


class Holder(Frozen):
    """Of a history entry, only who held the case after it."""

    institution: InstitutionCode | None = None


class CaseOutline(Frozen):
    """Of the case, when it came and through whose hands it went."""

    complaint: Receipt
    history: tuple[Holder, ...] = ()


class CaseEvent(Frozen):
    """A history entry came to be; the state after it."""

    complaint_id: UUID
    seq: Annotated[int, Field(ge=1)]
    outcome: Outcome
    status: Status
    institution: InstitutionCode | None = None
    unit: str | None = None
    category: str | None = None
    case: CaseOutline

"""The part of a `CaseChanged` that counting needs.

The event carries the whole case; parsing its texts and reasons would cost several times more
than everything else that is done with it here. Field names are those of `shared.contracts.events`.
"""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.case import InstitutionCode, Status
from shared.contracts.value_objects import Frozen, Instant


class ComplaintOutline(Frozen):
    """Of the complaint, only when it was received."""

    received_at: Instant


class CandidateOutline(Frozen):
    """Of a candidate, only who it is."""

    institution: str


class DecisionOutline(Frozen):
    """Of a decision, what it said and by what; guesses best first, empty where it was sure.

    Its codes are compared and never counted by, so their form is not checked: that saves a fifth
    of the time that reading an event takes.
    """

    institution: str | None = None
    rule: str
    version: str
    model: str = ""
    candidates: tuple[CandidateOutline, ...] = ()


class EntryOutline(Frozen):
    """Of a history entry, what was asked and done when, and who held the case after it.

    `input`, `outcome` and `status` are plain words here: kinds of entry that a later router
    writes, and that nothing is counted by, must not make the whole event unreadable. `at` is cut
    to milliseconds only where it becomes part of a fact: that saves a call for each entry.
    """

    input: str
    outcome: str
    at: AwareDatetime
    status: str
    institution: InstitutionCode | None = None
    unit: str | None = None
    category: str | None = None
    rating: int | None = None
    decision: DecisionOutline | None = None


class CaseOutline(Frozen):
    """Of the case, when it came and what happened to it."""

    complaint: ComplaintOutline
    history: tuple[EntryOutline, ...] = ()


class CaseEvent(Frozen):
    """A history entry came to be; the state after it.

    `outcome` is a plain word, see `EntryOutline`.
    """

    complaint_id: UUID
    seq: Annotated[int, Field(ge=1)]
    outcome: str
    status: Status
    institution: InstitutionCode | None = None
    unit: str | None = None
    category: str | None = None
    case: CaseOutline

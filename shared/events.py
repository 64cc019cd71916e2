"""Every event that crosses Kafka: frozen, unknown fields ignored on read.

Fields may be added freely; one is removed or changed only under a new version of its type.
"""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.case import (
    MAX_ACTION_BYTES,
    Actor,
    Case,
    Channel,
    Complaint,
    InstitutionCode,
    Outcome,
    Place,
    Refusal,
    ReportType,
    Status,
)
from shared.models import Frozen, Instant

TYPE_PREFIX = "id.salur"
ActionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_ACTION_BYTES)
]

CategorySlug = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]


class InputType(StrEnum):
    """The types of records on `complaint-input`."""

    SUBMITTED = f"{TYPE_PREFIX}.input.submitted.v1"
    ACTION = f"{TYPE_PREFIX}.input.action.v1"


class Route(Frozen):
    """An officer sends the case to an institution (disposisi)."""

    kind: Literal["route"] = "route"
    institution: InstitutionCode
    unit: Annotated[str, Field(max_length=100)] | None = None
    category: CategorySlug | None = None
    text: ActionText | None = None


class Transfer(Frozen):
    """The institution says that the case is not its own (bukan wewenang).

    With `institution` the case goes there, without it back to triage.
    """

    kind: Literal["transfer"] = "transfer"
    institution: InstitutionCode | None = None
    text: ActionText


class ReturnToReporter(Frozen):
    """Something is missing: the case waits for the reporter (tunda)."""

    kind: Literal["return_to_reporter"] = "return_to_reporter"
    text: ActionText


class FollowUp(Frozen):
    """The institution tells what it does about the case (tindak lanjut)."""

    kind: Literal["follow_up"] = "follow_up"
    text: ActionText


class Complete(Frozen):
    """The institution gives its final answer (selesai)."""

    kind: Literal["complete"] = "complete"
    text: ActionText


Action = Annotated[
    Route | Transfer | ReturnToReporter | FollowUp | Complete, Field(discriminator="kind")
]


class Submitted(Frozen):
    """Intake accepted a complaint; read by the router. Its `ce_id` is the complaint's id."""

    complaint: Complaint

    @property
    def input_id(self) -> UUID:
        """Return the id under which the history knows this input."""
        return self.complaint.complaint_id

    @property
    def complaint_id(self) -> UUID:
        """Return the id of the complaint, the record's key."""
        return self.complaint.complaint_id

    @property
    def at(self) -> Instant:
        """Return the business time."""
        return self.complaint.received_at


class ActionRequested(Frozen):
    """Somebody asks for an action on a case; intake checked who it is. Read by the router."""

    action_id: UUID
    complaint_id: UUID
    at: Instant
    actor: Actor
    action: Action

    @property
    def input_id(self) -> UUID:
        """Return the id under which the history knows this input."""
        return self.action_id


Input = Submitted | ActionRequested


class CaseChanged(Frozen):
    """A history entry came to be; the whole case after it. Read by metrics and the notifier."""

    complaint_id: UUID
    number: str
    seq: int
    outcome: Outcome
    at: Instant
    status: Status
    institution: InstitutionCode | None = None
    unit: str | None = None
    category: str | None = None
    case: Case


class AgencyOutcome(StrEnum):
    """What an institution is told about a case, the last part of the event's type."""

    ROUTED = "routed"
    RETURNED = "returned"
    FOLLOWED_UP = "followed_up"
    COMPLETED = "completed"
    TRANSFERRED_AWAY = "transferred_away"
    REFUSED = "refused"


class AgencyComplaint(Frozen):
    """A complaint as the institution that must answer it sees it."""

    type: ReportType
    title: str
    text: str
    occurred_on: str | None = None
    place: Place
    channel: Channel
    anonymous: bool
    secret: bool
    received_at: Instant


class AgencyEvent(Frozen):
    """What an institution hears on its own topic: its view, nothing of other institutions.

    `complaint` comes with `routed`; later events of the same case do not repeat it.
    """

    complaint_id: UUID
    number: str
    agency: InstitutionCode
    seq: int
    outcome: AgencyOutcome
    at: Instant
    status: Status | None = None
    unit: str | None = None
    category: str | None = None
    text: str | None = None
    action_id: UUID | None = None
    refusal: Refusal | None = None
    complaint: AgencyComplaint | None = None


class AgencyAction(Frozen):
    """What an institution writes on its own action topic; hostile until checked."""

    complaint_id: UUID
    action: Action


def case_event_type(outcome: Outcome) -> str:
    """Return the `ce_type` of a `CaseChanged` with this outcome."""
    return f"{TYPE_PREFIX}.case.{outcome}.v1"


def agency_event_type(outcome: AgencyOutcome) -> str:
    """Return the `ce_type` of an `AgencyEvent` with this outcome."""
    return f"{TYPE_PREFIX}.complaint.{outcome}.v1"

"""Every event that crosses Kafka: frozen, unknown fields ignored on read.

Fields may be added freely; one is removed or changed only under a new version of its type.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.actions import Action
from shared.contracts.case import (
    Actor,
    ArchiveReason,
    Case,
    Channel,
    Complaint,
    InstitutionCode,
    Outcome,
    Place,
    Rating,
    Refusal,
    ReportType,
    Status,
)
from shared.contracts.deadlines import Deadline, deadline_id
from shared.contracts.value_objects import Frozen, Instant

TYPE_PREFIX = "id.salur"
MOST_TOPIC = 249  # Kafka's own bound of a name


class InputType(StrEnum):
    """The types of records on `complaint-input`."""

    SUBMITTED = f"{TYPE_PREFIX}.input.submitted.v1"
    ACTION = f"{TYPE_PREFIX}.input.action.v1"
    DEADLINE_PASSED = f"{TYPE_PREFIX}.input.deadline_passed.v1"
    SAY_AGAIN = f"{TYPE_PREFIX}.input.say_again.v1"
    TICK = f"{TYPE_PREFIX}.input.tick.v1"


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


class DeadlinePassed(Frozen):
    """A legal clock has run so far; the router tells itself, in order with everything else.

    All deadlines of the case up to this one have passed then. It says nothing any more where
    the clock has stopped or was armed anew since.
    """

    complaint_id: UUID
    deadline: Deadline

    @property
    def input_id(self) -> UUID:
        """Return the id under which the history knows this input."""
        return deadline_id(self.complaint_id, self.deadline)

    @property
    def at(self) -> Instant:
        """Return the business time."""
        return self.deadline.due


class RepublishRequested(Frozen):
    """An operator asks for events of a case once more, since somebody could not read one of them.

    The router says them from that one on, in order, as the history has them by now; it decides
    nothing and keeps nothing. Where the case knows no such event, it says all.
    """

    complaint_id: UUID
    topic: Annotated[str, Field(max_length=MOST_TOPIC)]  # where that event was read
    event_id: UUID | None = None  # its `ce_id`


class Tick(Frozen):
    """In scenario mode: business time has come to `as_of`, behind all inputs of a partition.

    `salur replay` writes one to every partition of `complaint-input`, under any key.
    """

    as_of: Instant


Input = Submitted | ActionRequested | DeadlinePassed
Asked = Input | RepublishRequested  # of one case


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
    SUPPLEMENTED = "supplemented"
    FOLLOWED_UP = "followed_up"
    COMPLETED = "completed"
    ASSIGNED = "assigned"
    REPLIED = "replied"
    REOPENED = "reopened"
    RATED = "rated"
    ARCHIVED = "archived"
    TRANSFERRED_AWAY = "transferred_away"
    REFUSED = "refused"
    WARNED = "warned"
    ESCALATED = "escalated"
    AUTO_CLOSED = "auto_closed"
    ERASED = "erased"  # to all that ever held it: delete what you have of it
    ESCALATED_BELOW = "escalated_below"  # to the institution above, or the one that supervises


class AgencyComplaint(Frozen):
    """A complaint as the institution that must answer it sees it.

    `supplements` are what the reporter added before, replies and reasons for reopening too;
    `similar` are numbers of earlier reports that this institution has and that may be about the
    same thing.
    """

    type: ReportType
    title: str
    text: str
    occurred_on: str | None = None
    place: Place
    channel: Channel
    anonymous: bool
    secret: bool
    received_at: Instant
    supplements: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()


class AgencyEvent(Frozen):
    """What an institution hears on its own topic: its view, nothing of other institutions.

    `complaint` comes with `routed`; later events of the same case do not repeat it.
    `due` is by when it must answer; where a limit runs, it comes with `routed`, and with whatever
    moves it.
    `deadline` is one of its own that comes near or has passed. Of a case of an institution below
    it, it hears which one is late (`late`) and since when (`due`), and nothing of what it is about.
    So does whoever supervises, of all; without `late` no institution had the case by then.
    `seq` is 0 in the refusal of an action that reached no case: perhaps there is none, or it is
    full.
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
    investigation: bool | None = None  # it needs one: the longer limit
    text: str | None = None
    place: Place | None = None  # what a supplement tells of it
    rating: Rating | None = None
    reason: ArchiveReason | None = None
    action_id: UUID | None = None
    refusal: Refusal | None = None
    deadline: Deadline | None = None
    late: InstitutionCode | None = None
    due: Instant | None = None
    complaint: AgencyComplaint | None = None


class EndpointTest(Frozen):
    """An institution asks for a test message to one of its endpoints; intake puts it on its topic.

    It is told apart from an `AgencyEvent` by its type alone; whoever reads a topic passes over
    types that it does not know.
    """

    agency: InstitutionCode
    endpoint_id: str
    at: Instant


ENDPOINT_TEST = f"{TYPE_PREFIX}.endpoint.test.v1"


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

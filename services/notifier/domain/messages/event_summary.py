"""What a delivery is about, read back from its body, for those who do not get that body itself.

Read leniently: a row whose words were blanked is told all the same, without them.
"""

from pydantic import ValidationError

from shared.contracts.case import Refusal, Status
from shared.contracts.deadlines import Deadline
from shared.contracts.value_objects import Frozen, Instant

TEST = "test"  # in the place of an outcome


class ComplaintSummary(Frozen):
    """The complaint, as far as a short message needs it."""

    title: str = ""
    text: str = ""
    secret: bool = False


class EventSummary(Frozen):
    """An event for an institution, with whatever its row still says."""

    agency: str = ""
    number: str = ""
    outcome: str = TEST
    status: Status | None = None
    unit: str | None = None
    category: str | None = None
    at: Instant | None = None
    due: Instant | None = None
    deadline: Deadline | None = None
    late: str | None = None
    refusal: Refusal | None = None
    complaint: ComplaintSummary | None = None

    @property
    def limit(self) -> Instant | None:
        """Return the deadline that the event is about."""
        return self.deadline.due if self.deadline else self.due

    @property
    def title(self) -> str:
        """Return the title; nothing of a secret report, which short messages do not carry."""
        return self.complaint.title if self.complaint and not self.complaint.secret else ""

    @property
    def words(self) -> str:
        """Return the complaint's text; nothing of a secret report.

        What was said since is left out: those events do not say whether the report is secret.
        """
        return self.complaint.text if self.complaint and not self.complaint.secret else ""


class _Body(Frozen):
    data: EventSummary = EventSummary()


def summary_of(body: str) -> EventSummary:
    """Return what the body of a row says; empty fields where it says nothing."""
    try:
        return _Body.model_validate_json(body).data
    except ValidationError:
        return EventSummary()

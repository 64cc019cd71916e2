"""Which endpoints hear of an event: all of an institution's whose filter lets it pass."""

from collections.abc import Iterable

from services.notifier.domain.delivery.deliveries import Notice
from shared.contracts.events import AgencyEvent, AgencyOutcome, EndpointTest
from shared.contracts.subscriptions import Endpoint, EventFilter, Urgency

URGENT = frozenset(
    {
        AgencyOutcome.WARNED,
        AgencyOutcome.ESCALATED,
        AgencyOutcome.ESCALATED_BELOW,
        AgencyOutcome.REOPENED,
    }
)


def recipients(notice: Notice, endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the endpoints, of those of its institution, that hear of what a record says.

    A test message goes to the endpoint that it names, whatever its filter; to none where the
    institution has no such endpoint.
    """
    event = notice.event
    if isinstance(event, EndpointTest):
        return [one for one in endpoints if one.endpoint_id == event.endpoint_id]
    return [one for one in endpoints if passes(event, one.filter)]


def passes(event: AgencyEvent, wanted: EventFilter) -> bool:
    """Tell whether a filter lets an event pass: each of its fields that is set must.

    An event without a unit is for no unit in particular, so a filter by units keeps it out. That a
    complaint was erased is told to all: each may have heard of it.
    """
    return event.outcome is AgencyOutcome.ERASED or (
        (not wanted.events or event.outcome in wanted.events)
        and (not wanted.units or event.unit in wanted.units)
        and (wanted.urgency is None or urgency_of(event) is wanted.urgency)
    )


def urgency_of(event: AgencyEvent) -> Urgency:
    """Return how soon to look at an event.

    Urgent are `warned` (a limit comes near), `escalated` and `escalated_below` (it has passed,
    here or at an institution below) and `reopened` (an answer did not settle the case); all else
    is routine.
    """
    return Urgency.URGENT if event.outcome in URGENT else Urgency.ROUTINE

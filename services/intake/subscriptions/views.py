"""A subscription as its institution sees it: what it set, and how each endpoint is doing.

It can be sent back as it is: what a form does not know is ignored.
"""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from services.intake.subscriptions.delivery_log import EndpointHealth
from shared.contracts.deliveries import LaneState
from shared.contracts.subscriptions import Endpoint, EndpointKind, EventFilter, Subscription
from shared.contracts.value_objects import Frozen, Instant

_WELL = EndpointHealth()


class EndpointView(Frozen):
    """One endpoint.

    `secret` is there once: in the answer to the request that made it. `secrets` is how many are
    live. `failing_since` and `next_probe_at` where messages do not get through.
    """

    name: str
    endpoint_id: str
    kind: EndpointKind
    url: str | None = None
    address: str | None = None
    filter: EventFilter = EventFilter()
    template: dict[str, JsonValue] | None = None
    secrets: int = 0
    secret: str | None = None
    state: LaneState = LaneState.OK
    failing_since: Instant | None = None
    next_probe_at: Instant | None = None


class SubscriptionView(Frozen):
    """All endpoints of an institution; `version` grows with every change."""

    agency: str
    version: int
    endpoints: tuple[EndpointView, ...] = ()


def subscription_view(
    subscription: Subscription, lanes: Mapping[str, EndpointHealth], secrets: Mapping[str, str]
) -> SubscriptionView:
    """Return a subscription with how it is doing; `secrets` are those to show, by endpoint."""
    shown = (endpoint_view(each, lanes, secrets) for each in subscription.endpoints)
    return SubscriptionView(
        agency=subscription.agency, version=subscription.version, endpoints=tuple(shown)
    )


def endpoint_view(
    endpoint: Endpoint, lanes: Mapping[str, EndpointHealth], secrets: Mapping[str, str]
) -> EndpointView:
    """Return one endpoint with how it is doing."""
    lane = lanes.get(endpoint.endpoint_id, _WELL)
    return EndpointView(
        name=endpoint.name,
        endpoint_id=endpoint.endpoint_id,
        kind=endpoint.kind,
        url=endpoint.url or None,
        address=endpoint.address or None,
        filter=endpoint.filter,
        template=json.loads(endpoint.template) if endpoint.template is not None else None,
        secrets=len(endpoint.secrets),
        secret=secrets.get(endpoint.endpoint_id),
        state=lane.state,
        failing_since=lane.first_failure_at,
        next_probe_at=lane.next_probe_at,
    )

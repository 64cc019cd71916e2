"""What the notifier keeps of deliveries and endpoints, and intake shows to their institution."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a delivery stands, in the notifier's words."""

    PENDING = "pending"  # to be sent, or being sent
    DELIVERED = "delivered"  # the endpoint said 2xx
    REJECTED = "rejected"  # the endpoint refuses this one for good
    PARKED = "parked"  # the endpoint is given up for now; kept, visible, replayable


class LaneState(StrEnum):
    """How an endpoint is doing, in the notifier's words."""

    OK = "ok"
    FAILING = "failing"  # in trouble: one probe at a time
    FAILED = "failed"  # given up for now: its rows are parked
    DISABLED = "disabled"  # it said 410: nothing is sent until it is set anew or replayed

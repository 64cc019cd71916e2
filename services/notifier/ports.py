"""What the queues of one process stand on, made at the composition root."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.notifier.channels.webhook import Sender
from services.notifier.delivery.outcome_writer import OutcomeWriter
from services.notifier.delivery.subscriptions import Subscriptions
from services.notifier.domain.delivery.deliveries import Lease
from services.notifier.domain.delivery.destinations import ReporterDestination
from services.notifier.store import NotifierStore
from shared.runtime.clock import Clock
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import OFF, Tracing


@dataclass(frozen=True, slots=True)
class DeliveryPorts:
    """The outside of all queues."""

    store: NotifierStore
    sender: Sender
    clock: Clock
    telemetry: Telemetry
    chance: Callable[[], float]  # 0 to 1: places the jitter of pauses
    ways: Sequence[ReporterDestination] = ()  # destinations that are in no subscription
    tracing: Tracing = OFF


class QueueOwner(Protocol):
    """The process, as one of its queues sees it."""

    subscriptions: Subscriptions
    outcomes: OutcomeWriter

    def lease(self) -> Lease:
        """Return a lease of this process that begins now."""
        ...

    def sources_of(self, agency: str) -> frozenset[str]:
        """Return the partitions that rows of an institution may be claimed from."""
        ...

    def is_spacious(self) -> bool:
        """Tell whether memory allows whole queues."""
        ...

    def wake(self, at: datetime) -> None:
        """Look at the queues again at that instant at the latest."""
        ...

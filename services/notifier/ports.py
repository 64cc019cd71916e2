"""What the lanes of one process share, made at the composition root."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.channels.webhook import Sender
from services.notifier.delivery.outcome_writer import OutcomeWriter
from services.notifier.delivery.subscriptions import Subscriptions
from services.notifier.domain.delivery.deliveries import Lease
from services.notifier.domain.delivery.destinations import ReporterDestination
from services.notifier.domain.delivery.outcomes import DeliveryOutcome
from services.notifier.settings import NotifierSettings
from services.notifier.store import NotifierStore
from shared.runtime.clock import Clock
from shared.telemetry.tracing import Tracing


@dataclass(frozen=True, slots=True)
class EndpointQueuePorts:
    """The outside of a lane, and what only the process as a whole knows."""

    store: NotifierStore
    subscriptions: Subscriptions
    sender: Sender
    ledger: OutcomeWriter
    clock: Clock
    settings: NotifierSettings
    owner: str  # this process, in leases
    chance: Callable[[], float]  # 0 to 1: places the ladder's jitter
    seen: Callable[[DeliveryOutcome, float], None]  # an attempt's outcome and seconds
    sources: Callable[[str], frozenset[str]]  # the partitions held of an institution's topic
    ways: Sequence[ReporterDestination]  # destinations that are in no subscription
    is_spacious: Callable[[], bool]  # whether memory allows whole queues
    tracing: Tracing
    poke: Callable[[], None]  # some lane's `wake_at` was set

    def after(self, seconds: float) -> datetime:
        """Return the instant so many seconds from now."""
        return self.clock.now() + timedelta(seconds=seconds)

    def lease(self) -> Lease:
        """Return a lease of this process that begins now."""
        return Lease(self.owner, self.after(self.settings.lease_seconds))

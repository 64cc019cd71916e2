"""What intake needs from outside; made at the composition root, replaced in tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.intake.audit.store import AuditStore
from services.intake.erasure.store import ErasureStore
from services.intake.identity.store import IdentityStore
from services.intake.keys.keyring import KeyStore
from services.intake.preferences.store import OptOutStore
from services.intake.store import IntakeStore
from services.intake.subscriptions.resolver import Resolver
from services.intake.subscriptions.store import SubscriptionStore
from services.intake.unsent.store import UnsentStore
from shared.kafka.envelope import Outgoing
from shared.runtime.clock import Clock, WallClock
from shared.runtime.component import Component
from shared.telemetry.registry import Telemetry
from shared.telemetry.tracing import OFF, Tracing


class InputPublisher(Protocol):
    """Sends to Kafka."""

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Publish all and wait for all in-sync replicas; return those without a topic.

        Raises BrokerAway where that is not certain.
        """
        ...


@dataclass(frozen=True)
class IntakePorts:
    """Everything that does I/O or tells the time, and what must be started for it."""

    store: IntakeStore
    publisher: InputPublisher
    unsent: UnsentStore = field(kw_only=True)
    subscriptions: SubscriptionStore = field(kw_only=True)
    resolver: Resolver = field(kw_only=True)
    keys: KeyStore = field(kw_only=True)
    identities: IdentityStore = field(kw_only=True)
    audit: AuditStore = field(kw_only=True)
    erasures: ErasureStore = field(kw_only=True)
    opt_outs: OptOutStore = field(kw_only=True)
    clock: Clock = field(default_factory=WallClock)
    telemetry: Telemetry = field(default_factory=Telemetry)
    tracing: Tracing = OFF
    components: Sequence[Component] = ()

"""How an endpoint stands: its ladder, kept in the database, and rows parked or not to match.

Every write is guarded by the ladder's version. Where another notifier was first, its word holds.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.notifier.domain.delivery.circuit import (
    CircuitState,
    after_answer,
    after_failure,
    after_gone,
    believed_probe_at,
    with_probe,
)
from services.notifier.domain.delivery.destinations import NO_AGENCY
from services.notifier.domain.delivery.outcomes import MOST_REJECTIONS, DeliveryOutcome, Failing
from services.notifier.ports import EndpointQueuePorts
from shared.contracts.deliveries import LaneState
from shared.errors import Transient
from shared.runtime.tls import WAY_OUT

log = logging.getLogger(__name__)


class CircuitBreaker:
    """The ladder of one endpoint."""

    def __init__(
        self,
        endpoint_id: str,
        agency: str,
        ports: EndpointQueuePorts,
        *,
        busy: Callable[[], frozenset[str]],
    ) -> None:
        self.ladder = CircuitState()
        self.is_untidy = False  # rows may be parked that should not be, or the reverse
        self._endpoint_id = endpoint_id
        self._agency = agency
        self._ports = ports
        self._busy = busy
        self._tidying = asyncio.Lock()
        self._rejections = 0  # in a row

    @property
    def is_ok(self) -> bool:
        """Tell whether rows may be sent freely."""
        return self.ladder.state is LaneState.OK

    @property
    def is_given_up(self) -> bool:
        """Tell whether rows are parked."""
        return self.ladder.state in (LaneState.FAILED, LaneState.DISABLED)

    def probe_at(self, now: datetime) -> datetime | None:
        """Return when the next probe may go out; None where the endpoint needs none."""
        lease = timedelta(seconds=self._ports.settings.lease_seconds)
        return believed_probe_at(self.ladder, now, lease=lease)

    def learn(self, ladder: CircuitState) -> None:
        """Take the ladder that the database holds."""
        if ladder.state is not self.ladder.state:
            level = logging.INFO if ladder.state is LaneState.OK else logging.WARNING
            about = {"endpoint_id": self._endpoint_id, "agency": self._agency}
            log.log(level, "an endpoint is %s", _said(ladder), extra=about)
        was_given_up = self.is_given_up
        self.ladder = ladder
        self.is_untidy = self.is_untidy or was_given_up != self.is_given_up

    async def begin_probe(self) -> bool:
        """Claim the next probe; return False where another notifier has it."""
        lease = self._ports.lease()
        return await self._save(with_probe(self.ladder, lease.owner, lease.until))

    def accepted(self) -> None:
        """Learn that it took something."""
        self._rejections = 0

    def rejected(self) -> bool:
        """Learn that it rejected a delivery; tell whether that is about the endpoint.

        Never on a way to reporters: there each delivery is for somebody else.
        """
        if self._agency == NO_AGENCY:
            return False
        self._rejections += 1
        return self.ladder.refuses or self._rejections >= MOST_REJECTIONS

    async def fail(self, verdict: Failing) -> None:
        """Climb one step; give the endpoint up at the end of the ladder."""
        refuses = self.ladder.refuses or verdict.outcome is DeliveryOutcome.REJECTED
        ladder = after_failure(
            self.ladder.model_copy(update={"refuses": refuses}),
            self._ports.settings.ladder,
            now=self._ports.clock.now(),
            chance=self._ports.chance(),
            asked=verdict.pause,
        )
        self.learn(ladder.model_copy(update={"reason": verdict.outcome.value}))
        await self._settle()

    async def disable(self) -> None:
        """Stop for good: the endpoint wants nothing any more."""
        self.learn(after_gone(self.ladder))
        await self._settle()

    async def recover(self) -> None:
        """Be well again; parked rows are pending before anybody reads that it is."""
        self.learn(after_answer(self.ladder))
        await self._persist(self.tidy)
        await self._settle()

    async def tidy(self) -> None:
        """Park what is pending of an endpoint given up; else make pending what is parked."""
        async with self._tidying:
            if not self.is_untidy:
                return
            self.is_untidy = False
            try:
                await self._park_or_not()
            except BaseException:
                self.is_untidy = True
                raise

    async def _park_or_not(self) -> None:
        if self.is_given_up:
            # What is being sent right now gets its state from its own outcome.
            await self._ports.store.park(self._endpoint_id, keep=self._busy())
        else:
            await self._ports.store.unpark(self._endpoint_id)

    async def _settle(self) -> None:
        await self._persist(lambda: self._save(self.ladder))

    async def _save(self, ladder: CircuitState) -> bool:
        store = self._ports.store
        if await store.save_ladder(self._endpoint_id, self._agency, ladder):
            self.ladder = ladder
            return True
        newest = await store.ladders([self._endpoint_id])
        if self._endpoint_id in newest:
            self.learn(newest[self._endpoint_id][1])
        return False

    async def _persist(self, action: Callable[[], Awaitable[object]]) -> None:
        # What an endpoint said is not forgotten because the database is away.
        while True:
            try:
                await action()
                return
            except Transient:
                await asyncio.sleep(self._ports.settings.retry_seconds)


def _said(ladder: CircuitState) -> str:
    if ladder.reason == DeliveryOutcome.UNTRUSTED:
        return f"{ladder.state}: its certificate is not trusted; {WAY_OUT}"
    return f"{ladder.state}: {ladder.reason}" if ladder.reason else ladder.state.value

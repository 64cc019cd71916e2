"""The attempts of one lane: each sends one row, learns what came of it, and has that recorded.

They run side by side and know of each other only through the lane's stock and standing.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.notifier.delivery.circuit_breaker import CircuitBreaker
from services.notifier.delivery.leased_buffer import LeasedBuffer
from services.notifier.domain.delivery.circuit import pause_before_next
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.outcomes import (
    AnswerMeaning,
    ChannelReply,
    Delivered,
    DeliveryOutcome,
    Failing,
    Gone,
    Later,
    Rejected,
    judge,
)
from services.notifier.ports import EndpointQueuePorts
from services.notifier.store import Settlement
from shared.contracts.deliveries import DeliveryState
from shared.contracts.identifiers import complaint_number
from shared.errors import Transient
from shared.telemetry.tracing import trace_id

log = logging.getLogger(__name__)


class InFlight:
    """What one lane has under way; `look` has the lane go on."""

    def __init__(
        self,
        stock: LeasedBuffer,
        standing: CircuitBreaker,
        ports: EndpointQueuePorts,
        *,
        look: Callable[[], None],
    ) -> None:
        self.sending = 0  # not answered yet; `tasks` has those too whose outcome is being written
        self.tasks: set[asyncio.Task[None]] = set()
        self._stock = stock
        self._standing = standing
        self._ports = ports
        self._look = look

    def start(self, row: Delivery, destination: Destination) -> None:
        """Send a row in the background."""
        self.sending += 1
        self.tasks.add(asyncio.create_task(self._attempt(row, destination)))

    async def _attempt(self, row: Delivery, destination: Destination) -> None:
        version = self._standing.ladder.version
        state = DeliveryState.PENDING
        try:
            reply, verdict = await self._answer(row, destination)
            self._ports.seen(verdict.outcome, reply.seconds)
            log.debug("an attempt is %s", verdict.outcome, extra=_about(row))
            state = await self._conclude(row, verdict, version)
            waits = isinstance(verdict, Later) and state is DeliveryState.PENDING
            until = self._defer(row) if waits else None
            self._look()
            await self._ports.ledger.record(
                Settlement(row.delivery_id, state, verdict.outcome, reply.status, until)
            )
        except Exception as error:
            state = DeliveryState.PENDING
            log.error("attempt: %s", type(error).__name__, extra=_about(row))
            self._stock.blocked_until = self._ports.after(self._ports.settings.scan_seconds)
        finally:
            self._stock.done(row, returned=state in (DeliveryState.PENDING, DeliveryState.PARKED))
            self.tasks.discard(asyncio.current_task())
            self._look()

    async def _answer(
        self, row: Delivery, destination: Destination
    ) -> tuple[ChannelReply, AnswerMeaning]:
        try:
            reply = await self._send(row, destination)
            return reply, judge(reply, self._ports.clock.now())
        except Transient:
            raise  # about the row: whom it is for could not be looked up
        except Exception as error:
            # Ours to mend. Without the ladder it would be sent again and again, for ever.
            log.error("an answer: %s", type(error).__name__, extra=_about(row))
            return ChannelReply(failure=DeliveryOutcome.UNUSABLE), Failing(DeliveryOutcome.UNUSABLE)

    async def _send(self, row: Delivery, destination: Destination) -> ChannelReply:
        span = self._ports.tracing.span("notifier deliver", row.trace, kind="client")
        told, failed = "nothing", True
        try:
            traced = row if span.trace == row.trace else replace(row, trace=span.trace)
            reply = await self._ports.sender.send(destination, traced, self._ports.clock.now())
            told = str(reply.status or reply.failure)
            failed = reply.status is None or reply.status >= 400
            return reply
        finally:
            self.sending -= 1
            about = {"salur.agency": row.agency, "salur.endpoint": row.endpoint_id}
            span.end({**about, "salur.reply": told}, told if failed else None)

    async def _conclude(self, row: Delivery, verdict: AnswerMeaning, version: int) -> DeliveryState:
        counts = version == self._standing.ladder.version  # not a straggler of an earlier state
        match verdict:
            case Failing():
                return await self._fail(row, verdict, counts=counts)
            case Gone():
                self._stock.forget()
                await self._standing.disable()
                return DeliveryState.PARKED
            case Rejected(outcome=DeliveryOutcome.REJECTED) if self._standing.rejected():
                return await self._fail(row, Failing(DeliveryOutcome.REJECTED), counts=counts)
            case Delivered():
                self._standing.accepted()
        if counts and not self._standing.is_ok:
            self._stock.tell()  # first: nothing new may overtake what waited
            await self._standing.recover()
            self._stock.tell()  # and again: what was parked waits from then on
        if isinstance(verdict, Later):
            return self._waits_again(row)
        return DeliveryState.REJECTED if isinstance(verdict, Rejected) else DeliveryState.DELIVERED

    async def _fail(self, row: Delivery, verdict: Failing, *, counts: bool) -> DeliveryState:
        if counts:
            self._stock.forget()
            self._stock.tell()
            await self._standing.fail(verdict)
        return self._waits_again(row)

    def _waits_again(self, row: Delivery) -> DeliveryState:
        tried_enough = row.attempts + 1 >= self._ports.settings.row_attempts
        parked = self._standing.is_given_up or tried_enough
        return DeliveryState.PARKED if parked else DeliveryState.PENDING

    def _defer(self, row: Delivery) -> datetime:
        until = self._ports.clock.now() + pause_before_next(row.attempts)
        self._stock.defer(row.complaint_id, until)
        return until


def _about(row: Delivery) -> dict[str, str]:
    """Return what a line may say of a row; the address is a secret of the institution."""
    about = {"endpoint_id": row.endpoint_id, "agency": row.agency, "row": row.delivery_id}
    if row.seq:  # a test message is about no complaint
        about["complaint"] = complaint_number(row.complaint_id)
    return about if row.trace is None else {**about, "trace_id": trace_id(row.trace)}

"""Carries erasures out: what was decided is done step by step, and done again until it is.

The row of the ledger comes first, so a crash between any two steps leaves what the next turn
completes. Nothing here decides: that is an operator's affair.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from services.intake.cases.models import MOST_ROWS
from services.intake.erasure.model import (
    PRESENT,
    Erasure,
    ErasureDecision,
    ErasureRequest,
    ErasureState,
    asked,
    blanked,
    decided,
    must_send,
    request_of,
    undone,
)
from services.intake.erasure.store import ErasureRows
from services.intake.erasure.views import ErasureQuery
from services.intake.http.cursors import Position
from services.intake.http.problems import Problem
from services.intake.keys.callers import PUBLIC, Caller
from services.intake.ports import IntakePorts
from services.intake.submit.kafka_records import action_record
from services.intake.submit.records import Receipt
from shared.contracts.case import Actor, ErasureReason
from shared.errors import BrokerAway, Transient
from shared.telemetry.logs import log_mistake

log = logging.getLogger(__name__)
_ATTEMPTS = 5


class ChangedElsewhere(Transient):
    """Another process has changed the row in the meantime, and goes on with it."""


class ErasureWorkflow:
    """The ledger and its steps; `period` is the legal one, from the asking on."""

    def __init__(self, ports: IntakePorts, *, period: timedelta) -> None:
        self._erasures = ports.erasures
        self._store = ports.store
        self._publisher = ports.publisher
        self._clock = ports.clock
        self._telemetry = ports.telemetry
        self._period = period
        self._looked_after: Position | None = None  # the last of those that fade

    async def ask(self, receipt: Receipt, wish: ErasureRequest) -> Erasure:
        """Keep a reporter's wish, or meet the row that is there; declined, it is asked anew."""
        for _ in range(_ATTEMPTS):
            row = await self._erasures.erasure(receipt.id)
            if row is not None and row.state is not ErasureState.DECLINED:
                return row
            version = row.version + 1 if row else 1
            new = self._asked(receipt, PUBLIC.actor, wish.reason, version=version)
            if await self._erasures.put_erasure(new):
                return new
        raise _changed_meanwhile()

    async def decide(self, receipt: Receipt, caller: Caller, order: ErasureDecision) -> Erasure:
        """Keep what an operator decides and begin with it; what is away now is done later.

        Raises:
            Problem: 409 where it is too late for this decision.
        """
        row = await self._decided(receipt, caller, order)
        return await self._as_far_as_it_goes(row) or row

    async def find(self, receipt: Receipt) -> Erasure | None:
        """Return the row of a complaint, with what has been done meanwhile."""
        row = await self._erasures.erasure(receipt.id)
        return await self._as_far_as_it_goes(row) if row else None

    async def turn(self) -> None:
        """Go on with what is not done, close what is over, and count; Transient: again later."""
        now = self._clock.now()
        async for row in self._being_erased():
            await self._go_on_alone(row)
        await self._look_after(await self._some_that_fade(), now)
        await self._count(now)

    async def _go_on_alone(self, row: Erasure) -> None:
        try:
            with suppress(ChangedElsewhere):
                await self._go_on(row)
        except Transient:
            raise
        except Exception as error:
            # A case of another release, say: no other waits for it, and it is seen to be late.
            log_mistake(log, f"the erasure of {row.number}", error)

    async def _being_erased(self) -> AsyncIterator[Erasure]:
        after: Position | None = None
        while True:
            page = await self._page(ErasureState.ERASING, after)
            for row in page.rows:
                yield row
            if (after := page.end) is None:
                return

    async def _some_that_fade(self) -> Sequence[Erasure]:
        # They fade for months, so there may be many: each turn goes on where the last has ended.
        page = await self._page(ErasureState.FADING, self._looked_after)
        self._looked_after = page.end
        return page.rows

    async def _page(self, state: ErasureState, after: Position | None) -> ErasureRows:
        query = ErasureQuery(state=(state,), limit=MOST_ROWS)
        return await self._erasures.erasures(query, after=after)

    async def _look_after(self, fading: Sequence[Erasure], now: datetime) -> None:
        ids = [row.complaint_id for row in fading]
        # A submission that was repeated and killed in the middle may have left its row again, and
        # a case that was lost and not restored may have been opened anew.
        await self._erasures.clear_vault(ids)
        back = await self._erasures.with_words(ids)
        for row in fading:
            with suppress(ChangedElsewhere):
                if row.complaint_id in back:
                    await self._keep(undone(row))
                elif row.records_gone_at is not None and row.records_gone_at <= now:
                    await self._keep(row.changed(state=ErasureState.CLOSED, closed_at=now))

    async def _as_far_as_it_goes(self, row: Erasure) -> Erasure | None:
        if row.state is not ErasureState.ERASING:
            return row
        with suppress(Transient):
            return await self._go_on(row)
        return await self._erasures.erasure(row.complaint_id)  # what was done until then

    async def _decided(self, receipt: Receipt, caller: Caller, order: ErasureDecision) -> Erasure:
        reason = order.reason or ErasureReason.REQUESTED
        for _ in range(_ATTEMPTS):
            row = await self._erasures.erasure(receipt.id)
            known = row or self._asked(receipt, caller.actor, reason, version=0)
            new = decided(known, order, caller.actor, self._clock.now())
            if new is None:
                detail = "it is being erased or has been: it can neither be held nor declined"
                raise Problem(409, "too_late", detail)
            if new is row or await self._erasures.put_erasure(new):
                return new
        raise _changed_meanwhile()

    async def _go_on(self, row: Erasure) -> Erasure:
        now = self._clock.now()
        if row.vault_deleted_at is None:
            # Marked first: a repeat of the submission then neither keeps nor sends anything.
            await self._store.acknowledge([row.complaint_id])
            await self._erasures.clear_vault([row.complaint_id])
            row = await self._keep(row.changed(vault_deleted_at=now))
        case = await self._store.case(row.complaint_id)
        if (done := blanked(row, case, now)) is not row:
            return await self._keep(done)
        if must_send(row, now):
            await self._send(row)
            row = await self._keep(row.changed(sent_at=now))
        return row

    async def _send(self, row: Erasure) -> None:
        record = action_record(request_of(row))
        if await self._publisher.publish([record]):
            raise BrokerAway(f"topic {record.topic} is missing or forbidden; create it")

    async def _keep(self, row: Erasure) -> Erasure:
        if await self._erasures.put_erasure(row):
            return row
        raise ChangedElsewhere(f"another intake is at the erasure of {row.number}")

    async def _count(self, now: datetime) -> None:
        stats = await self._erasures.stats(now)
        for state in PRESENT:
            count = stats.counts.get(state, 0)
            self._telemetry.gauge("salur_erasures").labels(state.value).set(count)
        self._telemetry.gauge("salur_erasures_overdue").set(stats.overdue)
        age = (now - stats.oldest).total_seconds() if stats.oldest else 0.0
        self._telemetry.gauge("salur_erasures_oldest_open_seconds").set(max(0.0, age))

    def _asked(
        self, receipt: Receipt, by: Actor, reason: ErasureReason, *, version: int
    ) -> Erasure:
        now = self._clock.now()
        return asked(
            receipt.id,
            receipt.number or "",
            by,
            reason=reason,
            asked_at=now,
            restrict_by=now + self._period,
            version=version,
        )


def _changed_meanwhile() -> Problem:
    return Problem(409, "changed_meanwhile", "others decided about this at the same time; repeat")

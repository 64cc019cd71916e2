"""Says again what was accepted and has no case: Kafka may have lost it before the router read it.

Retention that overtakes a router, a topic that was deleted: nothing else would tell. The record is
made from the vault under the same id, byte for byte the one that was lost, so saying it again does
no harm where it was only late, nor where several intakes do it.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.intake.identity.vault import UNREADABLE
from services.intake.ports import IntakePorts
from services.intake.submit.kafka_records import submitted_record
from services.intake.submit.records import Receipt
from services.intake.submit.submission import complaint
from shared.errors import BrokerAway
from shared.kafka.envelope import Outgoing

log = logging.getLogger(__name__)
MOST = 200  # looked at together, and said again in one turn: a backlog must not double
MOST_PAGES = 20  # in one turn; what is left waits for the next
SECONDS = 60.0  # between turns


class SubmissionReconciler:
    """Goes through receipts older than `after` whose case nobody has seen yet."""

    def __init__(self, ports: IntakePorts, *, after: timedelta) -> None:
        self._unsent = ports.unsent
        self._store = ports.store
        self._publisher = ports.publisher
        self._clock = ports.clock
        self._after = after
        self._said = ports.telemetry.counter("salur_republished_complaints_total")

    async def turn(self) -> None:
        """Note which have their case, say the others again; Transient: again later."""
        said = 0
        for _ in range(MOST_PAGES):
            found, again = await self._page(self._clock.now())
            said += again
            if found < MOST or said >= MOST:
                break
        if said:
            log.warning("%d accepted complaints without a case are said again", said)

    async def _page(self, now: datetime) -> tuple[int, int]:
        """Return how many were found, and how many of them said again."""
        found = await self._unsent.awaiting_case(before=now - self._after, most=MOST)
        arrived = await self._unsent.with_case([each.id for each in found]) if found else ()
        await self._unsent.settle_case(arrived)
        waiting = [receipt for receipt in found if receipt.id not in arrived]
        mine = [receipt for receipt in waiting if await self._claim(receipt, now)]
        return len(found), await self._say_again(mine)

    async def _claim(self, receipt: Receipt, now: datetime) -> bool:
        # Looked at next when it is twice as old: a router that stands still is not flooded.
        until = now + max(self._after, now - receipt.at)
        return await self._unsent.claim_case(receipt.id, before=now - self._after, until=until)

    async def _say_again(self, receipts: Sequence[Receipt]) -> int:
        records = [record for each in receipts if (record := await self._record(each))]
        if records and await self._publisher.publish(records):
            raise BrokerAway(f"topic {records[0].topic} is missing or forbidden; create it")
        self._said.inc(len(records))
        return len(records)

    async def _record(self, receipt: Receipt) -> Outgoing | None:
        try:
            submission = await self._store.submission(receipt.id)
        except UNREADABLE:  # the store logs why; looked at again later, it holds up no other
            return None
        if submission is None:  # erased before it had a case
            await self._unsent.settle_case([receipt.id])
            return None
        lost = complaint(submission, receipt.id, received_at=receipt.at, given=receipt.given)
        return submitted_record(lost)

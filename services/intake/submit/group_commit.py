"""Group commit: all that waits is kept and sent together, in one order.

Receipts, then vault rows, then Kafka, then marks: each step is one call for the whole group, and
the next group collects meanwhile. A crash between two steps leaves for each of the group what it
would leave for one alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from services.intake.ports import InputPublisher
from services.intake.store import IntakeStore
from services.intake.submit.records import Receipt, VaultRow
from services.intake.submit.write_batcher import WriteBatcher
from shared.errors import BrokerAway
from shared.kafka.envelope import Outgoing

MOST_WAITING = 10_000  # also those that have outlived their requests


class CommitOutcome(Enum):
    """What came of one of a group."""

    SENT = "sent"
    KNOWN = "known"  # there is a receipt of this id: nothing was changed
    WITHOUT_TOPIC = "without_topic"


@dataclass(frozen=True, slots=True)
class PendingAcceptance:
    """What is to be kept and sent of one complaint or action; an action has no `row`.

    `is_kept`: its receipt lies there from an earlier time.
    """

    receipt: Receipt
    record: Outgoing
    row: VaultRow | None = None
    is_kept: bool = False


class GroupCommit:
    """Commits in groups; what was sent is marked before anybody is told so."""

    def __init__(
        self, store: IntakeStore, publisher: InputPublisher, *, pace_seconds: float
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._groups = WriteBatcher(self._commit_all, pace_seconds=pace_seconds)

    async def commit(self, pending: PendingAcceptance) -> CommitOutcome:
        """Keep and send it with all others that wait.

        Raises:
            Transient: Kafka or the database did not confirm.
        """
        if self._groups.waiting > MOST_WAITING:
            raise BrokerAway(f"{self._groups.waiting} acceptances wait to be kept and sent")
        return await self._groups.add(pending)

    async def finish(self) -> None:
        """Wait for groups that outlive their requests."""
        await self._groups.finish()

    async def _commit_all(self, group: Sequence[PendingAcceptance]) -> Sequence[CommitOutcome]:
        known = await self._known(group)
        mine = [one for one in group if one.receipt.id not in known]
        # Never a row without a receipt: what nobody repeats is found by it, and forgotten.
        if rows := [one.row for one in mine if one.row is not None]:
            await self._store.put_vault_rows(rows)
        sent = await self._publish(mine)
        return [_outcome(one.receipt.id, known, sent) for one in group]

    async def _known(self, group: Sequence[PendingAcceptance]) -> frozenset[UUID]:
        new = [one.receipt for one in group if not one.is_kept]
        added = await self._store.add_receipts(new) if new else ()
        return frozenset(one.id for one in new) - frozenset(added)

    async def _publish(self, group: Sequence[PendingAcceptance]) -> frozenset[UUID]:
        """Publish in one call, and mark what Kafka took before anybody is told so.

        Without its mark a complaint that Kafka loses again before the router reads it would be
        taken for one that was never accepted, and forgotten.
        """
        left = await self._publisher.publish([one.record for one in group]) if group else ()
        refused = {id(record) for record in left}
        sent = [one.receipt.id for one in group if id(one.record) not in refused]
        if sent:
            await self._store.acknowledge(sent)
        return frozenset(sent)


def _outcome(receipt_id: UUID, known: frozenset[UUID], sent: frozenset[UUID]) -> CommitOutcome:
    if receipt_id in known:
        return CommitOutcome.KNOWN
    return CommitOutcome.SENT if receipt_id in sent else CommitOutcome.WITHOUT_TOPIC

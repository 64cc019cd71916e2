"""Group commit: one call a step for all that wait; a crash anywhere is mended by the repeat."""

import asyncio
from collections.abc import Collection, Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.submit.group_commit import CommitOutcome, GroupCommit, PendingAcceptance
from services.intake.submit.records import Receipt, VaultRow
from shared.contracts.topics import INPUT
from shared.errors import BrokerAway, DatabaseAway
from shared.kafka.envelope import Outgoing
from tests.intake.conftest import MemoryPublisher
from tests.intake.fakes.intake_store import MemoryStore
from tests.intake.stored_rows import receipt, vault_row
from tests.support.builders import START, complaint_id

SENT, KNOWN = CommitOutcome.SENT, CommitOutcome.KNOWN


class Crashed(BaseException):
    """The process ends here."""


class Steps(MemoryStore):
    """Ends after so many steps, of the store and of the publisher together."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        self.order: list[tuple[str, int]] = []

    def step(self, name: str, size: int) -> None:
        self.order.append((name, size))
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Crashed

    async def add_receipts(self, receipts: Sequence[Receipt]) -> list[UUID]:
        added = await super().add_receipts(receipts)
        self.step("receipts", len(receipts))
        return added

    async def put_vault_rows(self, rows: Sequence[VaultRow]) -> None:
        assert {row.id for row in rows} <= self.receipts.keys()
        await super().put_vault_rows(rows)
        self.step("rows", len(rows))

    async def acknowledge(self, receipt_ids: Collection[UUID]) -> None:
        await super().acknowledge(receipt_ids)
        self.step("marks", len(receipt_ids))


class Published(MemoryPublisher):
    """Counts its call as a step of the store's."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps

    async def publish(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        left = await super().publish(messages)
        self._steps.step("produce", len(messages))
        return left


def pending(name: str, *, is_kept: bool = False) -> PendingAcceptance:
    record = Outgoing(
        topic=INPUT,
        key=name.encode(),
        value=name.encode(),
        ce_id=str(complaint_id(name)),
        ce_type="submitted",
        ce_source="test",
        ce_time=START,
    )
    return PendingAcceptance(receipt(name), record, vault_row(name), is_kept=is_kept)


async def committed(
    store: Steps, publisher: MemoryPublisher, *group: PendingAcceptance
) -> list[CommitOutcome | BaseException]:
    groups = GroupCommit(store, publisher, pace_seconds=0)
    return await asyncio.gather(*map(groups.commit, group), return_exceptions=True)


async def test_each_step_is_one_call_for_all() -> None:
    publisher = Published(store := Steps())

    outcomes = await committed(store, publisher, *(pending(str(n)) for n in range(5)))

    assert outcomes == [SENT] * 5
    assert store.order == [("receipts", 5), ("rows", 5), ("produce", 5), ("marks", 5)]
    assert all(one.acknowledged for one in store.receipts.values())


async def test_what_is_known_is_left_as_it_is_and_keeps_no_other() -> None:
    publisher = Published(store := Steps())
    await committed(store, publisher, pending("one"))
    store.vault.clear()

    outcomes = await committed(store, publisher, pending("one"), pending("two"))

    assert outcomes == [KNOWN, SENT]
    assert [record.value for record in publisher.sent] == [b"one", b"two"]
    assert list(store.vault) == [complaint_id("two")]


async def test_what_is_kept_already_is_sent_without_another_receipt() -> None:
    publisher = Published(store := Steps())
    await store.add_receipts([receipt("one")])

    assert await committed(store, publisher, pending("one", is_kept=True)) == [SENT]
    assert store.order[1:] == [("rows", 1), ("produce", 1), ("marks", 1)]


async def test_without_its_topic_nothing_is_marked() -> None:
    publisher = Published(store := Steps())
    publisher.has_topic = False

    assert await committed(store, publisher, pending("one")) == [CommitOutcome.WITHOUT_TOPIC]
    assert not store.receipts[complaint_id("one")].acknowledged


@pytest.mark.parametrize(
    ("away", "error"),
    [
        ("add_receipts", DatabaseAway),
        ("put_vault_rows", DatabaseAway),
        ("publish", BrokerAway),
        ("acknowledge", DatabaseAway),
    ],
)
async def test_an_error_reaches_all_of_the_group_and_nothing_is_marked(
    away: str, error: type[Exception]
) -> None:
    publisher = Published(store := Steps())
    store.away.add(away)
    publisher.is_away = away == "publish"

    outcomes = await committed(store, publisher, pending("one"), pending("two"))

    assert [type(outcome) for outcome in outcomes] == [error] * 2
    assert not any(one.acknowledged for one in store.receipts.values())


@given(st.integers(0, 3), st.sets(st.integers(0, 5)), st.integers(1, 6))
async def test_killed_after_any_step_a_repeat_of_all_leaves_each_once(
    steps: int, before: set[int], count: int
) -> None:
    publisher = Published(store := Steps())
    names = [str(number) for number in range(count)]
    if before:
        await committed(store, publisher, *(pending(str(number)) for number in before))
    store.left = steps
    with pytest.raises(Crashed):
        await _killed(store, publisher, names)
    store.left = None

    for name in names:  # as the service repeats
        (outcome,) = await committed(store, publisher, pending(name))
        if outcome is KNOWN and not store.receipts[complaint_id(name)].acknowledged:
            await committed(store, publisher, pending(name, is_kept=True))

    assert {record.value for record in publisher.sent} >= {name.encode() for name in names}
    assert {complaint_id(name) for name in names} <= store.vault.keys() & store.receipts.keys()
    assert all(one.acknowledged for one in store.receipts.values())


async def _killed(store: Steps, publisher: MemoryPublisher, names: Sequence[str]) -> None:
    groups = GroupCommit(store, publisher, pace_seconds=0)
    await groups._commit_all([pending(name) for name in names])
    raise Crashed  # in the very end

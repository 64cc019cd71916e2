"""Whatever happens, in whatever order: nothing is lost and no complaint is told out of order."""

import asyncio
import random
from dataclasses import replace
from datetime import datetime

import pytest

from services.notifier.domain.delivery.circuit import BackoffPolicy, after_replay
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.outcomes import ChannelReply
from shared.contracts.deliveries import DeliveryState
from shared.contracts.events import AgencyEvent
from shared.errors import DatabaseAway
from shared.runtime.clock import SetClock
from tests.notifier.events import KAB, agency_event
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, abandon, fast_settings

SETTINGS = fast_settings(
    request_seconds=10,
    lease_seconds=30,
    scan_seconds=5,
    retry_seconds=0.001,
    queue_rows=6,
    row_attempts=10_000,
    ladder=BackoffPolicy(
        first_seconds=3, longest_seconds=20, total_seconds=60, failed_probe_seconds=20
    ),
)
OPEN = (DeliveryState.PENDING, DeliveryState.PARKED)


class WatchingSender(FakeSender):
    """Holds attempts open, and refuses to see a row while an earlier one is not settled."""

    def __init__(self, memory: MemoryStore) -> None:
        super().__init__(holds=True)
        self.memory = memory
        self.out_of_order: list[tuple[int, int]] = []

    async def send(self, destination: Destination, row: Delivery, at: datetime) -> ChannelReply:
        for other in self.memory.rows.values():
            is_earlier = other.complaint_id == row.complaint_id and other.seq < row.seq
            if is_earlier and other.state in OPEN:
                self.out_of_order.append((other.seq, row.seq))
        assert self.memory.rows[row.delivery_id].until > at, "sent without a live lease"
        return await super().send(destination, row, at)


class World:
    """Some notifiers, one of which holds the institution's partition; chance decides the rest."""

    def __init__(self, memory: MemoryStore, clock: SetClock, seed: int) -> None:
        self.random = random.Random(seed)
        self.memory, self.clock = memory, clock
        self.sender = WatchingSender(memory)
        self.notifiers: list[Notifier] = []
        self.log: list[AgencyEvent] = []
        self.seqs = dict.fromkeys((f"c{n}" for n in range(5)), 0)
        self.committed = 0

    async def join(self) -> None:
        notifier = Notifier(self.memory, self.sender, self.clock, SETTINGS)
        await notifier.lanes.start()
        for other in self.notifiers:
            other.hold()
        self.notifiers.append(notifier)
        notifier.hold(KAB)

    async def hand_over(self) -> None:
        self.random.shuffle(self.notifiers)
        for notifier in self.notifiers:
            notifier.hold(*([KAB] if notifier is self.notifiers[-1] else []))

    async def kill(self) -> None:
        await abandon(self.notifiers.pop())
        await self.join()

    async def publish(self) -> None:
        for _ in range(self.random.randint(1, 10)):
            name = self.random.choice(list(self.seqs))
            self.seqs[name] += 1
            self.log.append(agency_event(name, self.seqs[name]))

    async def consume(self) -> None:
        """Read what is not committed, and now and then something once more."""
        first = max(0, self.committed - self.random.choice((0, 0, 3)))
        try:
            await self.notifiers[-1].read(*self.log[first:], first=first)
        except DatabaseAway:
            return
        self.committed = len(self.log)

    async def answer(self) -> None:
        for sent in self.sender.open:
            if self.random.random() < 0.7:
                sent.answer(self.random.choice((200, 200, 200, 204, 422, 404, 500, 429)))

    async def fail(self) -> None:
        for sent in self.sender.open:
            sent.answer(None)

    async def pass_time(self) -> None:
        self.clock.advance(seconds=self.random.choice((0.5, 3, 8, 25)))
        self.wake()

    async def go_away(self) -> None:
        self.memory.away = not self.memory.away

    async def replay(self) -> None:
        """Do what `salur deliveries replay` does, beside whatever goes on."""
        for endpoint_id, (agency, ladder) in list(self.memory.kept.items()):
            self.memory.kept[endpoint_id] = (agency, after_replay(ladder, self.clock.now()))
        await self.moment()
        for row in list(self.memory.rows.values()):
            if row.state is DeliveryState.PARKED:
                again = replace(row, state=DeliveryState.PENDING, attempts=0)
                self.memory.rows[row.delivery_id] = again

    def wake(self) -> None:
        for notifier in self.notifiers:
            notifier.lanes._poked.set()

    async def moment(self) -> None:
        for _ in range(self.random.randint(1, 60)):
            await asyncio.sleep(0)

    async def heal(self) -> None:
        """Have everybody well until nothing waits, or for a day."""
        self.memory.away = False
        await self.consume()
        for _ in range(1_500):
            for sent in self.sender.open:
                sent.answer(200)
            for _ in range(30):
                await asyncio.sleep(0)
            if not any(row.state in OPEN for row in self.memory.rows.values()):
                return
            self.clock.advance(seconds=1)
            self.wake()
            await asyncio.sleep(0.0005)  # what waits for the database waits in real time


@pytest.mark.parametrize("seed", range(24))
async def test_nothing_is_lost_and_no_complaint_is_told_out_of_order(
    memory: MemoryStore, clock: SetClock, *, seed: int
) -> None:
    world = World(memory, clock, seed)
    common = [world.publish, world.consume, world.answer, world.pass_time]
    rare = [world.hand_over, world.kill, world.fail, world.go_away, world.join, world.replay]
    await world.join()

    for _ in range(120):
        await world.random.choice(common * 4 + rare)()
        await world.moment()
    await world.heal()

    assert world.sender.out_of_order == []
    assert len(memory.rows) == sum(world.seqs.values())
    settled = {row.state.value for row in memory.rows.values()}
    assert settled <= {"delivered", "rejected"}
    for notifier in world.notifiers:
        await notifier.lanes.stop()

"""Whatever the order in which a slow database answers: no complaint is told out of its order.

Each call to the database stands still before and after its effect; an example is a list of what
goes on next, so a failing one shrinks to the few steps that matter.
"""

import asyncio
import contextlib
from collections.abc import Sequence, Set
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.notifier.domain.delivery.circuit import BackoffPolicy
from services.notifier.domain.delivery.deliveries import Delivery
from services.notifier.domain.delivery.destinations import Destination
from services.notifier.domain.delivery.outcomes import ChannelReply, DeliveryOutcome
from shared.contracts.deliveries import DeliveryState
from shared.contracts.events import AgencyEvent
from shared.errors import DatabaseAway
from shared.runtime.clock import SetClock
from tests.notifier.events import KAB, agency_event, endpoint
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, abandon, fast_settings
from tests.support.builders import START

SETTINGS = fast_settings(
    request_seconds=10,
    lease_seconds=30,
    scan_seconds=5,
    retry_seconds=0.001,
    queue_rows=2,
    row_attempts=10_000,
    ladder=BackoffPolicy(
        first_seconds=3, longest_seconds=20, total_seconds=60, failed_probe_seconds=20
    ),
)
SETTLED = (DeliveryState.DELIVERED, DeliveryState.REJECTED)
WELL = (
    ChannelReply(200),
    ChannelReply(200),
    ChannelReply(422),
    ChannelReply(failure=DeliveryOutcome.DEFERRED),
)
UNWELL = (ChannelReply(500), ChannelReply(429), ChannelReply(failure=DeliveryOutcome.TIMED_OUT))
Step = tuple[str, int]
Stop = tuple[str, int]


class WatchingSender(FakeSender):
    """Holds attempts open; notes each row that is sent while an earlier one is not settled."""

    def __init__(self, memory: MemoryStore) -> None:
        super().__init__(holds=True)
        self.memory = memory
        self.out_of_order: list[tuple[int, ...]] = []
        self.without_lease: list[str] = []

    async def send(self, destination: Destination, row: Delivery, at: datetime) -> ChannelReply:
        earlier = [
            other.seq
            for other in self.memory.rows.values()
            if other.complaint_id == row.complaint_id
            and other.seq < row.seq
            and other.state not in SETTLED
        ]
        if earlier:
            self.out_of_order.append((*earlier, row.seq))
        if self.memory.rows[row.delivery_id].until <= at:
            self.without_lease.append(row.delivery_id)
        return await super().send(destination, row, at)


class Slow:
    """One notifier at a time on a store that answers when told; steps are named by its methods."""

    def __init__(self) -> None:
        self.clock = SetClock(START)
        self.memory = MemoryStore(known={KAB: (endpoint(),)})
        self.sender = WatchingSender(self.memory)
        self.log: list[AgencyEvent] = []
        self.seqs = dict.fromkeys("ab", 0)
        self.committed = 0
        self.notifier = Notifier(self.memory, self.sender, self.clock, SETTINGS)
        self.reading: asyncio.Task[None] | None = None
        self.sent_at: dict[int, datetime] = {}

    async def play(self, steps: Sequence[Step], stops: Set[Stop]) -> None:
        """Take the steps, calls standing still at `stops`; then have all well until none waits."""
        await self.notifier.lanes.start()
        self.notifier.hold(KAB)
        self.memory.pace.stops = stops
        for name, number in steps:
            await getattr(self, name)(number)
            await self.moment()
        await self.heal()
        await self.notifier.lanes.stop()

    async def publish(self, number: int) -> None:
        """Have the topic say something of complaints, and the stage read what it has not."""
        for place in range(1 + number // 4):
            name = "ab"[number // 2 * place % 2 if number % 2 else 0]
            self.seqs[name] += 1
            self.log.append(agency_event(name, self.seqs[name]))
        await self.read(number)

    async def read(self, _: int) -> None:
        if self.reading is None or self.reading.done():
            self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        first, upto = self.committed, len(self.log)
        with contextlib.suppress(DatabaseAway):
            await self.notifier.read(*self.log[first:upto], first=first)
            self.committed = upto

    async def again(self, number: int) -> None:
        """Have the stage begin some records earlier, as after a commit that was lost."""
        if self.reading is None or self.reading.done():
            self.committed = max(0, self.committed - number % 3)

    async def resume(self, number: int) -> None:
        if waiting := self.memory.pace.waiting:
            waiting[number % len(waiting)].resume()

    async def fail(self, number: int) -> None:
        if waiting := self.memory.pace.waiting:
            waiting[number % len(waiting)].fail()

    async def well(self, number: int) -> None:
        self._answer(number, WELL[number % len(WELL)])

    async def unwell(self, number: int) -> None:
        self._answer(number, UNWELL[number % len(UNWELL)])

    def _answer(self, number: int, reply: ChannelReply) -> None:
        if sent := self.sender.open:
            sent[number % len(sent)].reply.set_result(reply)

    async def wait(self, number: int) -> None:
        """Let time pass; no request takes longer than it may."""
        self.clock.advance(seconds=(1, 3, 6, 9)[number % 4])
        self._poke()

    async def bounce(self, number: int) -> None:
        """Lose the partition and get it back, at once or after a while."""
        self.notifier.hold()
        if number % 2:
            await self.moment()
        self.notifier.hold(KAB)

    async def kill(self, _: int) -> None:
        await self._end_reading()
        await abandon(self.notifier)
        for held in self.memory.pace.waiting:
            held.go.cancel()
        for sent in self.sender.open:
            sent.reply.cancel()
        self.notifier = Notifier(self.memory, self.sender, self.clock, SETTINGS)
        await self.notifier.lanes.start()
        self.notifier.hold(KAB)

    async def heal(self) -> None:
        self.memory.pace.hurry()
        for _ in range(600):
            await self.read(0)
            for sent in self.sender.open:
                sent.answer(200)
            await self.moment()
            states = {row.state for row in self.memory.rows.values()}
            if self.committed == len(self.log) and states <= set(SETTLED):
                return
            self.clock.advance(seconds=5)
            self._poke()
            await asyncio.sleep(0.0005)  # what waits for the database waits in real time

    async def moment(self) -> None:
        for _ in range(25):
            await asyncio.sleep(0)
        self._time_out()

    def _time_out(self) -> None:
        # No request lasts longer than it may; whose answer is that.
        for sent in self.sender.open:
            begun = self.sent_at.setdefault(id(sent), self.clock.now())
            if self.clock.now() - begun >= timedelta(seconds=SETTINGS.request_seconds):
                sent.reply.set_result(ChannelReply(failure=DeliveryOutcome.TIMED_OUT))

    def _poke(self) -> None:
        self.notifier.lanes._poked.set()

    async def _end_reading(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.gather(self.reading, return_exceptions=True)


OFTEN = ("publish", "publish", "publish", "resume", "resume", "well", "well", "well", "unwell")
SELDOM = ("read", "again", "fail", "wait", "wait", "bounce", "kill")
CALLS = ("insert", "waiting", "claim", "settle", "renew", "save_ladder", "park", "unpark", "survey")
STOPS = st.sets(st.tuples(st.sampled_from(CALLS), st.integers(1, 12)), min_size=1, max_size=10)
STEPS = st.lists(
    st.tuples(st.sampled_from((*OFTEN, *SELDOM)), st.integers(0, 11)), min_size=20, max_size=60
)


def judge(steps: Sequence[Step], stops: Set[Stop]) -> None:
    slow = Slow()
    asyncio.run(slow.play(steps, stops))

    assert slow.sender.out_of_order == []
    assert slow.sender.without_lease == []
    assert len(slow.memory.rows) == sum(slow.seqs.values())
    assert {row.state for row in slow.memory.rows.values()} <= set(SETTLED)


@given(STEPS, STOPS)
@settings(max_examples=120)
@example(
    # A row comes in free between a claim's read and its end.
    [
        ("publish", 8),
        *[("well", 0)] * 2,
        ("publish", 0),
        ("resume", 0),
        ("publish", 0),
        ("well", 0),
    ],
    {("waiting", 2)},
)
@example(
    # A row is put off while its successor is being inserted.
    [("publish", 0), ("publish", 0), ("well", 3), ("resume", 0)],
    {("insert", 3)},
)
@example(
    # A probe is claimed for longer than its lease.
    [("publish", 0), ("unwell", 0), ("wait", 1), ("wait", 1), *[("wait", 3)] * 4],
    {("claim", 1)},
)
def test_no_complaint_is_told_out_of_order_however_slowly_the_database_answers(
    steps: list[Step], stops: set[Stop]
) -> None:
    judge(steps, stops)


@pytest.mark.prove
@pytest.mark.timeout(1_200)
@given(STEPS, STOPS)
@settings(max_examples=5_000)
def test_no_complaint_is_told_out_of_order_in_a_long_run(
    steps: list[Step], stops: set[Stop]
) -> None:
    judge(steps, stops)

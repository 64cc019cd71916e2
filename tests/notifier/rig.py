"""One notifier with a store in memory, a sender that answers when told, and a clock that is set."""

import asyncio
from typing import Self

from services.notifier.domain.delivery.circuit import BackoffPolicy, CircuitState
from services.notifier.settings import NotifierSettings
from shared.runtime.clock import SetClock
from tests.notifier.events import KAB
from tests.notifier.memory import MemoryStore
from tests.notifier.process import FakeSender, Notifier, fast_settings

LANE = f"of-{KAB}"


class Rig:
    """One notifier on a set clock; `later` moves it and has the lanes look."""

    def __init__(self, memory: MemoryStore, clock: SetClock) -> None:
        self.sender = FakeSender(holds=True)
        self.memory, self.clock = memory, clock
        self.notifier = Notifier(memory, self.sender, clock, settings())

    async def __aenter__(self) -> Self:
        await self.notifier.lanes.start()
        self.notifier.hold(KAB)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.sender.holds = False
        for sent in self.sender.open:
            sent.answer()
        await self.notifier.lanes.stop()

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self.notifier.lanes._poked.set()

    async def moment(self) -> None:
        """Let everything run that can run without the clock."""
        for _ in range(200):
            await asyncio.sleep(0)

    @property
    def ladder(self) -> CircuitState:
        return self.memory.kept[LANE][1]


def settings() -> NotifierSettings:
    return fast_settings(
        request_seconds=10,
        lease_seconds=30,
        scan_seconds=5,
        queue_rows=10,
        row_attempts=4,
        ladder=BackoffPolicy(first_seconds=10, longest_seconds=40, total_seconds=100),
    )

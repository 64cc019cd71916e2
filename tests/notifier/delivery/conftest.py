"""Lanes with a store in memory, a sender that answers when told, and a clock that is set."""

from collections.abc import AsyncIterator

import pytest

from shared.runtime.clock import SetClock
from tests.notifier.memory import MemoryStore
from tests.notifier.rig import Rig


@pytest.fixture
async def rig(memory: MemoryStore, clock: SetClock) -> AsyncIterator[Rig]:
    async with Rig(memory, clock) as rig:
        yield rig

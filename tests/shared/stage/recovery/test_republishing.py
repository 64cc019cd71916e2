"""What was given up is said again, until what was said is what there is."""

from collections.abc import Awaitable, Callable, Sequence

from shared.errors import BrokerAway
from shared.kafka.envelope import Outgoing
from shared.stage.handler import DecodedRecord
from shared.stage.recovery.republishing import Republisher
from tests.support.builders import START, FakeRecord


class Store:
    """One case whose `seq` others may raise while it is being said."""

    def __init__(self, seq: int, *, raised: Sequence[int] = (), away: int = 0) -> None:
        self.seq = seq
        self.said: list[int] = []
        self._raised = list(raised)
        self._away = away

    async def handle(self, items: Sequence[DecodedRecord[str]]) -> Sequence[Outgoing]:
        key = str(len(items)).encode()
        return [Outgoing("t", key, str(self.seq).encode(), "", "", "", START)]

    async def publish(self, events: Sequence[Outgoing]) -> None:
        if self._away:
            self._away -= 1
            raise BrokerAway("switched off by the test")
        self.said += [int(event.value) for event in events]
        self.seq = self._raised.pop(0) if self._raised else self.seq


def items(*offsets: int, partition: int = 0) -> list[DecodedRecord[str]]:
    return [DecodedRecord(FakeRecord("in", partition, offset), "") for offset in offsets]


async def test_what_nobody_changes_is_said_once() -> None:
    store = Store(3)

    await Republisher(store.handle, store.publish).say_newest(items(1))

    assert store.said == [3]


async def test_what_another_changes_meanwhile_is_said_once_more() -> None:
    store = Store(3, raised=[4, 4, 5])

    await Republisher(store.handle, store.publish).say_newest(items(1))

    assert store.said == [3, 4]


async def test_records_in_doubt_are_said_as_soon_as_kafka_is_back(
    eventually: Callable[..., Awaitable[None]],
) -> None:
    store = Store(2, away=1)
    doubts = Republisher(store.handle, store.publish, pause_seconds=0.01)
    doubts.keep(items(5, 6))

    doubts.resolve(after=0.01)

    await eventually(lambda: store.said == [2], "the newest")
    await eventually(lambda: doubts.pending == 0, "no more doubts")


async def test_what_is_given_up_while_others_are_said_again_stays_in_doubt(
    eventually: Callable[..., Awaitable[None]],
) -> None:
    store = Store(2)
    doubts = Republisher(store.handle, store.publish, pause_seconds=0.01)
    doubts.keep(items(5))
    doubts.resolve(after=0.01)
    doubts.keep(items(5, partition=1))

    await eventually(lambda: doubts.pending == 0, "no more doubts")

    assert store.said
    doubts.close()

"""What of a fetch is a member's own, and what it may commit."""

from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition

from shared.settings import StageSettings
from shared.stage.held_partitions import GapDetector, HeldPartitions
from tests.support.builders import FakeRecord

PLACE = TopicPartition("complaint-input", 0)
ONE, TWO = TopicPartition("complaint-input", 1), TopicPartition("complaint-input", 2)


class Consumer:
    """Holds partitions, and remembers what it was asked."""

    def __init__(self, *held: TopicPartition) -> None:
        self.held = held
        self.sought: list[tuple[TopicPartition, int]] = []
        self.committed: list[Mapping[TopicPartition, int]] = []

    def assignment(self) -> Sequence[TopicPartition]:
        return self.held

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.sought.append((partition, offset))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.committed.append(offsets)


def fetched(partition: int, *offsets: int) -> list[FakeRecord]:
    return [FakeRecord(partition=partition, offset=offset) for offset in offsets]


def held(consumer: Consumer, **settings: int) -> HeldPartitions:
    held = HeldPartitions("router", StageSettings(**settings))
    held.begin(consumer.assignment())
    return held


def test_records_of_a_partition_that_another_has_are_left_out() -> None:
    consumer = Consumer(ONE)

    taken = held(consumer).take(consumer, [*fetched(1, 5), *fetched(2, 7), *fetched(1, 6)])

    assert [(record.partition, record.offset) for record in taken] == [(1, 5), (1, 6)]


def test_what_is_more_than_a_portion_is_fetched_again() -> None:
    consumer = Consumer(ONE, TWO)

    taken = held(consumer, max_records=2).take(consumer, [*fetched(1, 5, 6, 7), *fetched(2, 3)])

    assert [record.offset for record in taken] == [5, 6]
    assert consumer.sought == [(ONE, 7), (TWO, 3)]


def test_a_partition_with_a_gap_is_fetched_from_there_and_the_others_are_taken() -> None:
    consumer = Consumer(ONE, TWO)
    partitions = held(consumer)
    partitions.handled({ONE: 5})

    taken = partitions.take(consumer, [*fetched(1, 8), *fetched(2, 3)])

    assert [(record.partition, record.offset) for record in taken] == [(2, 3)]
    assert consumer.sought == [(ONE, 5)]


async def test_what_began_before_the_partitions_were_let_go_is_not_committed() -> None:
    consumer = Consumer(ONE)
    partitions = held(consumer)
    term = partitions.term

    assert await partitions.commit(consumer, {ONE: 6}, term)
    partitions.let_go()
    assert not await partitions.commit(consumer, {ONE: 9}, term)
    partitions.begin([ONE])
    assert not await partitions.commit(consumer, {ONE: 9}, term)

    assert consumer.committed == [{ONE: 6}]


# Gaps


def test_what_follows_has_no_gap() -> None:
    continuity = GapDetector()
    continuity.handled({PLACE: 5})

    assert continuity.gaps([FakeRecord(offset=5), FakeRecord(offset=6)]) == {}


def test_the_first_batch_may_begin_anywhere() -> None:
    assert GapDetector().gaps([FakeRecord(offset=17)]) == {}


def test_a_repeat_is_no_gap() -> None:
    continuity = GapDetector()
    continuity.handled({PLACE: 5})

    assert continuity.gaps([FakeRecord(offset=3)]) == {}


def test_a_gap_is_asked_for_once_and_then_accepted() -> None:
    continuity = GapDetector()
    continuity.handled({PLACE: 5})

    assert continuity.gaps([FakeRecord(offset=8)]) == {PLACE: 5}
    assert continuity.gaps([FakeRecord(offset=8)]) == {}


def test_a_later_gap_is_asked_for_again() -> None:
    continuity = GapDetector()
    continuity.handled({PLACE: 5})
    continuity.gaps([FakeRecord(offset=8)])
    continuity.handled({PLACE: 9})

    assert continuity.gaps([FakeRecord(offset=12)]) == {PLACE: 9}


def test_a_new_assignment_knows_nothing_of_the_old() -> None:
    continuity = GapDetector()
    continuity.handled({PLACE: 5})
    continuity.forget()

    assert continuity.gaps([FakeRecord(offset=8)]) == {}

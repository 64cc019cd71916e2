"""A skipped record is asked for once; a gap that is real is accepted."""

from aiokafka import TopicPartition

from shared.stage.gap_detector import GapDetector
from tests.support.builders import FakeRecord

PLACE = TopicPartition("complaint-input", 0)


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

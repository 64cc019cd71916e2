"""Failures in a row, partition by partition."""

from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Permanent
from shared.stage.failure_limit import FailureAssessment, FailureLimit
from tests.support.builders import FakeRecord

BAD = Permanent("bad", "bad")
PLACE = TopicPartition("complaint-input", 0)


def judge(runs: FailureLimit, pattern: str, start: int = 0) -> FailureAssessment:
    records = [FakeRecord(offset=start + at) for at in range(len(pattern))]
    dead = [(record, BAD) for record, kind in zip(records, pattern, strict=True) if kind == "x"]
    return runs.judge(records, dead)


def test_within_the_limit_everything_is_handled() -> None:
    assessment = judge(FailureLimit(3), "xxx.xxx")

    assert assessment.offsets == {PLACE: 7}
    assert len(assessment.dead) == 6
    assert not assessment.exceeded


def test_the_failure_beyond_the_limit_is_where_the_partition_ends() -> None:
    assessment = judge(FailureLimit(3), "..xxxx.")

    assert assessment.offsets == {PLACE: 5}
    assert len(assessment.dead) == 3
    assert assessment.exceeded[PLACE].record.offset == 5


def test_a_run_goes_on_over_batches() -> None:
    runs = FailureLimit(3)
    runs.accept(judge(runs, "xx"))

    assessment = judge(runs, "xx", start=2)

    assert assessment.exceeded[PLACE].record.offset == 3


def test_a_batch_that_was_not_accepted_does_not_count() -> None:
    runs = FailureLimit(3)
    judge(runs, "xx")

    assert not judge(runs, "xx").exceeded


def test_after_a_stop_the_next_run_is_a_whole_one() -> None:
    runs = FailureLimit(3)
    runs.accept(judge(runs, "xxxx"))

    assert judge(runs, "xxx.", start=3).offsets == {PLACE: 7}


def test_partitions_do_not_count_for_each_other() -> None:
    records = [FakeRecord(partition=at % 2, offset=at) for at in range(6)]

    assessment = FailureLimit(3).judge(records, [(record, BAD) for record in records])

    assert not assessment.exceeded


@given(st.text("x.", max_size=60), st.integers(1, 5), st.integers(1, 7))
def test_batches_may_be_cut_anywhere(pattern: str, limit: int, size: int) -> None:
    whole, parts = FailureLimit(limit), FailureLimit(limit)
    expected = judge(whole, pattern)
    at = 0

    while at < len(pattern):
        assessment = judge(parts, pattern[at : at + size], start=at)
        parts.accept(assessment)
        at = assessment.offsets.get(PLACE, at)
        if assessment.exceeded:
            break
        at = min(len(pattern), at)

    assert at == expected.offsets.get(PLACE, 0)

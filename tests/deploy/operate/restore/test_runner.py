"""Restoring without Kafka and database: what wins, what is counted, what is passed over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.operate.restore.outcomes import RestoreOutcome
from deploy.operate.restore.runner import MOST_NAMED, RestoreReport, restore
from shared.errors import DatabaseAway
from shared.kafka.consumer.tolerant_consumer import UNREADABLE, UnreadableRecord
from shared.kafka.envelope import Record
from tests.deploy.operate.restore.memory import MemoryEvents, MemoryTarget
from tests.support.builders import FakeRecord, complaint_id

Told = tuple[str, int]  # a complaint's name and the seq of its event


def records(*told: Told | str, partition: int = 0) -> list[Record]:
    values = [one if isinstance(one, str) else f"{one[0]} {one[1]}" for one in told]
    return [
        FakeRecord("complaint-event", partition, offset, value=value.encode())
        for offset, value in enumerate(values)
    ]


def stored(**seqs: int) -> dict[UUID, int]:
    return {complaint_id(name): seq for name, seq in seqs.items()}


async def run(
    target: MemoryTarget, *partitions: Sequence[Record], said: list[str] | None = None, **how: bool
) -> RestoreReport:
    heard = said if said is not None else []
    return await restore(MemoryEvents(*partitions), [target], say=heard.append, **how)


async def test_the_last_state_of_every_complaint_is_restored() -> None:
    target = MemoryTarget()

    report = await run(
        target,
        records(("a", 1), ("b", 1), ("a", 2), ("a", 3), ("b", 2)),
        records(("c", 4), partition=1),
    )

    assert target.stored == stored(a=3, b=2, c=4)
    assert report.plain() == {
        "dry_run": False,
        "events": 6,
        "undecodable": 0,
        "facts": {"restored": 3, "already_there": 0},
        "undecodable_at": [],
    }
    assert report.is_right
    assert target.is_prepared


async def test_a_batch_writes_each_complaint_once() -> None:
    target = MemoryTarget()

    await run(target, records(("a", 1), ("a", 2), ("b", 1), ("a", 3)))

    assert [[(s.value, s.seq) for s in states] for states in target.writes] == [
        [("a", 2), ("b", 1)],
        [("a", 3)],
    ]


async def test_what_is_stored_as_new_or_newer_is_left_alone() -> None:
    target = MemoryTarget(a=9, b=2, c=1)

    report = await run(target, records(("a", 8), ("b", 2), ("c", 2), ("c", 3)))

    assert target.stored == stored(a=9, b=2, c=3)
    assert report.plain()["facts"] == {"restored": 1, "already_there": 2}


async def test_events_that_come_again_neither_overwrite_nor_count_twice() -> None:
    target = MemoryTarget()
    once = [("a", 1), ("a", 2), ("a", 3)]

    report = await run(target, records(*once, *once, ("a", 2)))

    assert target.stored == stored(a=3)
    assert report.plain()["facts"] == {"restored": 1, "already_there": 0}


async def test_a_second_run_finds_all_there() -> None:
    target, topic = MemoryTarget(), records(("a", 1), ("b", 1), ("a", 2), ("c", 1))
    await run(target, topic)

    report = await run(target, topic)

    assert report.plain()["facts"] == {"restored": 0, "already_there": 3}


async def test_a_run_that_broke_off_is_finished_by_the_next() -> None:
    target, topic = MemoryTarget(), records(("a", 1), ("b", 1), ("a", 2), ("c", 1), ("a", 3))
    target.fails_at = 1
    with pytest.raises(DatabaseAway):
        await run(target, topic)
    assert target.stored == stored(a=2, b=1)
    target.fails_at = -1

    report = await run(target, topic)

    assert target.stored == stored(a=3, b=1, c=1)
    assert report.plain()["facts"] == {"restored": 2, "already_there": 1}


async def test_what_came_after_the_beginning_of_the_run_is_not_read() -> None:
    events, target = MemoryEvents(records(("a", 1), ("a", 2))), MemoryTarget()

    async def earlier() -> Mapping[int, int]:
        return {0: 1}

    events.ends = earlier  # type: ignore[method-assign]
    report = await restore(events, [target], say=str)

    assert (report.events, target.stored) == (1, stored(a=1))


async def test_a_broken_record_is_counted_named_and_passed_over() -> None:
    target, said = MemoryTarget(), list[str]()

    report = await run(target, records(("a", 1), "broken", ("b", 1)), said=said)

    assert target.stored == stored(a=1, b=1)
    assert not report.is_right
    told = report.plain()
    assert (told["events"], told["undecodable"]) == (3, 1)
    assert told["undecodable_at"] == [
        {
            "partition": 0,
            "offset": 1,
            "collection": "facts",
            "reason": "invalid_value: not two words",
        }
    ]
    assert "partition 0 offset 1: invalid_value: not two words" in said


async def test_a_record_that_two_collections_refuse_counts_once() -> None:
    cases, facts = MemoryTarget("cases"), MemoryTarget("facts")

    report = await restore(MemoryEvents(records("broken", ("a", 1))), [cases, facts], say=str)

    assert (report.undecodable, len(report.named)) == (1, 2)
    assert cases.stored == facts.stored == stored(a=1)


async def test_a_record_that_cannot_even_be_read_is_passed_over() -> None:
    target = MemoryTarget()
    unreadable = UnreadableRecord(
        topic="complaint-event",
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        key=None,
        value=None,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=-1,
        headers=(),
    )

    report = await run(target, [unreadable, *records(("a", 1))])

    assert (report.undecodable, target.stored) == (1, stored(a=1))
    assert report.named[0].reason.startswith("unreadable_record")
    assert UNREADABLE.__traceback__ is None  # else each such record's frames would stay


async def test_of_many_broken_records_all_are_counted_and_not_all_kept() -> None:
    report = await run(MemoryTarget(), records(*["broken"] * (MOST_NAMED + 5)))

    assert (report.undecodable, len(report.named)) == (MOST_NAMED + 5, MOST_NAMED)


async def test_a_dry_run_writes_nothing_and_says_what_differs() -> None:
    target = MemoryTarget(same=2, late=1, strange=1)

    report = await run(
        target,
        records(("same", 1), ("same", 2), ("late", 1), ("late", 2), ("lost", 1), ("same", 1)),
        dry_run=True,
    )

    assert (target.writes, target.is_prepared) == ([], False)
    assert report.plain()["facts"] == {
        "equal": 1,
        "missing": 1,
        "older": 1,
        "different": 0,
        "newer": 0,
        "only_stored": 1,
    }
    assert not report.is_right


async def test_a_dry_run_over_what_was_restored_finds_nothing() -> None:
    target, topic = MemoryTarget(), records(("a", 1), ("b", 1), ("a", 2))
    await run(target, topic)

    assert (await run(target, topic, dry_run=True)).is_right


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), max_size=30))
async def test_whatever_the_order_the_highest_seq_wins(told: list[Told]) -> None:
    target = MemoryTarget()

    report = await run(target, records(*told))

    highest = {name: max(seq for other, seq in told if other == name) for name, _ in told}
    assert target.stored == stored(**highest)
    assert report.plain()["facts"]["restored"] == len(highest)


async def test_a_complaint_whose_partition_changed_counts_once() -> None:
    moved = records(("a", 1), ("b", 1), ("b", 2)), records(("a", 2), ("b", 1), partition=1)
    for topic in (moved, moved[::-1]):
        target = MemoryTarget()

        report = await run(target, *topic)
        looked = await run(target, *topic, dry_run=True)

        assert target.stored == stored(a=2, b=2)
        assert report.plain()["facts"] == {"restored": 2, "already_there": 0}
        none = {"missing": 0, "older": 0, "different": 0, "newer": 0, "only_stored": 0}
        assert looked.plain()["facts"] == none | {"equal": 2}
        assert looked.is_right


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.integers(0, 2))))
async def test_wherever_events_lie_each_complaint_counts_once(
    told: list[tuple[str, int, int]],
) -> None:
    topic = [records(*((name, seq) for name, seq, at in told if at == p)) for p in range(3)]
    target = MemoryTarget()

    report, looked = await run(target, *topic), await run(target, *topic, dry_run=True)

    complaints = len({name for name, *_ in told})
    assert report.outcomes["facts"] == +Counter({RestoreOutcome.RESTORED: complaints})
    assert (looked.outcomes["facts"], looked.is_right) == (
        +Counter({RestoreOutcome.EQUAL: complaints}),
        True,
    )

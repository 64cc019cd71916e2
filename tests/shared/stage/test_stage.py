"""The stage's promises, on a real broker."""

from collections.abc import Awaitable, Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from tests.shared.conftest import Bench, Recorder

pytestmark = pytest.mark.connected


class NotUtf8(str):
    """A header's name as a hostile client writes it."""

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


Eventually = Callable[..., Awaitable[None]]


async def test_bad_records_go_to_the_dead_letters_and_good_ones_through(
    bench: Bench, eventually: Eventually
) -> None:
    texts = [f"bad-{n}" if n % 3 else f"good-{n}" for n in range(300)]
    good = [text for text in texts if text.startswith("good")]
    recorder = Recorder()
    await bench.send(texts)

    await bench.start(recorder)
    await eventually(lambda: len(recorder.seen) == len(good), "all good records")

    async def all_committed() -> bool:
        return await bench.committed() == len(texts)

    await eventually(all_committed, "everything committed")
    dead = await bench.dead()
    assert recorder.seen == good
    assert [int(letter["dlq_offset"]) for letter in dead] == [n for n in range(300) if n % 3]
    assert {letter["dlq_error"] for letter in dead} == {"bad_text"}
    assert {letter["dlq_topic"] for letter in dead} == {bench.topic}


async def test_a_record_that_breaks_the_handler_is_dead_and_its_neighbours_are_not(
    bench: Bench, eventually: Eventually
) -> None:
    texts = [f"crash-{n}" if n in {7, 30} else f"good-{n}" for n in range(40)]
    recorder = Recorder()
    await bench.send(texts)

    await bench.start(recorder)
    await eventually(lambda: len(set(recorder.seen)) == 38, "all good records")

    async def two_dead() -> bool:
        return len(await bench.dead()) == 2

    await eventually(two_dead, "two dead letters")
    assert {letter["dlq_error"] for letter in await bench.dead()} == {"handler_failed"}


async def test_a_record_that_breaks_the_decoder_is_dead_and_its_neighbours_are_not(
    bench: Bench, eventually: Eventually
) -> None:
    recorder = Recorder()
    await bench.send(["good-1", "odd", "good-2"])

    await bench.start(recorder)
    await eventually(lambda: recorder.seen == ["good-1", "good-2"], "all good records")

    async def one_dead() -> bool:
        return [letter["dlq_error"] for letter in await bench.dead()] == ["decode_failed"]

    await eventually(one_dead, "one dead letter")


async def test_a_record_that_the_client_itself_cannot_read_is_dead_and_holds_nobody_up(
    new_bench: Callable[..., Awaitable[Bench]],
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await new_bench(partitions=2)
    recorder = Recorder()
    await bench.send(["good-1", "good-2"], partition=0)
    with monkeypatch.context() as patch:
        for module in (message_accumulator, producer):
            patch.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
        await bench.send(["evil"], partition=0, headers=[(NotUtf8("x"), b"")])
        await bench.send(["good-3"], partition=0)
        await bench.send(["evil"], partition=0, headers=[(NotUtf8("x"), b"")])
    await bench.send(["good-4"], partition=0)
    await bench.send(["other-1", "other-2"], partition=1)

    await bench.start(recorder)

    await eventually(lambda: len(recorder.seen) >= 6, "all good records")
    assert sorted(recorder.seen) == ["good-1", "good-2", "good-3", "good-4", "other-1", "other-2"]

    async def both_dead() -> bool:
        return [letter["dlq_offset"] for letter in await bench.dead()] == ["2", "4"]

    await eventually(both_dead, "the two unreadable ones")
    assert {letter["dlq_error"] for letter in await bench.dead()} == {"unreadable_record"}


async def test_records_that_the_client_skipped_are_fetched_again(
    bench: Bench, eventually: Eventually
) -> None:
    recorder = Recorder()
    stage = await bench.start(recorder)
    await bench.send([f"good-{n}" for n in range(10)])
    await eventually(lambda: len(recorder.seen) == 10, "the first records")

    async def committed() -> bool:
        return await bench.committed() == 10

    await eventually(committed, "their commit")
    partition = TopicPartition(bench.topic, 0)
    # A fetch from 15 before there is one would begin at the earliest again.
    stage._consumer.pause(partition)
    await bench.send([f"good-{n}" for n in range(10, 20)])
    stage._consumer.seek(partition, 15)  # as an error in a fetch would
    stage._consumer.resume(partition)

    await eventually(lambda: len(recorder.seen) >= 20, "all records")
    assert recorder.seen == [f"good-{n}" for n in range(20)]


async def test_what_is_refused_is_counted_and_stops_nothing(
    bench: Bench, eventually: Eventually
) -> None:
    recorder = Recorder()
    await bench.send([*(f"no-{n}" for n in range(250)), "good"])

    stage = await bench.start(recorder)
    await eventually(lambda: recorder.seen == ["good"], "the good record behind them")

    async def all_committed() -> bool:
        return await bench.committed() == 251

    await eventually(all_committed, "everything committed")
    counter = bench.telemetry.counter("salur_refused_records_total")
    assert counter.labels(bench.group, "not_yours")._value.get() == 250
    assert (await bench.dead(), bench.stops.kept, stage.trouble()) == ([], {}, None)


async def test_too_many_failures_in_a_row_stop_the_stage_until_it_is_resumed(
    bench: Bench, eventually: Eventually
) -> None:
    await bench.send([*(f"bad-{n}" for n in range(200)), "good"])
    first, second = Recorder(), Recorder()

    stage = await bench.start(first)
    await eventually(lambda: bool(bench.stops.kept), "a stop")

    async def at_the_limit() -> bool:
        return await bench.committed() == 100

    await eventually(at_the_limit, "committed up to the limit")
    await eventually(
        lambda: "salur resume" in (stage.trouble() or ""), "the trouble with the way out"
    )
    assert stage.alive()
    assert stage.readiness() is None
    assert len(await bench.dead()) == 100

    await bench.stop(stage)
    again = await bench.start(second)
    await eventually(lambda: "stopped at" in (again.trouble() or ""), "stopped after a restart")
    assert await bench.committed() == 100
    assert len(await bench.dead()) == 100

    bench.stops.kept.clear()
    await eventually(lambda: second.seen == ["good"], "the good record after resuming")

    async def all_dead() -> bool:
        # What a handler has seen is before its batch's dead letters.
        dead = sorted(int(letter["dlq_offset"]) for letter in await bench.dead())
        return dead == list(range(200))

    await eventually(all_dead, "every bad record dead, once")
    await eventually(lambda: again.trouble() is None, "no trouble any more")


async def test_only_the_partition_with_too_many_failures_stops(
    new_bench: Callable[..., Awaitable[Bench]], eventually: Eventually
) -> None:
    bench = await new_bench(partitions=2)
    recorder = Recorder()
    await bench.send([f"bad-{n}" for n in range(150)], partition=0)

    await bench.start(recorder)
    await eventually(lambda: bool(bench.stops.kept), "a stop")
    await bench.send(["good-1", "good-2"], partition=1)

    await eventually(lambda: recorder.seen == ["good-1", "good-2"], "the other partition goes on")
    assert await bench.committed(0) == 100
    assert bench.telemetry.gauge("salur_stage_stopped").labels(bench.group)._value.get() == 1


async def test_an_outage_longer_than_the_poll_interval_evicts_nobody_and_loses_nothing(
    bench: Bench, eventually: Eventually
) -> None:
    recorder = Recorder()
    recorder.away = True
    await bench.send([f"good-{n}" for n in range(120)])

    stage = await bench.start(recorder, max_poll_interval_ms=2_000)
    await eventually(lambda: recorder.attempts >= 25, "an outage of several poll intervals")
    assert "switched off" in (stage.trouble() or "")
    assert stage.readiness() is None
    recorder.away = False

    await eventually(lambda: len(recorder.seen) == 120, "everything after the outage")
    assert recorder.seen == [f"good-{n}" for n in range(120)]
    rebalances = bench.telemetry.counter("salur_stage_rebalances_total").labels(bench.group)
    assert rebalances._value.get() == 1


async def test_a_batch_that_is_too_much_is_halved_until_it_fits_and_grows_again(
    new_bench: Callable[..., Awaitable[Bench]], eventually: Eventually
) -> None:
    bench = await new_bench(partitions=2)
    recorder = Recorder()
    recorder.room = 7
    texts = [f"{partition}-{n}" for partition in (0, 1) for n in range(150)]
    await bench.send(texts[:150], 0)
    await bench.send(texts[150:], 1)

    await bench.start(recorder)
    await eventually(lambda: len(recorder.seen) >= 100, "a third, in small batches")
    small = [size for size in recorder.sizes if size <= 7]
    recorder.room = None
    await eventually(lambda: len(recorder.seen) >= 300, "everything")

    assert small
    assert max(recorder.sizes[-3:]) > 7
    for partition in ("0", "1"):
        seen = [text for text in recorder.seen if text.startswith(f"{partition}-")]
        assert seen == [f"{partition}-{n}" for n in range(150)]

"""Records that Kafka deleted before they were read are counted when their partition is assigned."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from shared.errors import BrokerAway
from shared.kafka.clients import create_admin
from shared.stage.recovery.retention_gaps import DeletedRange, deleted_unread
from tests.shared.conftest import Bench, Recorder

FIRST, SECOND, THIRD = (TopicPartition("t", number) for number in range(3))


class Offsets:
    """A consumer that knows offsets and nothing else."""

    def __init__(self, committed: Mapping[TopicPartition, int | None]) -> None:
        self._committed = committed

    async def committed(self, partition: TopicPartition) -> int | None:
        return self._committed[partition]

    async def beginning_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 100)


class Silence(Offsets):
    async def committed(self, partition: TopicPartition) -> int | None:
        raise TimeoutError


async def test_only_a_committed_offset_before_the_beginning_tells_of_a_loss(
    caplog: pytest.LogCaptureFixture,
) -> None:
    consumer = Offsets({FIRST: 40, SECOND: 100, THIRD: None})

    found = await deleted_unread("router", consumer, [THIRD, SECOND, FIRST])

    assert found == {FIRST: DeletedRange(40, 100)}
    assert "deleted 60 records of t/0" in caplog.text
    assert "from offset 40 on" in caplog.text


async def test_a_kafka_that_does_not_tell_is_asked_again() -> None:
    with pytest.raises(BrokerAway, match="offsets not compared: TimeoutError"):
        await deleted_unread("router", Silence({}), [FIRST])


@pytest.mark.apache
async def test_records_deleted_while_a_stage_stood_still_are_counted(
    bench: Bench, eventually: Callable[..., Awaitable[None]]
) -> None:
    recorder, again = Recorder(), Recorder()
    await bench.send([f"good-{n}" for n in range(5)])
    stage = await bench.start(recorder)

    async def committed() -> bool:
        return await bench.committed() == 5

    await eventually(committed, "the first records")
    await bench.stop(stage)
    await bench.send([f"good-{n}" for n in range(5, 12)])
    admin = create_admin(bench.kafka)
    await admin.start()
    await admin.delete_records({TopicPartition(bench.topic, 0): RecordsToDelete(before_offset=11)})
    await admin.close()

    await bench.start(again)

    await eventually(lambda: again.seen == ["good-11"], "what is left")
    lost = bench.telemetry.counter("salur_stage_lost_records_total").labels(bench.group)
    assert lost._value.get() == 6
    await asyncio.sleep(0)

"""What a batch's records are read as, and what stays of those that cannot be read."""

from aiokafka import ConsumerRecord

from shared.kafka.consumer.tolerant_consumer import UNREADABLE, UnreadableRecord
from shared.stage.batch_traces import TracedBatch
from shared.stage.poison_isolation import PoisonIsolation
from shared.telemetry.tracing import OFF
from tests.shared.conftest import Recorder
from tests.support.builders import FakeRecord


def unreadable(offset: int) -> ConsumerRecord:
    return UnreadableRecord("t", 0, offset, 0, 0, None, None, None, -1, -1, ())


def test_an_unreadable_record_is_dead_and_leaves_nothing_behind() -> None:
    records = [unreadable(0), FakeRecord(offset=1, value=b"good"), unreadable(2)]

    items, dead = PoisonIsolation("stage", Recorder()).decode(records, TracedBatch(OFF, "stage"))

    assert [item.value for item in items] == ["good"]
    assert [record.offset for record, _ in dead] == [0, 2]
    assert {reason for _, reason in dead} == {UNREADABLE}
    assert UNREADABLE.__traceback__ is None  # else each record's frames would stay for ever

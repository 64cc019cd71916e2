"""A gap that Kafka left is closed once in an assignment, before its first batch."""

from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition
from prometheus_client import Counter

from shared.errors import BrokerAway
from shared.stage.recovery.deleted_records import DeletedRecords
from shared.stage.recovery.retention_gaps import DeletedRange, DeletedRanges
from shared.stage.stage_metrics import StageMetrics
from shared.telemetry.registry import Telemetry
from tests.conftest import Eventually

GONE, WHOLE = TopicPartition("t", 0), TopicPartition("t", 1)
HELD = frozenset({GONE, WHOLE})


class Offsets:
    """A consumer that knows offsets and nothing else; the first `silent` questions fail."""

    def __init__(self, silent: int = 0) -> None:
        self.asked = 0
        self._silent = silent

    async def committed(self, partition: TopicPartition) -> int:
        return 40 if partition == GONE else 100

    async def beginning_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        self.asked += 1
        if self.asked <= self._silent:
            raise TimeoutError
        return dict.fromkeys(partitions, 100)


class Service:
    """What has to be recovered; the first `failures` times it cannot."""

    def __init__(self, consumer: Offsets, failures: int = 0) -> None:
        self.recovered: list[DeletedRanges] = []
        self._failures = failures
        self.telemetry = Telemetry()
        meter = StageMetrics("t", self.telemetry)
        self.deleted = DeletedRecords("t", self._recover, meter=meter, consumer=lambda: consumer)

    @property
    def lost(self) -> float:
        counter: Counter = self.telemetry.counter("salur_stage_lost_records_total").labels("t")
        return float(counter._value.get())

    async def _recover(self, ranges: DeletedRanges) -> None:
        if self._failures:
            self._failures -= 1
            raise BrokerAway("told to be away")
        self.recovered.append(ranges)


async def test_it_is_recovered_without_any_batch(eventually: Eventually) -> None:
    service = Service(Offsets())

    service.deleted.begin(HELD)

    await eventually(lambda: service.recovered == [{GONE: DeletedRange(40, 100)}], "recovered")
    assert service.lost == 60


async def test_a_batch_waits_for_it_and_finds_it_done_once() -> None:
    service = Service(consumer := Offsets())
    service.deleted.begin(HELD)

    await service.deleted.settle()
    await service.deleted.settle()

    assert (len(service.recovered), consumer.asked) == (1, 1)


@pytest.mark.parametrize(("silent", "failures"), [(1, 0), (0, 1)])
async def test_a_batch_does_not_pass_what_could_not_be_recovered(
    silent: int, failures: int
) -> None:
    service = Service(Offsets(silent), failures)
    service.deleted.begin(HELD)
    service.deleted.close()  # the batch alone

    with pytest.raises(BrokerAway):
        await service.deleted.settle()
    await service.deleted.settle()

    assert len(service.recovered) == 1


async def test_it_is_tried_again_in_the_background(
    eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.stage.recovery.deleted_records.PAUSE_SECONDS", 0.01)
    service = Service(Offsets(silent=2), failures=2)

    service.deleted.begin(HELD)

    await eventually(lambda: len(service.recovered) == 1, "recovered")


async def test_that_none_was_lost_is_shown_too() -> None:
    service = Service(Offsets())
    service.deleted.begin(frozenset({WHOLE}))

    await service.deleted.settle()

    shown = list(service.telemetry.counter("salur_stage_lost_records_total")._metrics)
    assert (service.recovered, shown) == ([], [("t",)])


async def test_each_assignment_looks_anew() -> None:
    service = Service(Offsets())
    service.deleted.begin(HELD)
    await service.deleted.settle()

    service.deleted.begin(frozenset({GONE}))
    await service.deleted.settle()

    assert len(service.recovered) == 2

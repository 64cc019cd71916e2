"""A watcher over offsets with its clock, and an institution's topic on a broker."""

from datetime import timedelta
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from services.metrics.lag.offsets import KafkaOffsets
from services.metrics.lag.watcher import LagWatcher
from services.metrics.settings import MetricsSettings
from shared.kafka.clients import client_options, create_admin
from shared.runtime.clock import SetClock
from shared.settings import KafkaSettings
from shared.telemetry.registry import Telemetry
from tests.metrics.conftest import samples
from tests.metrics.memory import FakeOffsets
from tests.support.builders import START

SENT_MS = int(START.timestamp() * 1000)
RECORDS = 10


class Bench:
    """A watcher with its clock one hour after the first record."""

    def __init__(self, offsets: FakeOffsets | KafkaOffsets, **settings: float) -> None:
        self.offsets = offsets
        self.telemetry = Telemetry()
        self.clock = SetClock(START + timedelta(hours=1))
        self.watcher = LagWatcher(
            offsets, self.clock, self.telemetry, settings=MetricsSettings.model_validate(settings)
        )

    def lag(self) -> dict[tuple[str, ...], float]:
        return samples(self.telemetry, "kafka_consumergroup_lag")

    def age(self) -> dict[tuple[str, ...], float]:
        return samples(self.telemetry, "salur_consumergroup_oldest_age_seconds")


class Topic:
    """An institution's topic of its own with ten records, one each minute."""

    def __init__(self, kafka: KafkaSettings, group: str = "notifier") -> None:
        self.kafka = kafka
        self.group = group
        self.name = f"agency-kab-{uuid4().int % 10**12}"
        self.place = TopicPartition(self.name, 0)

    async def create(self) -> None:
        admin = create_admin(self.kafka)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(self.name, 1, 1)])
        finally:
            await admin.close()
        async with AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap_servers) as producer:
            for number in range(RECORDS):
                at = SENT_MS + number * 60_000
                await producer.send_and_wait(self.name, b"{}", partition=0, timestamp_ms=at)

    async def commit(self, offset: int) -> None:
        async with self._consumer() as consumer:
            consumer.assign([self.place])
            await consumer.commit({self.place: offset})

    async def committed(self) -> int | None:
        async with self._consumer() as consumer:
            offset: int | None = await consumer.committed(self.place)
            return offset

    def _consumer(self) -> AIOKafkaConsumer:
        options = client_options(self.kafka)
        return AIOKafkaConsumer(**options, group_id=self.group, enable_auto_commit=False)

"""A stage whose service is a list: what it saw, and how it is told to fail."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from deploy.dev.local.parts import running
from shared.errors import DatabaseAway, Permanent, Refused
from shared.kafka.clients import create_admin
from shared.kafka.envelope import Record
from shared.kafka.publisher import Publisher
from shared.runtime.clock import WallClock
from shared.settings import KafkaSettings, StageSettings
from shared.stage.halts import Halt
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler
from shared.stage.stage import Stage, StagePorts, StageSpec
from shared.telemetry.registry import Telemetry
from tests.support.network_cut import Cut, broker_behind


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    """Return a broker's network, which a test may cut; it begins healed."""
    cut = Cut()
    with closing(cut), running(broker_behind(cut, tmp_path_factory.mktemp("far"))):
        yield cut


class Recorder(StageHandler[str]):
    """Takes text; `bad…` cannot be decoded, `crash…` breaks the handler, `no…` is refused."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.handled: list[tuple[int, int]] = []
        self.away = False
        self.room: int | None = None  # more at once is too much
        self.sizes: list[int] = []
        self.attempts = 0

    def decode(self, record: Record) -> str:
        text = (record.value or b"").decode()
        if text.startswith("bad"):
            raise Permanent("bad_text", "it begins with bad")
        if text.startswith("odd"):
            raise RecursionError
        return text

    async def handle(self, batch: Sequence[DecodedRecord[str]]) -> HandlerResult:
        self.attempts += 1
        if self.away:
            raise DatabaseAway("switched off by the test")
        self.sizes.append(len(batch))
        if self.room is not None and len(batch) > self.room:
            raise DatabaseAway("too much at once")
        if any(item.value.startswith("crash") for item in batch):
            raise ZeroDivisionError
        refused = [item for item in batch if item.value.startswith("no")]
        done = [item for item in batch if item not in refused]
        self.seen += [item.value for item in done]
        self.handled += [(item.record.partition, item.record.offset) for item in batch]
        return HandlerResult(
            refused=[(item.record, Refused("not_yours", "told so")) for item in refused]
        )


class Told(Recorder):
    """Remembers how many partitions it was told that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[int] = []

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        self.held.append(len(partitions))


class Ticks:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class MemoryStops:
    """Stops that survive a restart of the stage, as the database's do."""

    def __init__(self) -> None:
        self.kept: dict[TopicPartition, Halt] = {}
        self.away = False

    async def save(self, stop: Halt) -> None:
        self._ask()
        self.kept[TopicPartition(stop.topic, stop.partition)] = stop

    async def load(self) -> dict[TopicPartition, Halt]:
        self._ask()
        return dict(self.kept)

    def _ask(self) -> None:
        if self.away:
            raise DatabaseAway("switched off by the test")


class Bench:
    """A topic of its own, stages on it, and what lies in the dead letters."""

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        self.kafka = kafka
        self.topic = topic
        self.group = topic.removesuffix("-action")
        self.stops = MemoryStops()
        self.telemetry = Telemetry()
        self.settings = StageSettings(max_records=50, retry_seconds=(0.05, 0.2))
        self._running: list[Stage[str]] = []

    async def start(self, handler: Recorder, **kafka: int) -> Stage[str]:
        settings = self.kafka.model_copy(update=kafka)
        ports = StagePorts(
            publisher=Publisher(settings),
            stops=self.stops,
            clock=WallClock(),
            telemetry=self.telemetry,
        )
        spec = StageSpec(name=self.group, topics=(self.topic,))
        stage = Stage(spec, handler, ports, kafka=settings, settings=self.settings)
        self._running.append(stage)
        await stage.start()
        return stage

    async def stop(self, stage: Stage[str]) -> None:
        self._running.remove(stage)
        await stage.stop()
        await stage.ports.publisher.stop()

    async def close(self) -> None:
        for stage in list(self._running):
            await self.stop(stage)

    async def send(
        self,
        texts: Sequence[str],
        partition: int | None = 0,
        *,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka.bootstrap_servers)
        await producer.start()
        try:
            for text in texts:
                await producer.send(
                    self.topic,
                    text.encode(),
                    key=text.encode(),
                    partition=partition,
                    headers=list(headers),
                )
            await producer.flush()
        finally:
            await producer.stop()

    async def dead(self) -> list[dict[str, str]]:
        """Return the origin headers of all dead letters, in order."""
        place = TopicPartition(f"{self.group}-dlq", 0)
        return [
            {name: (value or b"").decode() for name, value in record.headers}
            for record in await self._read(place)
        ]

    async def committed(self, partition: int = 0) -> int | None:
        place = TopicPartition(self.topic, partition)
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.kafka.bootstrap_servers,
            group_id=self.group,
            enable_auto_commit=False,
        )
        reader.assign([place])
        await reader.start()
        try:
            offset: int | None = await reader.committed(place)
            return offset
        finally:
            await reader.stop()

    async def _read(self, place: TopicPartition) -> list[Record]:
        reader = AIOKafkaConsumer(bootstrap_servers=self.kafka.bootstrap_servers)
        reader.assign([place])
        await reader.start()
        try:
            await reader.seek_to_beginning(place)
            end = (await reader.end_offsets([place]))[place]
            found: list[Record] = []
            while len(found) < end:
                found += (await reader.getmany(place, timeout_ms=500)).get(place, [])
            return found
        finally:
            await reader.stop()


@pytest.fixture
async def new_bench(kafka: KafkaSettings) -> AsyncIterator[Callable[..., Awaitable[Bench]]]:
    made: list[Bench] = []

    async def make(partitions: int = 1, suffix: str = "") -> Bench:
        name = f"stage-{uuid4().hex[:8]}"
        admin = create_admin(kafka)
        await admin.start()
        try:
            await admin.create_topics(
                [
                    NewTopic(name + suffix, partitions, 1),
                    NewTopic(f"{name}-dlq", 1, 1),
                ]
            )
        finally:
            await admin.close()
        made.append(Bench(kafka, name + suffix))
        return made[-1]

    yield make
    for bench in made:
        await bench.close()


@pytest.fixture
async def bench(new_bench: Callable[..., Awaitable[Bench]]) -> Bench:
    return await new_bench()

"""Whole systems for journeys: every service a process, everything seen from outside."""

import asyncio
import itertools
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid5

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.dev.demo.observation import Observation
from deploy.dev.demo.observer import Observer
from deploy.dev.demo.oracle import DemoVerdict, judge
from deploy.dev.demo.receiver import Receiver
from deploy.dev.local.scrape import samples
from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.intake_client.bulk_sending import in_parallel
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.keys.keys_and_audit import new_key
from shared.contracts.identifiers import NAMESPACE
from shared.contracts.topics import spec_of
from shared.kafka.clients import client_options, create_admin
from shared.kafka.envelope import Record
from tests.conftest import BROKER
from tests.support.builders import input_record, submitted

Raw = tuple[bytes | None, bytes | None, Any]
AGENCIES = ("kab-3603", "kota-3671", "prov-36", "prov-31", "kab-1101", "bumn-003", "kem-015")
REGIONS = ("36.03", "36.71", "36", "31.71", "11.01")


def form(number: int) -> dict[str, Any]:
    """Return complaint `number` of a feed: five regions, and every seventh from nowhere."""
    region = REGIONS[number % len(REGIONS)]
    road = "Jalan milik provinsi" if region == "36" else "Jalan"
    place = {} if number % 7 == 0 else {"region_code": region}
    text = f"{road} di depan rumah nomor {number} berlubang."
    return {"text": text, "place": place, "reporter": {"email": f"warga{number}@contoh.id"}}


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    return {"title": body["text"][:40], "text": body["text"], "place": body["place"]}


class Journey:
    """One running system, its callers, its institutions and its observer."""

    def __init__(self, stack: Stack, receiver: Receiver, observer: Observer) -> None:
        self.stack = stack
        self.receiver = receiver
        self.observer = observer
        self.acknowledged: dict[str, frozenset[str]] = {}
        self.keys: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._session = aiohttp.ClientSession()
        self._producer: Any = None

    async def close(self) -> None:
        await self._session.close()
        if self._producer is not None:
            await self._producer.stop()

    async def key(self, role: str, name: str, agency: str | None = None) -> str:
        """Return an API key of this system, made on first use."""
        if name not in self.keys:
            self.keys[name] = await new_key(self.stack.mongo, role, name, agency=agency)
        return self.keys[name]

    async def listen(self, agencies: Sequence[str] = AGENCIES) -> None:
        """Set every institution's webhook to the receiver."""
        operator = await self.key("operator", "tests")
        async with IntakeClient(self.stack.url("intake"), operator) as client:
            await self.receiver.listen(client, agencies)

    async def feed(self, count: int, *, at_once: int = 16) -> None:
        """Submit complaints, each under its own key, until each has its answer."""
        gateway = await self.key("gateway", "feed")
        forms = [form(next(self._numbers)) for _ in range(count)]
        async with IntakeClient(self.stack.url("intake"), gateway) as client:

            async def submit(body: dict[str, Any]) -> None:
                key = str(uuid5(NAMESPACE, body["text"]))
                answer = await client.submit(body, key)
                assert answer.accepted, answer
                numbers = self.acknowledged.get(key, frozenset())
                self.acknowledged[key] = numbers | {str(answer.number)}

            await in_parallel(forms, submit, at_once=at_once)

    def counted(self) -> int:
        """Return the sum of `salur_cases` over all metrics services."""
        scrapes = [instance.get("/metrics")[1] for instance in self.stack.of("metrics")]
        return sum(cases for _, cases in samples(scrapes, "salur_cases"))

    async def verdict(self) -> DemoVerdict:
        """Return what the oracle says of all that was seen until now."""
        self.observer.check()
        return judge(
            Observation(
                acknowledged=self.acknowledged,
                sayings=[*self.observer.sayings, *self.receiver.sayings],
                letters=self.observer.letters,
                counted=await asyncio.to_thread(self.counted),
            )
        )

    async def arrives(self, timeout: float = 90.0) -> DemoVerdict:
        """Wait until the oracle is content; fail with its findings if it never is."""
        try:
            async with asyncio.timeout(timeout):
                while not (verdict := await self.verdict()).passed:
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pytest.fail(f"after {timeout:.0f} s: {verdict.counts}; {verdict.findings}")
        return verdict

    async def call(
        self, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return status and JSON of one request to intake."""
        url = self.stack.url("intake") + path
        async with self._session.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def write(self, topic: str, records: Sequence[Raw]) -> None:
        """Write raw records: key, value, headers."""
        if self._producer is None:
            self._producer = AIOKafkaProducer(**client_options(self.stack.kafka))
            await self._producer.start()
        for key, value, headers in records:
            await self._producer.send(topic, value, key=key, headers=list(headers or ()))
        await self._producer.flush()

    async def write_inputs(self, count: int, *, after: Sequence[Raw] = ()) -> None:
        """Write complaints straight to `complaint-input`, as an intake that knows them would.

        Each comes after the records `after`, on the same partition as these.
        """
        for _ in range(count):
            number = next(self._numbers)
            now = datetime.now(UTC)  # or its legal clocks would have run out long ago
            given = submitted(f"direct-{number}", received_at=now, **_fields(form(number)))
            good = input_record(given)
            spoiled = [(good.key, value, headers) for _, value, headers in after]
            await self.write("complaint-input", [*spoiled, (good.key, good.value, good.headers)])
            self.acknowledged[str(given.input_id)] = frozenset({given.complaint.number})

    async def delete_topic(self, topic: str) -> None:
        """Take a topic away; return when the broker takes no more records for it."""
        admin = create_admin(self.stack.kafka)
        await admin.start()
        try:
            await admin.delete_topics([topic])
            async with asyncio.timeout(30):
                # Apache Kafka answers before its broker has heard; the embedded one knows at once.
                while BROKER == "apache" and topic in await admin.list_topics():
                    await asyncio.sleep(0.05)
        finally:
            await admin.close()

    async def raw_records(self) -> list[Record]:
        """Return every record of every topic, from the beginning."""
        reader = AIOKafkaConsumer(**client_options(self.stack.kafka), enable_auto_commit=False)
        await reader.start()
        try:
            places = [
                TopicPartition(topic, number)
                for topic in await reader.topics()
                if not topic.startswith("__")
                for number in range(spec_of(topic).partitions)
            ]
            reader.assign(places)
            await reader.seek_to_beginning(*places)
            # The embedded broker tells an end that is too low, so read until nothing comes.
            total = sum((await reader.end_offsets(places)).values())
            found: list[Record] = []
            while True:
                batches = await reader.getmany(timeout_ms=1_000)
                if not batches and len(found) >= total:
                    break
                found += [record for records in batches.values() for record in records]
            return found
        finally:
            await reader.stop()


def bearer(key: str) -> dict[str, str]:
    """Return the header that presents an API key."""
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str]) -> int:
    """Return another seed each time, shown whatever comes of it; `SALUR_TEST_SEED` repeats one."""
    given = os.environ.get("SALUR_TEST_SEED")
    drawn = int(given) if given else secrets.randbelow(1_000_000)
    with capsys.disabled():
        sys.stdout.write(f"\nSALUR_TEST_SEED={drawn}\n")
    return drawn


@asynccontextmanager
async def running_journey(options: StackOptions) -> AsyncIterator[Journey]:
    """Yield a system that runs, with its institutions' receiver and an observer."""
    stack = Stack(options)
    async with AsyncExitStack() as ending:
        ending.push_async_callback(asyncio.to_thread, stack.stop)
        await asyncio.to_thread(stack.start)
        receiver = await ending.enter_async_context(Receiver())
        observer = await ending.enter_async_context(Observer(stack.kafka, options.agencies))
        journey = Journey(stack, receiver, observer)
        ending.push_async_callback(journey.close)
        yield journey


NewJourney = Callable[..., Awaitable[Journey]]


@pytest.fixture
async def new_journey(tmp_path: Path) -> AsyncIterator[NewJourney]:
    """Return a coroutine that starts a system of its own; it ends with the test."""
    async with AsyncExitStack() as ending:

        async def start(*, env: dict[str, str] | None = None, **options: Any) -> Journey:
            settings = {"agencies": AGENCIES, "broker": BROKER, "env": env or {}} | options
            asked = StackOptions(folder=tmp_path, **settings)
            return await ending.enter_async_context(running_journey(asked))

        yield start


@pytest.fixture
async def journey(new_journey: NewJourney) -> Journey:
    """Return a running system whose institutions all listen."""
    journey = await new_journey()
    await journey.listen()
    return journey

"""Watches the system from outside: Kafka, webhooks, /metrics, the database and the logs."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient
from standardwebhooks import Webhook, WebhookVerificationError

from deploy.chaos.oracle import reading
from deploy.chaos.oracle.facts import Saying
from deploy.chaos.oracle.leaks import marks_in

CASES = "salur_cases{"
POLL_MS = 200
# An instance that was cut off is believed dead after a session; for about as long two may export.
SURPLUS_SECONDS = 4.0


class KafkaWatcher:
    """Reads every topic of an installation, from where it stopped reading."""

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._next: dict[TopicPartition, int] = {}
        self.sayings: list[Saying] = []
        self.letters: list[str] = []
        self.leaks: list[str] = []

    async def read(self) -> None:
        """Take in everything up to what is the end now."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=10_000,
        )
        await consumer.start()
        try:
            await self._read(consumer, await partitions(self._servers))
        finally:
            await consumer.stop()

    async def _read(self, consumer: Any, places: Sequence[TopicPartition]) -> None:
        ends = await consumer.end_offsets(places)
        firsts = await consumer.beginning_offsets(places)
        waiting = set()
        consumer.assign(places)
        for place in places:
            start = max(self._next.get(place, 0), firsts[place])
            consumer.seek(place, start)
            if start < ends[place]:
                waiting.add(place)
        while waiting:
            for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    self._take(record)
                self._next[place] = records[-1].offset + 1
            waiting = {p for p in waiting if self._next.get(p, 0) < ends[p]}

    def _take(self, record: Any) -> None:
        where = f"{record.topic}/{record.partition}/{record.offset}"
        headers = [raw for pair in record.headers for raw in (pair[0].encode(), pair[1])]
        found = marks_in(record.key, record.value, *headers)
        self.leaks += [f"{where}: {mark}" for mark in found]
        if reading.DEAD_LETTERS.fullmatch(record.topic):
            self.letters.append(reading.letter(record.headers, where))
            return
        said = reading.record(record.topic, record.value, record.headers, where)
        if said is not None:
            self.sayings.append(said)


async def partitions(servers: str) -> list[TopicPartition]:
    """Return every partition of every topic that is not Kafka's own."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, request_timeout_ms=10_000)
    await admin.start()
    try:
        names = sorted(name for name in await admin.list_topics() if not name.startswith("__"))
        return [
            TopicPartition(topic["topic"], one["partition"])
            for topic in await admin.describe_topics(names)
            for one in topic["partitions"]
        ]
    finally:
        await admin.close()


class Receiver:
    """The institutions' side of the webhooks: one address each, `secrets` by institution."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._runner: web.AppRunner | None = None
        self.secrets: dict[str, str] = {}
        self.sayings: list[Saying] = []
        self.leaks: list[str] = []
        self.refused = 0

    def url(self, agency: str) -> str:
        """Return the address at which an institution is told."""
        return f"http://127.0.0.1:{self._port}/{agency}"

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/{agency}", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        agency, body = request.match_info["agency"], await request.read()
        where = f"call {len(self.sayings) + 1}"
        try:
            Webhook(self.secrets[agency]).verify(body, dict(request.headers), json_parse=False)
            said = reading.call(agency, request.headers["webhook-id"], body, where)
        except (WebhookVerificationError, ValueError, KeyError):
            self.refused += 1
            return web.Response(status=400)
        self.sayings.append(said)
        self.leaks += [f"{where}: {mark}" for mark in marks_in(body)]
        return web.Response(status=204)


class Scraper:
    """Reads /metrics as a monitoring system does; `salur_cases` is summed over all instances."""

    def __init__(self, counting: Sequence[str], others: Sequence[str]) -> None:
        self._counting = counting
        self._others = others
        self._surplus_since: float | None = None
        self.counts: Mapping[str, int] = {}
        self.leaks: list[str] = []
        self.surpluses: list[str] = []

    async def scrape(self, sent: int) -> None:
        """Read all instances once; `sent` is how many complaints had been sent by then."""
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            texts = await asyncio.gather(
                *(_text(session, url) for url in (*self._counting, *self._others))
            )
        for url, text in zip((*self._counting, *self._others), texts, strict=True):
            self.leaks += [f"{url}/metrics: {mark}" for mark in marks_in(text.encode())]
        self.counts = _counts(texts[: len(self._counting)])
        self._note_surplus(sum(self.counts.values()) - sent)

    def _note_surplus(self, surplus: int) -> None:
        if surplus <= 0:
            self._surplus_since = None
            return
        now = time.monotonic()
        since = self._surplus_since = self._surplus_since or now
        if now - since > SURPLUS_SECONDS and since < float("inf"):
            self.surpluses.append(f"{surplus} too many for {now - since:.0f} s")
            self._surplus_since = float("inf")  # said once, until it has ended


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with session.get(f"{url}/metrics") as answer:
            return await answer.text()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return ""


def _counts(texts: Iterable[str]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for text in texts:
        for line in text.splitlines():
            if line.startswith(CASES):
                agency = line.partition('agency="')[2].partition('"')[0]
                found[agency] += round(float(line.rpartition(" ")[2]))
    return +found


def stored_cases(url: str) -> Mapping[str, int]:
    """Return the last `seq` of every case in the database."""
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=5000) as client:
        found = client["salur"]["cases"].find({}, {"number": 1, "seq": 1})
        return {case["number"]: case["seq"] for case in found}


class LogWatcher:
    """Looks for planted identities in what the services write to their logs."""

    def __init__(self, folder: Path, pattern: str) -> None:
        self._folder = folder
        self._pattern = pattern
        self._read: dict[Path, int] = {}
        self.leaks: list[str] = []

    def read(self) -> None:
        """Take in what was written since the last time."""
        for path in sorted(self._folder.glob(self._pattern)):
            with path.open("rb") as log:
                log.seek(self._read.get(path, 0))
                for line in log:
                    self.leaks += [f"{path.name}: {mark}" for mark in marks_in(line)]
                self._read[path] = log.tell()

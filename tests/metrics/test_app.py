"""The whole service: on real parts, and its scrape at the size of the country."""

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from deploy.dev.local.parts import Part, running
from deploy.dev.local.tansu import Tansu
from services.metrics.app import create_app, create_service
from services.metrics.domain.counts import CountedFacts, RecountQuery
from services.metrics.domain.routing import Routing
from services.metrics.lag.watcher import LagWatcher
from services.metrics.settings import MetricsSettings
from services.metrics.snapshot import Snapshot
from services.router.settings import RouterSettings
from shared.contracts.case import Outcome, Status
from shared.contracts.topics import EVENT
from shared.kafka.clients import create_admin
from shared.runtime.clock import SetClock
from shared.runtime.service import Service, create_http
from shared.settings import KafkaSettings, MongoSettings
from shared.telemetry.registry import Telemetry
from tests.metrics.conftest import samples
from tests.metrics.events import COMPLETED, ROUTED, TRIAGED, case_events, event_record
from tests.metrics.memory import FakeOffsets, MemoryFacts
from tests.support.builders import START

AGENCIES = [f"kab-{number:04d}" for number in range(680)]
CATEGORIES = [f"category_{number}.leaf" for number in range(24)]
RULES = [f"rule_of_a_usual_length_{number}" for number in range(110)]
OUTCOMES = (Outcome.ROUTED, Outcome.TRIAGED)
VERSIONS = [f"{number:012x}" for number in range(12)]
NAME = "Kabupaten Penukal Abab Lematang"  # longer than most
MOST_BYTES = 1_000_000


class Country(MemoryFacts):
    """Cases of every status at each of 680 institutions, by each rule of twelve versions."""

    async def count(self, query: RecountQuery) -> list[CountedFacts]:
        return [
            CountedFacts(
                partition=0,
                month="2026-03",
                institution=agency,
                category=CATEGORIES[number % 24],
                status=status,
                hops=number % 5,
                routing=Routing(
                    rule=RULES[(number * 6 + at) % 110],
                    version=VERSIONS[(number * 6 + at) // 110 % 12],
                    model=VERSIONS[0],
                    outcome=OUTCOMES[(number * 6 + at) % 110 < 10],
                    transfers=number % 2,
                ),
                cases=12_345,
                latest=START,
                former=(AGENCIES[number - 1],),
                overdue=True,
            )
            for number, agency in enumerate(AGENCIES)
            for at, status in enumerate(Status)
        ]


async def test_the_scrape_of_a_whole_country_stays_small(
    record_property: Callable[[str, object], None],
) -> None:
    telemetry, settings = Telemetry(), MetricsSettings()
    snapshot = Snapshot(Country(), telemetry, settings, name_of=lambda code: f"{NAME} {code}")
    topics = {"complaint-input": 24, "complaint-event": 24}
    topics |= {f"agency-{code}{kind}": 1 for code in AGENCIES for kind in ("", "-action")}
    lag = LagWatcher(FakeOffsets(topics), SetClock(START), telemetry, settings=settings)
    snapshot.hold(frozenset({0}))
    lag.hold(True)
    await snapshot.refresh()
    await lag.look()

    for when in ("first_ms", "again_ms"):
        started = time.perf_counter()
        scrape = telemetry.text()
        record_property(when, round(1000 * (time.perf_counter() - started), 1))

    assert scrape.count(b"\nsalur_cases{") == 680 * 6
    assert scrape.count(b"\nsalur_transferred_cases{") == 680 * 2
    assert scrape.count(b"\nsalur_overdue_cases{") == 680
    assert scrape.count(b"\nsalur_decided_cases{") == 110 * 4
    assert scrape.count(b"\nsalur_case_hops{") == 110 * 4
    assert scrape.count(b"\nsalur_agency_info{") == 680
    assert scrape.count(b"\nsalur_misrouted_cases{") == 110 * 4 * 4 + 10 * 4 * 2
    assert scrape.count(b"\nkafka_consumergroup_lag{") == 2 * 680 + 3 * 24
    assert len(scrape) < MOST_BYTES


def test_every_rule_that_is_shipped_keeps_its_name() -> None:
    rules = RouterSettings().rules.read_text(encoding="utf-8").splitlines()[1:]

    # Beside the table's rules are those that every table has; a dozen at most.
    assert len(rules) + 12 <= MetricsSettings().rules


async def test_a_scrape_asks_neither_database_nor_broker() -> None:
    telemetry, settings = Telemetry(), MetricsSettings()
    store, offsets = MemoryFacts(), FakeOffsets({"complaint-input": 1})
    snapshot = Snapshot(store, telemetry, settings)
    lag = LagWatcher(offsets, SetClock(START), telemetry, settings=settings)
    snapshot.hold(frozenset({0}))
    lag.hold(True)
    await snapshot.refresh()
    await lag.look()
    asked = len(store.queries), offsets.asked

    telemetry.text()

    assert (len(store.queries), offsets.asked) == asked == (1, 1)


async def test_refusals_of_the_service_are_problems() -> None:
    transport = httpx.ASGITransport(app=create_app(MetricsSettings()))

    async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as client:
        answers = [await client.get(path) for path in ("/nothing", "/league?period=x")]

    assert [answer.json()["code"] for answer in answers] == ["not_found", "invalid_query"]


async def test_the_doors_answer_before_kafka_and_the_database_do() -> None:
    transport = httpx.ASGITransport(app=create_app(MetricsSettings()))

    async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as client:
        answers = {path: await client.get(path) for path in ("/livez", "/readyz", "/metrics")}

    assert [answer.status_code for answer in answers.values()] == [200, 503, 200]
    assert "not started" in answers["/readyz"].text


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Part]:
    # The service's topic and group have fixed names: no other test may see them.
    part = Tansu(tmp_path)
    with running(part):
        yield part


async def publish(kafka: KafkaSettings) -> None:
    admin = create_admin(kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(EVENT, 4, 1), NewTopic("metrics-dlq", 1, 1)])
    finally:
        await admin.close()
    paths = ([(ROUTED, "kab-3603"), (COMPLETED, "kab-3603")], [(TRIAGED, None)])
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for number in range(40):
            for event in case_events(str(number), paths[number % 2], category="roads.damage"):
                record = event_record(event)
                await producer.send_and_wait(EVENT, record.value, key=record.key)
        await producer.send_and_wait(EVENT, b"no event", key=b"x")


async def check_league(service: Service) -> None:
    """Ask the service's own doors, on the database that its stage wrote to."""
    transport = httpx.ASGITransport(app=create_http(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics") as client:
        document = (await client.get("/league.json?period=2026H1&category=roads")).json()
        page = await client.get("/league?period=2026H1", headers={"Accept": "text/html"})
    (line,) = document["lines"]
    assert (line["code"], line["rank"], line["received"]) == ("kab-3603", 1, 20)
    assert line["completion"] == {"numerator": 20, "denominator": 20, "percent": 100.0}
    assert line["median_days"] == {"route": 0.04, "follow_up": 0.08, "completion": 0.08}
    assert document["unassigned"]["status"]["unverified"] == 20
    assert document["totals"]["completion"]["percent"] == 50.0
    assert "Kabupaten Tangerang" in page.text


@pytest.mark.connected
async def test_events_become_counts(
    own_broker: Part, database: Part, eventually: Callable[..., Awaitable[None]]
) -> None:
    telemetry = Telemetry()
    settings = MetricsSettings(
        kafka=KafkaSettings(
            bootstrap_servers=own_broker.url, idempotence=False, session_timeout_ms=6_000
        ),
        mongo=MongoSettings.model_validate(
            {"url": database.url, "cases_database": f"test_{time.time_ns()}"}
        ),
        snapshot_seconds=0.05,
        lag_seconds=0.2,
    )
    await publish(settings.kafka)
    service = create_service(settings, telemetry)
    await service.start()
    try:
        wanted = {("kab-3603", "completed"): 20.0, ("none", "unverified"): 20.0}

        def counted() -> bool:
            found = samples(telemetry, "salur_cases")
            return {key: value for key, value in found.items() if value} == wanted

        await eventually(counted, "all cases counted")
        await eventually(lambda: service.readiness() is None, "readiness")
        lag = {("metrics", EVENT, str(partition)): 0.0 for partition in range(4)}

        def all_read() -> bool:
            found = samples(telemetry, "kafka_consumergroup_lag")
            return {key: value for key, value in found.items() if key in lag} == lag

        await eventually(all_read, "no lag")
        dead = telemetry.counter("salur_dead_letters_total").labels("metrics", "invalid_value")
        assert dead._value.get() == 1
        assert samples(telemetry, "salur_cases_by_category")["roads", "completed"] == 20
        await check_league(service)
    finally:
        await service.stop()

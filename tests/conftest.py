"""Real parts for the tests that need them: one broker and one database per worker.

`SALUR_TEST_BROKER=apache` puts Apache Kafka in the place of the embedded broker; every test
marked `connected` runs on either. `make test` runs several workers side by side (pytest-xdist).
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from deploy.dev.local.apache import ApacheKafka
from deploy.dev.local.parts import Part, running
from deploy.dev.local.secantus import Secantus
from deploy.dev.local.tansu import Tansu
from shared.database.mongo import Mongo
from shared.settings import KafkaSettings, MongoSettings

BROKER = os.environ.get("SALUR_TEST_BROKER", "embedded")
JOURNEYS = "tests/journeys/"
Eventually = Callable[..., Awaitable[None]]
# How long an example takes says how busy the machine is; each test has its own limit.
settings.register_profile("salur", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("salur")


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # it publishes no types
    """Gives a worker a whole file, since its tests may share a running system, or one journey."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(JOURNEYS) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    """Share the tests out among workers (`-n`), in the order of `by_length`."""
    config.option.loadscopereorder = False
    return Shares(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let begin first what takes longest, where workers stand side by side.

    aiokafka's `close` does not wait until the other side has closed a connection over TLS, so a
    loop that ends then leaves its socket to the collector, which says so in whatever test runs.
    Only a secured Apache Kafka speaks TLS here; on the embedded broker nothing may be left.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=by_length)
    if BROKER == "apache":
        for item in items:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


def by_length(item: pytest.Item) -> tuple[bool, bool]:
    """Return what puts journeys before all else, and then what needs real parts."""
    return not item.nodeid.startswith(JOURNEYS), item.get_closest_marker("connected") is None


@pytest.fixture(scope="session")
def broker_kind() -> str:
    """Return `embedded` or `apache`."""
    return BROKER


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    folder: Path = tmp_path_factory.mktemp("broker")
    part: Part = ApacheKafka(folder) if BROKER == "apache" else Tansu(folder)
    with running(part):
        yield part


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secantus]:
    part = Secantus(tmp_path_factory.mktemp("database"))
    with running(part):
        yield part


@pytest.fixture
def kafka(broker: Part) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers=broker.url,
        idempotence=BROKER == "apache",
        session_timeout_ms=6_000,
        metadata_max_age_ms=1_000,
        publish_timeout_ms=3_000,
    )


@pytest.fixture
async def mongo(database: Part) -> AsyncIterator[Mongo]:
    """Return two databases that no other test sees."""
    name = f"test_{uuid4().hex[:12]}"
    settings = MongoSettings(
        url=database.url,
        cases_database=name,
        private_database=f"{name}_private",
    )
    async with Mongo(settings) as mongo:
        yield mongo


@pytest.fixture(params=["memory", pytest.param("mongo", marks=pytest.mark.connected)])
def backing(request: pytest.FixtureRequest) -> Mongo | None:
    """Return a database, and then None for a fake: every contract of a store runs over both."""
    return request.getfixturevalue("mongo") if request.param == "mongo" else None


@pytest.fixture
async def away(backing: Mongo | None) -> AsyncIterator[Mongo | None]:
    """Return a database that does not answer in the place of `backing`; None for a fake."""
    if backing is None:
        yield None
        return
    async with Mongo(MongoSettings(url="mongodb://127.0.0.1:1/", timeout_ms=50)) as gone:
        yield gone


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """Return a coroutine that polls until a condition holds, and fails by name if it never does."""

    async def wait(
        condition: Callable[[], bool | Awaitable[bool]], what: str, timeout: float = 60.0
    ) -> None:
        deadline = time.monotonic() + timeout
        while True:
            held = condition()
            if held if isinstance(held, bool) else await held:
                return
            assert time.monotonic() < deadline, f"not within {timeout:.0f} s: {what}"
            await asyncio.sleep(0.05)

    return wait

"""Every service restarted in turn, under load and behind a real proxy: nobody notices."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from deploy.dev.local.stack import ServiceProcess, StackOptions
from shared.contracts.topics import SERVICES
from tests.conftest import BROKER
from tests.journeys.conftest import AGENCIES, Journey, running_journey
from tests.support.programs.haproxy import CONFIGURATION, UP, Haproxy
from tests.tools.callers import AT_ONCE, Callers

pytestmark = [pytest.mark.tools, pytest.mark.timeout(400)]
Eventually = Callable[..., Awaitable[None]]
REPLICAS = 2
STOP_SECONDS = 40.0
ENV = {
    "INTAKE_STOP_DELAY_SECONDS": "5",
    "INTAKE_MOST_BATCHES": str(2 * AT_ONCE),  # half of them for callers without a key
    "METRICS_STOP_DELAY_SECONDS": "5",
}


@pytest.fixture
async def journey(tmp_path: Path) -> AsyncIterator[Journey]:
    """Return a running system with two instances of each service, whose institutions listen."""
    options = StackOptions(tmp_path, AGENCIES, services=SERVICES * REPLICAS, broker=BROKER, env=ENV)
    async with running_journey(options) as journey:
        await journey.listen()
        yield journey


def without_retries(folder: Path) -> Path:
    """Return the proxy's configuration without its help: the services alone must hold."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for line, instead in ((" retries 3\n", " retries 0\n"), (" option redispatch 1\n", "\n")):
        assert text.count(line) == 1
        text = text.replace(line, instead)
    path = folder / "haproxy.cfg"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
async def proxy(journey: Journey, tmp_path: Path) -> AsyncIterator[Haproxy]:
    """Return the proxy in front of intake and metrics."""
    instances = [one for name in ("intake", "metrics") for one in journey.stack.of(name)]
    servers = {one.name: f"127.0.0.1:{one.port}" for one in instances}
    proxy = Haproxy(tmp_path, servers, configuration=without_retries(tmp_path))
    await asyncio.to_thread(proxy.start)
    yield proxy
    await asyncio.to_thread(proxy.stop)


async def restart(instance: ServiceProcess, proxy: Haproxy, eventually: Eventually) -> None:
    """Stop as Kubernetes does, all others being ready, and wait until the proxy uses it again."""

    async def all_are_used() -> bool:
        return set((await asyncio.to_thread(proxy.states)).values()) == {UP}

    await eventually(all_are_used, "every instance up at the proxy", timeout=120)
    await asyncio.to_thread(instance.child.stop, STOP_SECONDS)
    assert instance.child.returncode == -15, (
        f"{instance.name} was killed: {instance.child.log_path}"
    )
    await asyncio.to_thread(instance.start)

    async def is_used() -> bool:
        states = await asyncio.to_thread(proxy.states)
        return states.get(instance.name, UP) == UP

    await eventually(is_used, f"{instance.name} up at the proxy")


async def test_all_services_restart_in_turn_and_no_request_fails(
    journey: Journey, proxy: Haproxy, eventually: Eventually
) -> None:
    async with Callers(journey, proxy.url) as callers:
        await eventually(lambda: len(callers.right) >= 8, "requests of every kind")
        for service in SERVICES:
            for instance in journey.stack.of(service):
                before = callers.right.total()
                await restart(instance, proxy, eventually)
                assert callers.failures == [], f"while {instance.name} restarted"
                assert callers.right.total() > before
        await callers.stop()
    verdict = await journey.arrives()

    assert callers.failures == []
    assert (verdict.counts.lost, verdict.counts.duplicated) == (0, 0)

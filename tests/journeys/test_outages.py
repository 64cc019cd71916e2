"""What is away for a while costs time and nothing else."""

import asyncio
import time

import pytest

from tests.journeys.conftest import Journey, NewJourney

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
MAX_POLL_MS = 3_000


def rebalances(journey: Journey) -> dict[str, float]:
    """Return how many assignments each stage has received."""
    found = {}
    for instance in journey.stack.instances:
        for line in instance.get("/metrics")[1].splitlines():
            if line.startswith("salur_stage_rebalances_total"):
                found[instance.name] = float(line.split()[-1])
    return found


def failures(journey: Journey, service: str) -> float:
    """Return how often a stage has put a batch back."""
    scrape = journey.stack.of(service)[0].get("/metrics")[1]
    lines = [x for x in scrape.splitlines() if x.startswith("salur_stage_failures_total")]
    return sum(float(line.split()[-1]) for line in lines)


async def test_a_database_away_for_longer_than_the_poll_interval_evicts_nobody(
    new_journey: NewJourney,
) -> None:
    journey = await new_journey(
        env={
            "SALUR_KAFKA__MAX_POLL_INTERVAL_MS": str(MAX_POLL_MS),
            "SALUR_MONGO__TIMEOUT_MS": "1000",
        }
    )
    await journey.listen()
    await journey.feed(100)
    await journey.arrives()
    before = rebalances(journey)

    await asyncio.to_thread(journey.stack.database.stop)
    feeding = asyncio.create_task(journey.feed(200))
    await journey.write_inputs(50)
    away_until = time.monotonic() + 3 * MAX_POLL_MS / 1000
    async with asyncio.timeout(60):
        while time.monotonic() < away_until or failures(journey, "router") < 3:
            await asyncio.sleep(0.1)
    assert "MongoDB" in journey.stack.of("router")[0].get("/readyz")[1]
    await asyncio.to_thread(journey.stack.database.start)
    await feeding

    verdict = await journey.arrives()
    assert verdict.counts.accepted == 350
    assert rebalances(journey) == before

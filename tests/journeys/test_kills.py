"""`kill -9` at the worst moment: nothing lost, nothing counted twice."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deploy.local.stack import ServiceProcess
from tests.journeys.conftest import Journey, NewJourney

pytestmark = [pytest.mark.connected, pytest.mark.timeout(180)]
Eventually = Callable[..., Awaitable[None]]
CRASHING_INTAKE = Path(__file__).with_name("crashing_intake.py")


async def killed_and_restarted(instance: ServiceProcess) -> None:
    await asyncio.to_thread(instance.kill)
    await asyncio.to_thread(instance.child.start)


async def test_every_service_killed_in_the_middle_of_a_feed_leaves_the_counts_as_without(
    journey: Journey, eventually: Eventually
) -> None:
    seen = {
        "intake": lambda: len(journey.acknowledged),
        "router": lambda: len(journey.observer.case_records),
        "notifier": lambda: len(journey.receiver.calls),
        "metrics": journey.counted,
    }
    feeding = asyncio.create_task(journey.feed(1200))
    for turn, (service, progress) in enumerate(seen.items(), start=1):
        await eventually(lambda p=progress, n=100 * turn: p() >= n, f"work at {service}")
        await killed_and_restarted(journey.stack.of(service)[0])
    await feeding

    verdict = await journey.arrives()

    assert verdict.counts.accepted == 1200
    assert verdict.counts.triaged == len([n for n in range(1, 1201) if n % 7 == 0])
    assert verdict.counts.delivered == verdict.counts.routed
    assert verdict.counts.dead_lettered == 0


@pytest.mark.parametrize("moment", ["after_vault", "after_receipt", "after_produce"])
async def test_intake_killed_between_receipt_produce_and_answer_gives_one_complaint(
    new_journey: NewJourney, moment: str
) -> None:
    journey = await new_journey(services=("router", "notifier", "metrics"))
    crashing = ServiceProcess(
        "intake", 1, folder=journey.stack.options.folder, env=journey.stack.env
    )
    normal_argv = crashing.child.argv
    crashing.child.argv = [sys.executable, str(CRASHING_INTAKE), moment]
    journey.stack.instances.append(crashing)
    await asyncio.to_thread(crashing.start)
    await journey.listen()

    feeding = asyncio.create_task(journey.feed(1))
    await asyncio.to_thread(crashing.child.wait)
    crashing.child.argv = normal_argv
    await asyncio.to_thread(crashing.start)
    await feeding

    verdict = await journey.arrives()
    assert (verdict.counts.accepted, verdict.counts.routed) == (1, 1)
    produced = [r for r in await journey.raw_records() if r.topic == "complaint-input"]
    assert len(produced) == (2 if moment == "after_produce" else 1)
    assert len({record.value for record in produced}) == 1

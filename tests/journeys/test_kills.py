"""`kill -9` at the worst moment: nothing lost, nothing counted twice."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deploy.dev.chaos.oracle.facts import Stream
from deploy.dev.local.stack import ServiceProcess
from shared.database.collections import CONTACTS, VAULT
from shared.database.mongo import Mongo
from tests.journeys.conftest import Journey, NewJourney

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]
MOMENTS = ("after_receipt", "after_contacts", "after_vault", "after_produce", "after_mark")
FED = 800
AT_ONCE = 6  # in one group
CRASHING_INTAKE = Path(__file__).with_name("crashing_intake.py")


async def killed_and_restarted(instance: ServiceProcess) -> None:
    await asyncio.to_thread(instance.kill)
    await asyncio.to_thread(instance.child.start)


async def test_every_service_killed_in_the_middle_of_a_feed_leaves_the_counts_as_without(
    journey: Journey, eventually: Eventually
) -> None:
    seen = {
        "intake": lambda: len(journey.acknowledged),
        "router": lambda: len(journey.observer.on(Stream.EVENT)),
        "notifier": lambda: len(journey.receiver.sayings),
        "metrics": journey.counted,
    }
    feeding = asyncio.create_task(journey.feed(FED))
    for turn, (service, progress) in enumerate(seen.items(), start=1):
        await eventually(lambda p=progress, n=100 * turn: p() >= n, f"work at {service}")
        await killed_and_restarted(journey.stack.of(service)[0])
    await feeding

    verdict = await journey.arrives()

    assert verdict.counts.accepted == FED
    assert verdict.counts.triaged == triaged(FED)
    assert verdict.counts.delivered == verdict.counts.routed
    assert verdict.counts.dead_lettered == 0


async def test_intake_killed_at_each_step_of_a_group_gives_one_complaint_each(
    new_journey: NewJourney,
) -> None:
    journey = await new_journey()
    await journey.listen()
    intake = journey.stack.of("intake")[0]
    normal_argv = intake.child.argv
    await asyncio.to_thread(intake.stop)

    for moment in MOMENTS:
        intake.child.argv = [sys.executable, str(CRASHING_INTAKE), moment]
        intake.child.start()
        feeding = asyncio.create_task(journey.feed(AT_ONCE, at_once=AT_ONCE))
        await asyncio.to_thread(intake.child.wait)
        assert intake.child.returncode == -signal.SIGKILL
        intake.child.argv = normal_argv
        intake.child.start()
        await feeding
        intake.kill()

    verdict = await journey.arrives()
    fed = AT_ONCE * len(MOMENTS)
    assert (verdict.counts.accepted, verdict.counts.delivered) == (fed, fed - triaged(fed))
    produced = [r for r in await journey.raw_records() if r.topic == "complaint-input"]
    assert len({record.key for record in produced}) == fed
    assert len({record.value for record in produced}) == fed
    # The group that was produced before the kill came again, and no other.
    assert fed < len(produced) <= fed + AT_ONCE
    async with Mongo(journey.stack.mongo) as mongo:
        kept = [await mongo.private(name).count({}) for name in (VAULT, CONTACTS)]
    assert kept == [fed] * 2


def triaged(fed: int) -> int:
    return len([number for number in range(1, fed + 1) if number % 7 == 0])

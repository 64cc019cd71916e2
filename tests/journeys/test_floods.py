"""Records that nobody can read, among those that everybody needs."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.journeys.conftest import Journey, NewJourney, Raw
from tests.support.builders import input_record, submitted

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]
PARTITION_KEY = b"the same partition for all of these"


def broken(count: int) -> list[Raw]:
    """Return records that cannot be decoded, in five ways."""
    ways: Sequence[Raw] = (
        (PARTITION_KEY, b"{", ()),
        (PARTITION_KEY, None, (("ce_type", b"id.salur.input.submitted.v1"),)),
        (PARTITION_KEY, b"\xff\xfe", (("ce_type", None),)),
        (PARTITION_KEY, b"{}", (("ce_type", b"\xff"), ("ce_id", None))),
        (PARTITION_KEY, b'{"complaint": 7}', (("ce_type", b"id.salur.input.submitted.v1"),)),
    )
    return [ways[number % len(ways)] for number in range(count)]


async def test_a_thousand_broken_records_hold_nobody_up(
    journey: Journey, eventually: Eventually
) -> None:
    await journey.write_inputs(20, after=broken(50))
    await journey.feed(100)

    verdict = await journey.arrives()
    await eventually(lambda: len(places(journey)) == 1000, "a thousand dead letters")

    assert verdict.counts.accepted == 20 + 100
    assert {place[0] for place in places(journey)} == {"complaint-input"}


async def test_two_hundred_in_a_row_stop_the_router_until_salur_resume(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    journey = await new_journey()
    await journey.listen()
    router = journey.stack.of("router")[0]
    await journey.write("complaint-input", broken(200))

    await eventually(lambda: "salur resume router" in router.get("/readyz")[1], "the stop")
    assert router.get("/readyz")[0] == 200
    await eventually(lambda: len(places(journey)) == 100, "as many dead letters as the limit")
    assert router.get("/livez")[0] == 200

    router.kill()
    router.child.start()
    await eventually(lambda: "stopped at" in router.get("/readyz")[1], "the stop after a restart")
    assert len(places(journey)) == 100

    said = await asyncio.to_thread(salur, "resume", "router", env=journey.stack.env)
    assert json.loads(said.splitlines()[-1]) == {"service": "router", "resumed": 1}
    await journey.feed(50)
    await journey.arrives()
    await eventually(lambda: len(places(journey)) == 200, "the other dead letters")
    await eventually(lambda: router.get("/readyz") == (200, "ready\n"), "no trouble any more")


def salur(*arguments: str, env: Mapping[str, str]) -> str:
    """Run the command line as an operator does; return what it printed."""
    command = [str(Path(sys.executable).with_name("salur")), *arguments]
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def places(journey: Journey) -> set[tuple[str, int, int]]:
    """Return where the dead letters came from."""
    return {letter.origin for letter in journey.observer.letters}


def test_the_broken_records_are_broken() -> None:
    good = input_record(submitted())

    assert all((key, value) != (good.key, good.value) for key, value, _ in broken(5))

"""Five routers, two of them coming and going: each case's `seq` stays 1, 2, 3 …"""

import asyncio
from collections import defaultdict
from typing import Any

import pytest

from deploy.dev.chaos.oracle.facts import Stream
from deploy.operate.intake_client.bulk_sending import in_parallel
from tests.journeys.conftest import Journey, bearer

pytestmark = [pytest.mark.connected, pytest.mark.timeout(400)]
COMPLAINTS, FOLLOW_UPS = 80, 6


async def test_with_five_routers_coming_and_going_no_case_has_a_gap(journey: Journey) -> None:
    stack = journey.stack
    for _ in range(2):
        await asyncio.to_thread(stack.add, "router")
    operator = bearer(await journey.key("operator", "tests"))
    await journey.feed(COMPLAINTS)
    numbers = [number for found in journey.acknowledged.values() for number in found]

    async def act(task: tuple[str, int]) -> None:
        number, turn = task
        body: dict[str, Any] = {"kind": "follow_up", "text": f"Tindak lanjut {turn}."}
        status, _ = await journey.call(
            "POST", f"/v1/complaints/{number}/actions", body=body, headers=operator
        )
        assert status == 202

    async def come_and_go() -> None:
        late = [await asyncio.to_thread(stack.add, "router") for _ in range(2)]
        for instance in late:
            await asyncio.to_thread(instance.stop)

    tasks = [(number, turn) for turn in range(FOLLOW_UPS) for number in numbers]
    await asyncio.gather(in_parallel(tasks, act, at_once=8), come_and_go())

    await journey.arrives()
    await all_entries(journey, expected=1 + FOLLOW_UPS)
    contents: dict[tuple[str, int], set[str]] = defaultdict(set)
    for record in journey.observer.on(Stream.EVENT):
        contents[record.number, record.seq].add(record.digest)
    assert {seq for _, seq in contents} == set(range(1, 2 + FOLLOW_UPS))
    assert len(contents) == COMPLAINTS * (1 + FOLLOW_UPS)
    assert all(len(digests) == 1 for digests in contents.values())


async def all_entries(journey: Journey, expected: int) -> None:
    """Wait until every case was said with this many entries."""
    async with asyncio.timeout(60):
        while True:
            seqs: dict[str, set[int]] = defaultdict(set)
            for record in journey.observer.on(Stream.EVENT):
                seqs[record.number].add(record.seq)
            if all(found == set(range(1, expected + 1)) for found in seqs.values()):
                return
            await asyncio.sleep(0.2)

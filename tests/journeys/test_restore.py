"""Cases and counts lost, and restored from `complaint-event` to the last digit; nobody hears of it.

The database of cases is dropped whole, the inputs of all complaints are gone from Kafka, and
institutions go on listening all the while.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.dev.local.stack import ServiceProcess
from deploy.operate.provisioning.topic_creation import create_topics
from services.router.deadlines.due_index import CLOCKS
from services.router.republishing.input_positions import POSITION
from shared.contracts.topics import EVENT, INPUT, agency_topic
from shared.database.collections import CASES, DELIVERIES, FACTS, LANES, NEIGHBOURS
from shared.database.mongo import Mongo
from shared.kafka.envelope import header
from tests.conftest import BROKER
from tests.journeys.conftest import AGENCIES, Journey, NewJourney

pytestmark = [pytest.mark.connected, pytest.mark.timeout(500)]
Eventually = Callable[..., Awaitable[None]]
HOLDER = "kab-3603"
COMPLAINTS = 70
# The embedded broker takes whoever has left a group for a member for ever.
FORCE = () if BROKER == "apache" else ("--force",)
Documents = dict[str, dict[Any, dict[str, Any]]]


class Records:
    """What the database holds, read and dropped from outside."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo

    async def restorable(self) -> Documents:
        """Return cases and facts, by id."""
        return {
            name: {one["_id"]: one for one in await self._mongo.cases(name).find({})}
            for name in (CASES, FACTS)
        }

    async def private(self) -> Documents:
        """Return deliveries, and how the endpoints are doing."""
        return {
            name: {one["_id"]: one for one in await self._mongo.private(name).find({})}
            for name in (DELIVERIES, LANES)
        }

    async def lose(self) -> None:
        """Delete all that can be restored, and the sketches of recent reports."""
        for name in (CASES, FACTS, NEIGHBOURS):
            await self._mongo.cases(name).delete({})


async def salur(journey: Journey, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the command line as an operator does; return its code, result and words."""
    done = await asyncio.to_thread(
        subprocess.run,
        [str(Path(sys.executable).with_name("salur")), *arguments],
        env={**os.environ, **journey.stack.env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    last = (done.stdout.splitlines() or ["{}"])[-1]
    return done.returncode, json.loads(last), done.stderr


def told_by_events(found: Documents) -> Documents:
    """Leave out what rests on the router's files, or on inputs."""
    return without(found, CLOCKS, POSITION)


def without(found: Documents, *fields: str) -> Documents:
    return {
        name: {
            key: {field: one[field] for field in one.keys() - {*fields}}
            for key, one in documents.items()
        }
        for name, documents in found.items()
    }


def shown(metrics: ServiceProcess) -> list[str]:
    """Return every count that Prometheus gets, but this process's own and its clock."""
    lines = metrics.get("/metrics")[1].splitlines()
    gauges = ("salur_cases", "salur_transferred", "salur_overdue", "salur_decided", "salur_misr")
    return sorted(line for line in lines if line.startswith((*gauges, "salur_case_hops{")))


async def said(journey: Journey) -> Counter[str]:
    """Return how many records each topic holds, that of inputs apart."""
    held = Counter(record.topic for record in await journey.raw_records())
    held.pop(INPUT, None)
    return held


async def act(journey: Journey, complaint: UUID, name: str, **action: object) -> None:
    """Write an institution's record to its action topic."""
    value = json.dumps({"complaint_id": str(complaint), "action": action}).encode()
    record = (str(complaint).encode(), value, [("ce_id", name.encode())])
    await journey.write(f"agency-{HOLDER}-action", [record])


async def lived(journey: Journey, records: Records, eventually: Eventually) -> list[UUID]:
    """Let complaints come and an institution act on its own; return these, all followed up.

    Every second is completed; the first was given away, the second was refused something.
    """
    await journey.feed(COMPLAINTS)
    await journey.arrives()
    cases = (await records.restorable())[CASES]
    mine = sorted(key for key, case in cases.items() if case["institution"] == HOLDER)
    for number, complaint in enumerate(mine):
        await act(journey, complaint, f"{number}-1", kind="follow_up", text="Ditinjau.")
        if number % 2:
            await act(journey, complaint, f"{number}-2", kind="complete", text="Selesai.")
    await act(journey, mine[0], "away", kind="transfer", institution="prov-36", text="Bukan kami.")
    await act(journey, mine[1], "late", kind="follow_up", text="Terlambat.")
    actions = len(mine) + len(mine) // 2 + 2

    async def all_counted() -> bool:
        facts = (await records.restorable())[FACTS].values()
        return actions == sum(int(fact["seq"]) - 1 for fact in facts)

    await eventually(all_counted, "all actions applied or refused, and counted")
    await journey.arrives()
    return mine


async def test_lost_cases_and_counts_come_back_to_the_last_digit_and_nobody_hears(
    new_journey: NewJourney, eventually: Eventually
) -> None:
    journey = await new_journey(env={"ROUTER_CLOCKS_SECONDS": "0.5"})
    await journey.listen()
    metrics = journey.stack.of("metrics")[0]
    services = (journey.stack.of("intake")[0], journey.stack.of("router")[0], metrics)
    async with Mongo(journey.stack.mongo) as mongo:
        records = Records(mongo)
        mine = await lived(journey, records, eventually)
        code, _, words = await salur(journey, "restore")
        assert (code, "router (1)" in words, "metrics (1)" in words) == (2, True, True)
        counts = await settled_counts(metrics, records, eventually)
        await asyncio.gather(*(asyncio.to_thread(service.stop) for service in services))
        await eventually(lambda: all_told(journey, records), "every event at its institution")
        before, told = await records.restorable(), await records.private()
        heard, calls = await said(journey), len(journey.receiver.sayings)

        await forget_inputs(journey, eventually)
        await records.lose()
        code, missing, _ = await salur(journey, "restore", "--dry-run")
        assert (code, missing[CASES]["missing"], missing[FACTS]["missing"]) == (
            1,
            *(COMPLAINTS,) * 2,
        )
        assert await records.restorable() == {CASES: {}, FACTS: {}}
        code, report, words = await salur(journey, "restore", *FORCE)

        assert (code, report["undecodable"], report["events"]) == (0, 0, heard[EVENT]), words
        assert report[CASES] == report[FACTS] == {"restored": COMPLAINTS, "already_there": 0}
        assert told_by_events(await records.restorable()) == told_by_events(before)
        assert (await salur(journey, "restore", "--dry-run"))[0] == 0

        for service in services:
            await asyncio.to_thread(service.start)

        async def is_as_before() -> bool:
            return without(await records.restorable(), POSITION) == without(before, POSITION)

        await eventually(is_as_before, "the clocks of open cases, made anew by the router")
        await eventually(lambda: shown(metrics) == counts, "the same counts as before")
        assert (await said(journey), len(journey.receiver.sayings)) == (heard, calls)
        assert await records.private() == told

        complaint = mine[2]
        await act(journey, complaint, "after", kind="complete", text="Selesai juga.")
        known = before[CASES][complaint]

        async def goes_on() -> bool:
            now = await records.restorable()
            return {now[name][complaint]["seq"] for name in (CASES, FACTS)} == {known["seq"] + 1}

        await eventually(goes_on, "the case taken further, with the next seq")
        case = (await records.restorable())[CASES][complaint]
        assert (case["history"][: known["seq"]], case["status"]) == (known["history"], "completed")


async def all_told(journey: Journey, records: Records) -> bool:
    """Tell whether the notifier has nothing left to send."""
    rows = (await records.private())[DELIVERIES].values()
    sent = {one["_id"].partition(":")[0] for one in rows if one["state"] == "delivered"}
    topics = set(map(agency_topic, AGENCIES))
    written = [record for record in await journey.raw_records() if record.topic in topics]
    return sent == {header(record, "ce_id") for record in written}


async def settled_counts(
    metrics: ServiceProcess, records: Records, eventually: Eventually
) -> list[str]:
    """Return what is shown of the facts that are stored, once that is all of them."""
    facts = (await records.restorable())[FACTS].values()
    held = Counter((one["institution"] or "none", one["status"]) for one in facts)
    wanted = {
        f'salur_cases{{agency="{agency}",status="{status}"}} {count}'
        for (agency, status), count in held.items()
    }
    await eventually(lambda: wanted <= set(shown(metrics)), "all facts in the counts")
    return shown(metrics)


async def forget_inputs(journey: Journey, eventually: Eventually) -> None:
    """Take all inputs away, as their retention does."""
    await journey.delete_topic(INPUT)
    await create_topics(journey.stack.kafka, AGENCIES)

    async def is_empty() -> bool:
        return not any(record.topic == INPUT for record in await journey.raw_records())

    await eventually(is_empty, "an empty topic of inputs")

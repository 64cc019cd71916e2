"""Institutions go and come while complaints do: nothing is lost, nobody gets anything twice."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest
from aiokafka import AIOKafkaConsumer

from deploy.dev.chaos.oracle.facts import Stream
from deploy.operate.agencies.regional_directory import PATH
from shared.contracts.identifiers import NAMESPACE
from shared.kafka.clients import client_options
from tests.conftest import BROKER
from tests.journeys.conftest import REGIONS, Journey, NewJourney, bearer, form

pytestmark = [pytest.mark.connected, pytest.mark.timeout(500)]
Eventually = Callable[..., Awaitable[None]]
GONE, HEIR, NEWCOMER = "kab-1101", "kota-3671", "kem-901"
BEFORE, WAVE, AFTER = 70, 35, 35


class Registry:
    """The operator of a system, with a directory of their own and `salur agencies`."""

    def __init__(self, journey: Journey, directory: Path) -> None:
        self.journey, self.directory = journey, directory

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        """Start a command."""
        stack = self.journey.stack
        key = await self.journey.key("operator", "tests")
        own = {"SALUR_INTAKE_URL": stack.url("intake"), "SALUR_API_KEY": key}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.cli", "agencies", *words),
            env={**os.environ, **stack.env, **own},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *words: str) -> dict[str, Any]:
        """Run a command to its end and return its last line."""
        process = await self.start(*words)
        said, progress = await process.communicate()
        assert process.returncode == 0, progress.decode()
        result: dict[str, Any] = json.loads(said.decode().splitlines()[-1])
        return result

    async def cases(self, code: str) -> dict[str, str]:
        """Return the status of each case in an institution's list, by number."""
        headers = bearer(await self.journey.key("operator", "tests"))
        found: dict[str, str] = {}
        path: str | None = f"/v1/agencies/{code}/complaints?limit=200"
        while path:
            _, page = await self.journey.call("GET", path, headers=headers)
            found |= {row["number"]: row["status"] for row in page["items"]}
            following = page.get("next")
            path = following and f"/v1/agencies/{code}/complaints?limit=200&cursor={following}"
        return found

    async def act(self, number: str, key: str, **action: object) -> None:
        path = f"/v1/complaints/{number}/actions"
        status, answer = await self.journey.call("POST", path, body=action, headers=bearer(key))
        assert status == 202, answer


@pytest.fixture
async def registry(new_journey: NewJourney, tmp_path: Path) -> Registry:
    directory = tmp_path / "operator" / "institutions.csv"
    directory.parent.mkdir()
    shutil.copy(PATH, directory)
    # The list of topics is renewed by nothing but a new directory.
    env = {
        "SALUR_DIRECTORY": str(directory),
        "SALUR_RELOAD_SECONDS": "0.5",
        "ROUTER_TOPICS_SECONDS": "3600",
    }
    journey = await new_journey(env=env)
    if BROKER == "apache":  # the embedded one takes long to let a member go
        await asyncio.to_thread(journey.stack.add, "router")  # each reads the directory by itself
    await journey.listen()
    return Registry(journey, directory)


def of_the_gone(journey: Journey, first: int, last: int) -> set[str]:
    """Return the numbers of the complaints `first` to `last` of the feed that are about it."""
    about = [n for n in range(first, last + 1) if n % 7 and REGIONS[n % 5] == "11.01"]
    keys = [str(uuid5(NAMESPACE, form(n)["text"])) for n in about]
    return {number for key in keys for number in journey.acknowledged[key]}


def sent_to(journey: Journey, code: str) -> list[str]:
    """Return whose complaint came to an institution's topic, once for each event."""
    seen = {
        one.ident: one.number
        for one in journey.observer.on(Stream.AGENCY)
        if one.place == code and one.outcome == "routed"
    }
    return list(seen.values())


async def test_a_merge_under_load_loses_nothing_and_a_newcomer_gets_its_first_complaint(
    registry: Registry, eventually: Eventually
) -> None:
    journey = registry.journey
    await journey.feed(BEFORE)
    await journey.arrives()
    answered, waits = await some_closed(registry, eventually)

    fed = await merged_under_load(registry, eventually)
    gone_by_then = set(sent_to(journey, GONE))
    await journey.feed(AFTER)
    verdict = await journey.arrives()

    theirs = of_the_gone(journey, 1, fed + AFTER)
    kept, passed_on = await registry.cases(GONE), await registry.cases(HEIR)
    assert kept == dict.fromkeys(answered, "completed")
    assert theirs - set(kept) == theirs & set(passed_on)
    assert passed_on[waits] == "postponed"
    received = [number for number in sent_to(journey, HEIR) if number in theirs]
    assert sorted(received) == sorted(theirs - set(kept))
    assert set(sent_to(journey, GONE)) == gone_by_then
    assert not gone_by_then & of_the_gone(journey, fed + 1, fed + AFTER)
    assert verdict.counts.counted == verdict.counts.accepted == fed + AFTER
    await counted_once(registry, len(answered), len(passed_on))
    await what_was_answered_is_reopened_at_the_heir(registry, answered, eventually)
    await a_newcomer_gets_its_first_complaint(registry, eventually)


async def some_closed(registry: Registry, eventually: Eventually) -> tuple[set[str], str]:
    """Answer two complaints, and send a third back to its reporter."""
    key = await registry.journey.key("agency", GONE, GONE)
    one, other, waits, *_ = sorted(await registry.cases(GONE))
    for number in (one, other):
        await registry.act(number, key, kind="complete", text="Sudah diperbaiki.")
    await registry.act(waits, key, kind="return_to_reporter", text="Di mana tepatnya?")

    async def done() -> bool:
        cases = await registry.cases(GONE)
        return (cases[one], cases[other], cases[waits]) == ("completed", "completed", "postponed")

    await eventually(done, "two answers and a question")
    return {one, other}, waits


async def merged_under_load(registry: Registry, eventually: Eventually) -> int:
    """Merge while complaints come, killed once on the way; return how many complaints came."""
    journey, merging, fed = registry.journey, asyncio.Event(), BEFORE
    merging.set()

    async def load() -> None:
        nonlocal fed
        while merging.is_set():
            await journey.feed(WAVE)
            fed += WAVE

    feeding = asyncio.create_task(load())
    words = ("merge", GONE, "--into", HEIR, "--settle", "2")
    broken = await registry.start(*words)

    async def some_moved() -> bool:
        return bool(set(sent_to(journey, GONE)) & set(sent_to(journey, HEIR)))

    await eventually(some_moved, "a case moved")
    broken.kill()
    await broken.communicate()
    changed = registry.directory.read_bytes()
    await registry.run(*words)
    again = await registry.run(*words)
    assert (again["moved"], registry.directory.read_bytes()) == (0, changed)
    merging.clear()
    await feeding
    return fed


async def counted_once(registry: Registry, kept: int, passed_on: int) -> None:
    metrics = registry.journey.stack.of("metrics")[0]
    period = datetime.now(UTC).year
    _, text = await asyncio.to_thread(metrics.get, f"/league.json?period={period}")
    table = json.loads(text)
    lines = {line["code"]: line for line in table["lines"]}
    assert (lines[GONE]["received"], lines[HEIR]["received"]) == (kept, passed_on)
    assert table["totals"]["received"] == len(registry.journey.acknowledged)
    former = registry.directory.with_name("names.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in former] == ["code", GONE]


async def what_was_answered_is_reopened_at_the_heir(
    registry: Registry, answered: set[str], eventually: Eventually
) -> None:
    officer, number = await registry.journey.key("officer", "desk"), min(answered)
    await registry.act(number, officer, kind="reopen", text="Rusak lagi.")

    async def is_there() -> bool:
        return (await registry.cases(HEIR)).get(number) == "routed"

    await eventually(is_there, "the reopened case at the heir")
    assert number not in await registry.cases(GONE)


async def a_newcomer_gets_its_first_complaint(registry: Registry, eventually: Eventually) -> None:
    journey = registry.journey
    logs = [router.child.log_path for router in journey.stack.of("router")]
    before = [log.read_text().count(" in use") for log in logs]

    def known_to_all() -> bool:
        return all(
            log.read_text().count(" in use") > n for log, n in zip(logs, before, strict=True)
        )

    await registry.run("add", NEWCOMER, "--type", "kementerian", "--name", "Kementerian Sungai")
    await eventually(known_to_all, "the new directory")

    body = {"text": "Sungai di belakang pasar meluap.", "institution": NEWCOMER}
    status, told = await journey.call("POST", "/v1/complaints", body=body)
    assert status == 202, told
    reader = AIOKafkaConsumer(
        f"agency-{NEWCOMER}", **client_options(journey.stack.kafka), auto_offset_reset="earliest"
    )
    await reader.start()
    try:
        async with asyncio.timeout(30):
            record = await reader.getone()
    finally:
        await reader.stop()
    assert json.loads(record.value)["number"] == told["number"]

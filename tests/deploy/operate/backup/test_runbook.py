"""Both databases lost, and restored by the runbook's own commands; then the system goes on.

The blocks marked `run` in deploy/README.md are taken from it and given to a shell.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from deploy.dev.chaos.oracle.facts import Stream
from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.backup.age import new_identity
from services.router.deadlines.due_index import CLOCKS
from services.router.republishing.input_positions import POSITION
from shared.database.collections import AUDIT, CASES, FACTS
from tests.conftest import BROKER
from tests.journeys.conftest import AGENCIES, Journey, bearer, form, running_journey

pytestmark = [pytest.mark.connected, pytest.mark.timeout(400)]
Database = dict[str, dict[str, Any]]
RUNBOOK = Path(__file__).parents[4] / "deploy" / "README.md"
BLOCK = re.compile(r"<!-- run: (\w+) -->\n\s*```sh\n(.*?)```", re.DOTALL)
ROUTERS_OWN = frozenset({CLOCKS, POSITION})
COMPLAINTS = 40
KEY = "5f0c1c52-93d5-4a0e-9d7e-0a1b2c3d4e5f"


def blocks() -> dict[str, str]:
    """Return the runbook's commands, by name."""
    return dict(BLOCK.findall(RUNBOOK.read_text(encoding="utf-8")))


class Operator:
    """Has a shell with the stack's environment in a folder of its own, and the runbook."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self.folder = folder
        shim = folder / "bin" / "salur"
        shim.parent.mkdir(parents=True)
        self.done: list[str] = []
        identity, self._recipient = new_identity()
        (folder / "backup-identity.txt").write_text(identity)
        program = Path(sys.executable).with_name("salur")
        # The embedded broker takes whoever has left a group for a member for ever.
        force = "" if BROKER == "apache" else '[ "$*" = restore ] && set -- restore --force\n'
        shim.write_text(f'#!/bin/sh\n{force}exec {program} "$@"\n')
        shim.chmod(0o700)

    async def run(self, name: str) -> str:
        """Run one block of the runbook; return what it said."""
        self.done.append(name)
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        ended = await asyncio.to_thread(
            subprocess.run,
            ["sh", "-eu", "-c", blocks()[name]],
            cwd=self.folder,
            env={
                **os.environ,
                **self._stack.env,
                "PATH": path,
                "BACKUP_RECIPIENT": self._recipient,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, f"{name}: {ended.stdout}{ended.stderr}"
        return ended.stdout


class Stored:
    """Both databases as their server keeps them, read and dropped from outside."""

    def __init__(self, url: str) -> None:
        self._client: MongoClient[Any] = MongoClient(url)

    def private(self) -> dict[str, set[bytes]]:
        """Return every document of the private database but the audit, as bytes."""
        raw = self._client.get_database(
            "salur_private", codec_options=CodecOptions(document_class=RawBSONDocument)
        )
        found = {
            name: {one.raw for one in raw[name].find()}
            for name in raw.list_collection_names()
            if name != AUDIT  # saving and restoring are entries of it
        }
        return {name: documents for name, documents in found.items() if documents}

    def restorable(self) -> Database:
        """Return cases and facts by id, without what is the router's own."""
        return {
            name: {
                str(one.pop("_id")): {key: one[key] for key in one if key not in ROUTERS_OWN}
                for one in self._client["salur"][name].find()
            }
            for name in (CASES, FACTS)
        }

    def drop(self) -> None:
        """Lose everything."""
        for name in ("salur", "salur_private"):
            self._client.drop_database(name)

    def close(self) -> None:
        self._client.close()


@pytest.fixture
async def journey(tmp_path: Path) -> AsyncIterator[Journey]:
    async with running_journey(
        StackOptions(tmp_path / "stack", AGENCIES, broker=BROKER)
    ) as journey:
        await journey.listen()
        yield journey


def test_the_runbook_has_the_blocks_that_are_run() -> None:
    assert list(blocks()) == ["save", "load", "look", "restore"]


async def submit(journey: Journey) -> dict[str, str]:
    """Submit one complaint as the public, under its key; the same every time."""
    headers = {"Idempotency-Key": KEY}
    status, told = await journey.call("POST", "/v1/complaints", body=form(10_000), headers=headers)
    assert status == 202, told
    journey.acknowledged[KEY] = frozenset({told["number"]})
    return dict(told)


async def track(journey: Journey, told: dict[str, str]) -> dict[str, Any]:
    """Open the reporter's timeline by the tracking code."""
    code = {"Tracking-Code": told["tracking_code"]}
    status, view = await journey.call("GET", f"/v1/complaints/{told['number']}", headers=code)
    assert status == 200, view
    return dict(view)


@pytest.fixture
def stored(journey: Journey) -> Iterator[Stored]:
    stored = Stored(journey.stack.database.url)
    yield stored
    stored.close()


async def test_both_databases_come_back_by_the_runbook_and_the_system_goes_on(
    journey: Journey, stored: Stored, tmp_path: Path
) -> None:
    operator = Operator(journey.stack, tmp_path / "operator")
    told = await submit(journey)
    await journey.feed(COMPLAINTS)
    await journey.arrives()
    view = await track(journey, told)
    services = journey.stack.instances
    await asyncio.gather(*(asyncio.to_thread(one.stop) for one in services))
    private, restorable = stored.private(), stored.restorable()
    said = len(journey.observer.on(Stream.EVENT)), len(journey.receiver.sayings)

    await operator.run("save")
    stored.drop()
    assert (stored.private(), stored.restorable()) == ({}, {CASES: {}, FACTS: {}})
    await operator.run("load")
    await operator.run("look")
    await operator.run("restore")

    assert stored.private() == private
    assert stored.restorable() == restorable
    assert len(restorable[CASES]) == COMPLAINTS + 1
    await asyncio.gather(*(asyncio.to_thread(one.start) for one in services))
    assert await track(journey, told) == view
    assert await submit(journey) == told
    key = bearer(await journey.key("operator", "tests"))
    assert (await journey.call("GET", "/v1/triage", headers=key))[0] == 200
    await journey.arrives()
    assert (len(journey.observer.on(Stream.EVENT)), len(journey.receiver.sayings)) == said
    await journey.feed(3)
    verdict = await journey.arrives()
    assert verdict.counts.accepted == COMPLAINTS + 4
    assert operator.done == list(blocks())

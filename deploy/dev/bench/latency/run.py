"""Complaints at a rate through all four services, whatever becomes of those before (open loop).

Seen at the 202, on `complaint-event`, to which the router publishes in the same call as to the
institution's topic, and at the webhook. Feeder and receiver work on the same machine.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from deploy.dev.bench.feeder import Feeder
from deploy.dev.bench.latency.timeline import NOTIFIED, ROUTED, Timeline
from deploy.dev.bench.records import Reader, Records, routed
from deploy.dev.bench.running import service
from deploy.dev.demo.load import Keyed
from deploy.dev.demo.receiver import Receiver
from deploy.dev.local.stack import Stack
from deploy.processes import PartFailed
from shared.contracts.topics import EVENT, SERVICES

WARM = 200  # complaints before the measured ones: connections, caches
LOOK_SECONDS, PATIENCE_SECONDS = 0.002, 60.0
Figures = Mapping[str, Mapping[str, float]]


async def measure_latency(stack: Stack, forms: Sequence[Keyed], *, rate: float) -> Figures:
    """Return milliseconds from when each was due until its 202, its event and its webhook.

    Raises:
        PartFailed: a part ended, one was not accepted, or not all came through.
    """
    feeder, receiver = Feeder(stack), Receiver()
    await feeder.prepare()
    async with AsyncExitStack() as opened:
        for name in SERVICES:
            await opened.enter_async_context(service(stack, name))
        await opened.enter_async_context(receiver)
        await feeder.set_endpoints(receiver)
        events = await opened.enter_async_context(Records(stack.kafka).reader([EVENT]))
        run = _Run(feeder, receiver, events)
        await run.feed(forms[:WARM], rate)
        run.timeline = Timeline()
        await run.feed(forms[WARM:], rate)
        return run.timeline.figures


class _Run:
    """Feeds and watches at once."""

    def __init__(self, feeder: Feeder, receiver: Receiver, events: Reader) -> None:
        self._feeder = feeder
        self._receiver = receiver
        self._events = events
        self.timeline = Timeline()

    async def feed(self, forms: Sequence[Keyed], rate: float) -> None:
        """Send these at a rate; return when all of them have arrived everywhere."""
        async with asyncio.TaskGroup() as tasks:
            events = tasks.create_task(self._watch_events(len(forms)))
            tasks.create_task(self._watch_webhooks(events))
            await self._feeder.submit_at(forms, rate, self.timeline.accepted)

    async def _watch_events(self, wanted: int) -> int:
        """Note each event; return how many of these complaints an institution has."""
        first = len(self._events.records)
        seen, deadline = first, time.monotonic() + PATIENCE_SECONDS
        while seen < first + wanted:
            found = await self._events.count()
            deadline = time.monotonic() + PATIENCE_SECONDS if found > seen else deadline
            for record in self._events.records[seen:]:
                self.timeline.note(ROUTED, json.loads(record.value)["number"])
            seen = found
            _check(deadline, f"{seen - first} of {wanted} events")
        return routed(self._events.records[first:])

    async def _watch_webhooks(self, events: asyncio.Task[int]) -> None:
        first = seen = len(self._receiver.sayings)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not events.done() or seen < first + events.result():
            await asyncio.sleep(LOOK_SECONDS)
            new = self._receiver.sayings[seen:]
            deadline = time.monotonic() + PATIENCE_SECONDS if new else deadline
            for said in new:
                self.timeline.note(NOTIFIED, said.number)
            seen += len(new)
            _check(deadline, f"{seen - first} webhooks")


def _check(deadline: float, where: str) -> None:
    if time.monotonic() > deadline:
        raise PartFailed("the path", f"stalled at {where}")

"""Runs the demo: endpoints set, feed sent, everything observed until it is through or stalls."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from deploy.dev.demo.load import Answers, Feed, Load
from deploy.dev.demo.observation import Observation
from deploy.dev.demo.observer import Observer
from deploy.dev.demo.oracle import Counts, DemoVerdict, judge
from deploy.dev.demo.receiver import Receiver
from deploy.dev.local.scrape import counted
from deploy.dev.local.stack import Stack
from shared.kafka.clients import create_producer

LOOK_SECONDS = 0.5
SETTLED_SECONDS = 2.0  # nothing may change for so long after everything is through
STALLED_SECONDS = 60.0  # without any change: what is missing then is lost
Watcher = Callable[[Counts], None]


@dataclass(frozen=True, slots=True)
class Result:
    """How the demo ended, and the observation it was judged by."""

    verdict: DemoVerdict
    seen: Observation
    unanswered: int
    seconds: float


class Demo:
    """One run on a stack that is up: who sends, who observes, who receives."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self._stack = stack
        self._seed = seed
        self._receiver = Receiver()
        self._observer = Observer(stack.kafka, stack.options.agencies)

    async def run(self, feed: Feed, watch: Watcher) -> Result:
        """Send a feed and wait until it is through; `watch` is shown the counts as they grow.

        Raises:
            PartFailed: a part of the stack ended.
        """
        started = time.monotonic()
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self._receiver)
            await opened.enter_async_context(self._observer)
            async with await self._stack.caller("operator", "demo") as operator:
                await self._receiver.listen(operator, self._stack.options.agencies)
            load = await opened.enter_async_context(self._load())
            sending = asyncio.create_task(load.send(feed))
            try:
                seen = await self._follow(sending, load.answers, len(feed.broken), watch=watch)
            finally:
                sending.cancel()
                with suppress(asyncio.CancelledError):
                    await sending
            return Result(judge(seen), seen, load.answers.unanswered, time.monotonic() - started)

    @asynccontextmanager
    async def _load(self) -> AsyncIterator[Load]:
        producer = create_producer(self._stack.kafka)
        intake = await self._stack.caller("gateway", "demo")
        async with intake, producer:
            yield Load(intake, producer, self._seed)

    async def _follow(
        self, sending: asyncio.Task[None], answers: Answers, broken: int, *, watch: Watcher
    ) -> Observation:
        last: Counts | None = None
        changed = time.monotonic()
        while True:
            seen = await self._observe(answers)
            verdict = judge(seen)
            watch(verdict.counts)
            if verdict.counts != last:
                last, changed = verdict.counts, time.monotonic()
            through = verdict.passed and verdict.counts.dead_lettered >= broken
            patience = SETTLED_SECONDS if through else STALLED_SECONDS
            if sending.done():
                sending.result()  # raises what ended it
                if time.monotonic() - changed > patience:
                    return seen
            self._stack.check()
            await asyncio.sleep(LOOK_SECONDS)

    async def _observe(self, answers: Answers) -> Observation:
        self._observer.check()
        total = await counted([one.url for one in self._stack.of("metrics")])
        return Observation(
            acknowledged={key: frozenset(found) for key, found in answers.acknowledged.items()},
            refused=answers.refused,
            sayings=(*self._observer.sayings, *self._receiver.sayings),
            letters=tuple(self._observer.letters),
            counted=total,
        )

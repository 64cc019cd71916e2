"""Runs on one system: load and faults at once, healing, settling, and the oracle's judgement."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Self

from deploy.dev.chaos.faults.groups import Retention
from deploy.dev.chaos.faults.processes import BadRelease
from deploy.dev.chaos.load import Answers, Load, plan_load
from deploy.dev.chaos.oracle.facts import TRIAGE, Promise, Seen, Violation
from deploy.dev.chaos.oracle.judging import entries_of, judge, overtaken, repeats
from deploy.dev.chaos.oracle.kafka import KafkaWatcher
from deploy.dev.chaos.oracle.receiver import Receiver
from deploy.dev.chaos.oracle.records import LogWatcher, stored_cases
from deploy.dev.chaos.oracle.sabotage import Sabotage, caught, tampered
from deploy.dev.chaos.oracle.scraper import Scraper
from deploy.dev.chaos.plan import Timed, draw_run
from deploy.dev.chaos.system import AGENCIES, System
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.keys.keys_and_audit import new_key
from deploy.processes import free_port

LOAD_SECONDS = 11.0  # or until a second after the last fault was healed
COMPLAINTS = 30
LOOK_SECONDS = 0.3
PATIENCE_SECONDS = 180.0  # after healing, with two turns of intake's reconciler in it
LOGS = "*-*.log"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What came of one run."""

    number: int
    faults: Sequence[Timed]
    findings: Sequence[Violation]
    unanswered: Sequence[str]
    accepted: int
    entries: int
    repeats: int
    overtaken: int
    caught: Sequence[Sabotage]
    recovery: float | None  # seconds; None where it never came
    seconds: float
    folder: Path

    @property
    def passed(self) -> bool:
        """Tell whether all promises were kept, and the oracle is worth something."""
        whole = len(self.caught) == len(Sabotage)
        return not self.findings and not self.unanswered and self.recovery is not None and whole


@dataclass
class Session:
    """One system with its observers, for as many runs as it stays whole."""

    system: System
    answers: Answers = field(default_factory=Answers)

    def __post_init__(self) -> None:
        system = self.system
        self._opened = AsyncExitStack()
        self._receiver = Receiver(free_port())
        self._kafka = KafkaWatcher(system.cluster.url)
        others = [url for name in ("intake", "router", "notifier") for url in system.urls(name)]
        self._scraper = Scraper(system.urls("metrics"), others)
        self._logs = LogWatcher(system.folder, LOGS)
        self._keys: dict[str, str] = {}
        self._known: set[Violation] = set()
        self._forgiven: set[str] = set()

    async def __aenter__(self) -> Self:
        await self._opened.enter_async_context(self.system.links)
        self._opened.push_async_callback(asyncio.to_thread, self.system.stop)
        await asyncio.to_thread(self.system.start)
        await self._opened.enter_async_context(self._receiver)
        for role in ("operator", "gateway"):
            self._keys[role] = await new_key(self.system.mongo, role, "chaos")
        async with IntakeClient(self.system.urls("intake")[0], self._keys["operator"]) as intake:
            for agency in AGENCIES:
                answer = await intake.set_endpoint(agency, self._receiver.url(agency))
                self._receiver.secrets[agency] = str(answer["secret"])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    async def run(self, number: int, plan: Sequence[Timed], random: Random, say: Say) -> Outcome:
        """Do one run and judge it; faults are healed whatever happens."""
        began = time.monotonic()
        before = len(self.answers.promises)
        answers = len(self.answers.refusals)
        scraping = asyncio.create_task(self._scrape())
        try:
            recovery = await self._live(number, plan, random, say)
        finally:
            scraping.cancel()
            await asyncio.gather(scraping, return_exceptions=True)
        seen = await self._seen()
        findings = [one for one in judge(seen) if one not in self._known]
        self._known.update(findings)
        accepted = self.answers.kept[before:]
        return Outcome(
            number=number,
            faults=plan,
            findings=findings,
            unanswered=self.answers.refusals[answers:],
            accepted=len(accepted),
            entries=sum(promise.entries for promise in accepted),
            repeats=repeats(seen.sayings),
            overtaken=overtaken(seen),
            caught=[one for one in Sabotage if caught(seen, one, random)],
            recovery=recovery,
            seconds=time.monotonic() - began,
            folder=self.system.folder,
        )

    async def sabotaged(self, sabotage: Sabotage, random: Random) -> list[Violation]:
        """Return what the oracle finds in what was seen until now, with one record tampered."""
        return judge(tampered(await self._seen(), sabotage, random))

    def _forgive(self, promises: Sequence[Promise]) -> None:
        # What Kafka lost was acknowledged; complaints are said again, and what was asked of a
        # complaint that was away meanwhile was refused.
        self.answers.at_risk |= {promise.number for promise in promises}
        self._forgiven.add("unknown_complaint")

    async def _live(
        self, number: int, plan: Sequence[Timed], random: Random, say: Say
    ) -> float | None:
        """Return how many seconds after healing the newest complaint was through."""
        load = Load(self.system.urls("intake"), self._keys, self.answers, patience=PATIENCE_SECONDS)
        prefix = f"chaos-{number}-{random.getrandbits(32):08x}"
        planned = plan_load(
            random, prefix=prefix, complaints=COMPLAINTS, seconds=_load_seconds(plan)
        )
        before = len(self.answers.promises)
        for timed in plan:
            if isinstance(timed.fault, BadRelease):
                await timed.fault.join(self.system)
        sending = asyncio.create_task(load.send(planned))
        try:
            began = time.monotonic()
            await asyncio.gather(*(self._strike(one, began, say) for one in plan))
            healed, newest = time.monotonic(), self.answers.kept
            recovered = await self._wait(partial(self._is_through, newest), healed)
            await sending
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        if any(isinstance(timed.fault, Retention) for timed in plan):
            self._forgive(self.answers.promises[before:])
        if recovered is None:
            return None
        await self._wait(self._is_settled, time.monotonic())
        return recovered - healed

    async def _strike(self, timed: Timed, began: float, say: Say) -> None:
        await asyncio.sleep(timed.at)
        try:
            await timed.fault.begin(self.system)
            say(f"  {time.monotonic() - began:5.1f} s  {timed.fault}")
            await asyncio.sleep(timed.lasts)
        finally:
            await timed.fault.heal(self.system)
        say(f"  {time.monotonic() - began:5.1f} s  healed: {timed.fault}")

    async def _wait(self, is_so: Callable[[], Awaitable[bool]], since: float) -> float | None:
        while time.monotonic() - since < PATIENCE_SECONDS:
            if await is_so():
                return time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
        return None

    async def _is_through(self, promises: Sequence[Promise]) -> bool:
        """Tell whether the newest of these was delivered, and as many as these are counted."""
        told = {saying.number for saying in self._receiver.sayings}
        routed = [promise for promise in promises if promise.place != TRIAGE]
        delivered = not routed or routed[-1].number in told
        return delivered and sum(self._scraper.counts.values()) >= len(promises)

    async def _is_settled(self) -> bool:
        promises = self.answers.kept
        seen = Seen(promises, stored=await self._stored() if self.answers.at_risk else {})
        told = {(saying.number, saying.seq) for saying in self._receiver.sayings}
        delivered = all(
            (promise.number, entries_of(promise, seen)) in told
            for promise in promises
            if promise.place != TRIAGE
        )
        return delivered and sum(self._scraper.counts.values()) == len(promises)

    async def _stored(self) -> Mapping[str, int]:
        return await asyncio.to_thread(stored_cases, self.system.database.url)

    async def _scrape(self) -> None:
        while True:
            await self._scraper.scrape(self.answers.sent)
            await asyncio.sleep(LOOK_SECONDS)

    async def _seen(self) -> Seen:
        await self._kafka.read()
        await asyncio.to_thread(self._logs.read)
        await self._scraper.scrape(self.answers.sent)
        watchers = (self._kafka, self._receiver, self._scraper, self._logs)
        return Seen(
            promises=self.answers.kept,
            unanswered=self.answers.unanswered,
            sayings=[*self._kafka.sayings, *self._receiver.sayings],
            stored=await self._stored(),
            counts=dict(self._scraper.counts),
            surpluses=list(self._scraper.surpluses),
            letters=list(self._kafka.letters),
            forgiven=frozenset(self._forgiven),
            leaks=[leak for watcher in watchers for leak in watcher.leaks],
        )


def _load_seconds(plan: Sequence[Timed]) -> float:
    return max(LOAD_SECONDS, *(timed.at + timed.lasts + 1 for timed in plan))


def plans(random: Random, deck: Iterator[str], runs: int, at_once: int) -> Iterator[list[Timed]]:
    """Yield the faults of each run, from two to `at_once` of them."""
    for _ in range(runs):
        yield draw_run(random, deck, random.randint(min(2, at_once), at_once))

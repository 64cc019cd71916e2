"""One round of the bench: every stage once, on a stack that has broker, database and topics."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from deploy.bench.baseline import GROUP
from deploy.bench.baseline import TOPIC as BASELINE
from deploy.bench.feeder import Feeder
from deploy.bench.measure import Meter, Reading, calm
from deploy.bench.records import Records
from deploy.bench.running import bare_loop, service
from deploy.demo.load import Keyed
from deploy.demo.receiver import Receiver
from deploy.demo.scrape import counted
from deploy.local.stack import Stack
from shared.errors import Misconfigured
from shared.topics import EVENT, INPUT, SERVICES, agency_topic

SCRAPE_SECONDS = 0.5  # a scrape costs the service that is asked
Tell = Callable[[str], None]


class Round:
    """Measures stage after stage; the order matters, since each leaves the next one's records."""

    def __init__(self, stack: Stack, tell: Tell) -> None:
        self._stack = stack
        self._tell = tell
        self._records = Records(stack.kafka)
        self._feeder = Feeder(stack)
        self._receiver = Receiver()
        self._agency_topics = [agency_topic(code) for code in stack.options.agencies]

    async def run(self, first: Sequence[Keyed], second: Sequence[Keyed]) -> Mapping[str, Reading]:
        """Measure each stage with the first complaints and the whole path with the second.

        Raises:
            PartFailed: a part ended, or what was sent did not come through.
            Misconfigured: none of the first complaints was routed.
        """
        await self._feeder.prepare()
        async with self._receiver:
            readings = {"intake": await self._intake(first)}
            accepted = await self._records.read([INPUT])
            readings["baseline"] = await self._baseline(accepted)
            readings["router"] = await self._router(accepted)
            readings["notifier"] = await self._notifier()
            readings["metrics"] = await self._metrics()
            readings["whole"] = await self._whole(second)
        return readings

    async def _intake(self, forms: Sequence[Keyed]) -> Reading:
        self._tell("intake: setting endpoints, then complaints over HTTP")
        async with service(self._stack, "intake") as intake:
            await self._feeder.set_endpoints(self._receiver)
            await calm(intake)
            meter = Meter([intake])
            await self._feeder.submit(forms)
            return meter.read(len(forms))

    async def _baseline(self, accepted: Sequence[Any]) -> Reading:
        self._tell("baseline: the same records through a bare loop")
        await self._records.create_baseline_topic()
        await self._skip(GROUP, [INPUT])
        async with (
            bare_loop(self._stack) as loop,
            self._records.counter([BASELINE]) as copies,
        ):
            meter = Meter([loop])
            await self._records.write(accepted)
            await meter.until(len(accepted), copies.written, "records copied")
            return meter.read(len(accepted))

    async def _router(self, accepted: Sequence[Any]) -> Reading:
        self._tell("router: the same records")
        await self._skip("router", [INPUT])
        async with (
            service(self._stack, "router") as router,
            self._records.counter([EVENT]) as events,
        ):
            meter = Meter([router])
            await self._records.write(accepted)
            await meter.until(len(accepted), events.written, "events")
            return meter.read(len(accepted))

    async def _notifier(self) -> Reading:
        routed = await self._records.read(self._agency_topics)
        if not routed:
            raise Misconfigured("no complaint was routed, so nothing to notify; more --complaints")
        self._tell(f"notifier: {len(routed)} complaints that were routed")
        await self._skip("notifier", self._agency_topics)
        async with service(self._stack, "notifier") as notifier:
            meter = Meter([notifier])
            await self._records.write(routed)
            await meter.until(len(routed), self._webhooks, "webhooks")
            return meter.read(len(routed))

    async def _metrics(self) -> Reading:
        changes = await self._records.read([EVENT])
        self._tell("metrics: what the router said of them")
        await self._skip("metrics", [EVENT])
        async with (
            service(self._stack, "metrics") as metrics,
            self._records.counter([EVENT], "metrics") as events,
        ):
            wanted = await events.written() + len(changes)
            meter = Meter([metrics])
            await self._records.write(changes)
            await meter.until(wanted, events.committed, "events committed")
            meter.stop_clock()
            await meter.until(len(changes), self._cases, "cases counted", poll=SCRAPE_SECONDS)
            return meter.read(len(changes))

    async def _whole(self, forms: Sequence[Keyed]) -> Reading:
        self._tell("whole: all four, and as many new complaints over HTTP")
        async with AsyncExitStack() as opened:
            started = [
                await opened.enter_async_context(service(self._stack, name)) for name in SERVICES
            ]
            routed = await opened.enter_async_context(self._records.counter([INPUT], "router"))
            told = await opened.enter_async_context(self._records.counter(self._agency_topics))
            wanted = await routed.committed() + len(forms)
            arrived = await self._webhooks() - await told.written()
            cases = await self._cases() + len(forms)
            meter = Meter(started)
            await self._feeder.submit(forms)
            # What the router has committed, it has also published.
            await meter.until(wanted, routed.committed, "complaints routed")
            arrived += await told.written()
            await meter.until(arrived, self._webhooks, "webhooks")
            await meter.until(cases, self._cases, "cases counted", poll=SCRAPE_SECONDS)
            return meter.read(len(forms))

    async def _skip(self, group: str, topics: Sequence[str]) -> None:
        async with self._records.counter(topics, group) as counter:
            await counter.skip()

    async def _webhooks(self) -> int:
        return len({call.webhook_id for call in self._receiver.calls})

    async def _cases(self) -> int:
        return await counted([self._stack.url("metrics")])

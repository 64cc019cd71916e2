"""One round of the bench: every stage once, on a stack that has broker, database and topics."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise

from deploy.dev.bench.baseline import GROUP, SOURCE
from deploy.dev.bench.feeder import Feeder
from deploy.dev.bench.measure import CostReading, Meter, calm
from deploy.dev.bench.records import Group, Kept, Records, routed
from deploy.dev.bench.report import StageReading
from deploy.dev.bench.running import bare_loop, service
from deploy.dev.demo.load import Keyed
from deploy.dev.demo.receiver import Receiver
from deploy.dev.local.scrape import counted
from deploy.dev.local.stack import Stack
from shared.contracts.topics import EVENT, INPUT, SERVICES, agency_topic
from shared.errors import Misconfigured

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

    async def run(
        self, first: Sequence[Keyed], second: Sequence[Keyed]
    ) -> Mapping[str, StageReading]:
        """Measure each stage with the first complaints and the whole path with the second.

        The bare loop runs after each stage, so before the next one too; it cannot run before
        intake, whose records it reads.

        Raises:
            PartFailed: a part ended, or what was sent did not come through.
            Misconfigured: none of the first complaints was routed.
        """
        await self._feeder.prepare()
        await self._records.create_baseline_topics()
        async with self._receiver:
            costs = {"intake": await self._intake(first)}
            accepted = await self._records.read([INPUT], len(first))
            bare = [await self._baseline(accepted)]
            costs["router"], changes = await self._router(accepted)
            bare.append(await self._baseline(accepted))
            costs["notifier"] = await self._notifier(routed(changes))
            bare.append(await self._baseline(accepted))
            costs["metrics"] = await self._metrics(changes)
            bare.append(await self._baseline(accepted))
            costs["whole"] = await self._whole(second)
            bare.append(await self._baseline(accepted))
        around = [bare[:1], *map(list, pairwise(bare))]
        return {
            stage: StageReading(cost, loops)
            for (stage, cost), loops in zip(costs.items(), around, strict=True)
        }

    async def _intake(self, forms: Sequence[Keyed]) -> CostReading:
        self._tell("intake: setting endpoints, then complaints over HTTP")
        async with service(self._stack, "intake") as intake:
            await self._feeder.set_endpoints(self._receiver)
            await calm(intake)
            meter = Meter([intake])
            await self._feeder.submit(forms)
            return meter.read(len(forms))

    async def _baseline(self, accepted: Kept) -> CostReading:
        self._tell("baseline: the same records through a bare loop")
        async with self._records.group(GROUP, [SOURCE]) as group:
            wanted = await group.committed() + len(accepted)
            async with bare_loop(self._stack) as loop:
                meter = Meter([loop])
                await self._records.write(accepted, SOURCE)
                await meter.until(wanted, group.committed, "records committed")
                return meter.read(len(accepted))

    async def _router(self, accepted: Kept) -> tuple[CostReading, Kept]:
        self._tell("router: the same records")
        async with (
            self._skipping("router", [INPUT], accepted),
            service(self._stack, "router") as router,
            self._records.reader([EVENT]) as events,
        ):
            meter = Meter([router])
            await self._records.write(accepted)
            await meter.until(len(accepted), events.count, "events", poll=0)
            return meter.read(len(accepted)), events.records

    async def _notifier(self, wanted: int) -> CostReading:
        if not wanted:
            raise Misconfigured("no complaint was routed, so nothing to notify; more --complaints")
        self._tell(f"notifier: {wanted} complaints that were routed")
        told = await self._records.read(self._agency_topics, wanted)
        async with (
            self._skipping("notifier", self._agency_topics, told),
            service(self._stack, "notifier") as notifier,
        ):
            meter = Meter([notifier])
            await self._records.write(told)
            await meter.until(wanted, self._webhooks, "webhooks")
            return meter.read(wanted)

    async def _metrics(self, changes: Kept) -> CostReading:
        self._tell("metrics: what the router said of them")
        async with self._skipping("metrics", [EVENT], changes) as group:
            wanted = await group.committed() + len(changes)
            async with service(self._stack, "metrics") as metrics:
                meter = Meter([metrics])
                await self._records.write(changes)
                await meter.until(wanted, group.committed, "events committed")
                meter.stop_clock()
                await meter.until(len(changes), self._cases, "cases counted", poll=SCRAPE_SECONDS)
                return meter.read(len(changes))

    async def _whole(self, forms: Sequence[Keyed]) -> CostReading:
        self._tell("whole: all four, and as many new complaints over HTTP")
        async with AsyncExitStack() as opened:
            started = [
                await opened.enter_async_context(service(self._stack, name)) for name in SERVICES
            ]
            events = await opened.enter_async_context(self._records.reader([EVENT]))
            meter = Meter(started)
            old = 2 * len(forms)  # the router's, and again for metrics
            await meter.until(old, events.count, "earlier events", poll=0)
            told, cases = await self._webhooks(), await self._cases()
            meter = Meter(started)
            await self._feeder.submit(forms)
            await meter.until(old + len(forms), events.count, "events", poll=0)
            told += routed(events.records[old:])
            await meter.until(told, self._webhooks, "webhooks")
            wanted = cases + len(forms)
            await meter.until(wanted, self._cases, "cases counted", poll=SCRAPE_SECONDS)
            return meter.read(len(forms))

    @asynccontextmanager
    async def _skipping(
        self, group: str, topics: Sequence[str], records: Kept
    ) -> AsyncIterator[Group]:
        """Have a group that is not running yet begin after these records; yield where it is."""
        async with self._records.group(group, topics) as found:
            await found.skip(records)
            yield found

    async def _webhooks(self) -> int:
        return len({call.ident for call in self._receiver.sayings})

    async def _cases(self) -> int:
        return await counted([self._stack.url("metrics")])

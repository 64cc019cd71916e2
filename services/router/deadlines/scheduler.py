"""Has the clocks of the cases in this process's partitions ring: says which deadlines have passed.

It writes no case. It sends `deadline_passed` to `complaint-input`, where it takes its turn behind
whatever was said before, and the stage settles it as it does every input. Two who fire for one
case say the same under the same id, so a rebalance needs no hand-over.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.router.deadlines.due_index import DueCase, DueCases
from services.router.domain.case.publications import SOURCE
from services.router.domain.case.timekeeper import Timekeeper
from services.router.store import CaseStore
from shared.contracts.case import Case
from shared.contracts.deadlines import Deadline
from shared.contracts.events import DeadlinePassed, InputType
from shared.contracts.topics import INPUT
from shared.errors import BrokerAway
from shared.kafka.envelope import Outgoing
from shared.runtime.clock import Clock
from shared.telemetry.registry import Telemetry

PAGE = 200  # cases read and told at a time
MOST = 2_000  # cases of one partition that are told and not yet settled
# What Kafka acknowledged waits for its turn, however long that takes; said again all the same,
# for a person may have skipped it.
AGAIN_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class DeadlineSchedulerPorts:
    """What firing needs from outside; `publish` returns what has no topic."""

    cases: CaseStore
    due: DueCases
    publish: Callable[[Sequence[Outgoing]], Awaitable[Sequence[Outgoing]]]
    timekeeper: Callable[[], Timekeeper]
    clock: Clock
    telemetry: Telemetry


class DeadlineScheduler:
    """Fires for the partitions it was assigned.

    `grace` is how long after a deadline it is fired, so that inputs stamped before it come first.
    """

    def __init__(self, ports: DeadlineSchedulerPorts, grace: timedelta) -> None:
        self._ports = ports
        self._grace = grace
        self._partitions: frozenset[int] = frozenset()
        self._told: dict[DueCase, datetime] = {}

    def assigned(self, partitions: frozenset[int]) -> None:
        """From now on fire for the cases of these partitions, and no others."""
        self._partitions = partitions
        self._told = {}

    async def turn(self) -> None:
        """Fire what has passed by the wall clock; the same again later where something is away."""
        now = self._ports.clock.now()
        time, before = self._ports.timekeeper(), now - self._grace
        found: list[DueCase] = []
        for partition in sorted(self._partitions):
            await self._retime(partition, time)
            found += await self._ports.due.due(partition, before, version=time.version, most=MOST)
        self._ports.telemetry.gauge("salur_clocks_due").set(len(found))
        waited = (now - min((one.at for one in found), default=now)).total_seconds()
        self._ports.telemetry.gauge("salur_clocks_oldest_due_seconds").set(waited)
        told = {one: self._told[one] for one in found if one in self._told}
        self._told = {one: at for one, at in told.items() if now - at < AGAIN_AFTER}
        for page in _pages([one for one in found if one not in self._told]):
            await self._tell(page, before, time)
            self._told |= dict.fromkeys(page, now)

    async def advance_to(self, partition: int, as_of: datetime) -> None:
        """Fire all of a partition that passes by an instant; all is acknowledged then.

        One record per case, of its last deadline, settles those before it: what it brings about
        lies behind the tick and need not be seen.
        """
        time = self._ports.timekeeper()
        await self._retime(partition, time)
        for page in _pages(await self._ports.due.due(partition, as_of, version=time.version)):
            await self._tell(page, as_of, time)

    async def _retime(self, partition: int, time: Timekeeper) -> None:
        while ids := await self._ports.due.stale(partition, version=time.version, most=PAGE):
            cases = await self._ports.cases.load(ids)
            await self._ports.due.retime(cases.values(), time)

    async def _tell(self, page: Sequence[DueCase], instant: datetime, time: Timekeeper) -> None:
        cases = await self._ports.cases.load(one.complaint_id for one in page)
        if await self._ports.publish(list(_records(cases.values(), instant, time))):
            raise BrokerAway(f"topic {INPUT} is missing or forbidden; create it")


def _records(cases: Iterable[Case], instant: datetime, time: Timekeeper) -> Iterator[Outgoing]:
    for case in cases:
        deadline = time.last_passed(case, instant)
        if deadline is not None:
            yield _record(case.complaint.complaint_id, deadline)


def _record(complaint: UUID, deadline: Deadline) -> Outgoing:
    value = DeadlinePassed(complaint_id=complaint, deadline=deadline)
    return Outgoing(
        topic=INPUT,
        key=str(complaint).encode(),
        value=value.model_dump_json(exclude_none=True).encode(),
        ce_id=str(value.input_id),
        ce_type=InputType.DEADLINE_PASSED,
        ce_source=SOURCE,
        ce_time=value.at,
    )


def _pages(found: Sequence[DueCase]) -> Iterator[Sequence[DueCase]]:
    return (found[start : start + PAGE] for start in range(0, len(found), PAGE))

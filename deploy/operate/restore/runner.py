"""The run itself: every event once, in order, batch by batch into each collection.

Of each complaint the highest `seq` wins: within a batch here, against what is stored by the
writers' own guard. So a run may end anywhere and begin again, and gives the same.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from deploy.operate.restore.event_reader import EventSource
from deploy.operate.restore.outcomes import (
    COMPARED,
    WRITTEN,
    WRONG,
    RestoreOutcome,
    RestoreOutcomes,
)
from deploy.operate.restore.targets import RestoredState, RestoreTarget, Value
from shared.errors import Permanent
from shared.kafka.consumer.tolerant_consumer import UNREADABLE, UnreadableRecord
from shared.kafka.envelope import Record

MOST_NAMED = 100  # undecodable records that are kept for the result; all are counted and said
SAID_EVERY = 10_000
Say = Callable[[str], object]


class Undecoded(NamedTuple):
    """A record that a collection could not take; `reason` names no value."""

    partition: int
    offset: int
    collection: str
    reason: str


@dataclass(slots=True)
class RestoreReport:
    """What came of a run; `undecodable` counts records, each once."""

    dry_run: bool
    events: int = 0
    undecodable: int = 0
    named: list[Undecoded] = field(default_factory=list)
    outcomes: dict[str, Counter[RestoreOutcome]] = field(default_factory=dict)
    only_stored: dict[str, int] = field(default_factory=dict)  # in a dry run: without any event

    @property
    def is_right(self) -> bool:
        """Tell whether nothing was left out and, in a dry run, nothing is to be restored."""
        differing = sum(counts[outcome] for counts in self.outcomes.values() for outcome in WRONG)
        return not (self.undecodable or differing or any(self.only_stored.values()))

    def plain(self) -> dict[str, Any]:
        """Return the report for a machine."""
        shown = COMPARED if self.dry_run else WRITTEN
        collections = {
            name: {str(outcome): counts[outcome] for outcome in shown}
            | ({"only_stored": self.only_stored[name]} if self.dry_run else {})
            for name, counts in self.outcomes.items()
        }
        named = [one._asdict() for one in self.named]
        counted = {"events": self.events, "undecodable": self.undecodable}
        return {"dry_run": self.dry_run, **counted, **collections, "undecodable_at": named}


async def restore(
    events: EventSource, targets: Sequence[RestoreTarget[Any]], *, say: Say, dry_run: bool = False
) -> RestoreReport:
    """Read all events up to the present end; write what is newer, or only compare.

    Raises:
        BrokerAway, DatabaseAway: what was written until then is right; run it again.
    """
    run = _Run(targets, say, RestoreReport(dry_run))
    if not dry_run:
        for target in targets:
            await target.prepare()
    ends = await events.ends()
    for partition, end in sorted(ends.items()):
        async for records in events.batches(partition, end):
            await run.take(records)
        run.close(f"partition {partition}, {len(ends)} in all")
    run.count()
    if dry_run:
        await run.find_strangers()
    return run.report


class _Run:
    def __init__(
        self, targets: Sequence[RestoreTarget[Any]], say: Say, report: RestoreReport
    ) -> None:
        self.report = report
        self._targets = targets
        self._say = say
        self._outcomes = {target.name: RestoreOutcomes() for target in targets}
        self._unsaid = 0

    async def take(self, records: Sequence[Record]) -> None:
        self.report.events += len(records)
        undecoded: set[tuple[int, int]] = set()
        for target in self._targets:
            states, broken = _decoded(target, records)
            undecoded |= {(one.partition, one.offset) for one in broken}
            self._name(broken)
            judge = target.compare if self.report.dry_run else target.write
            self._outcomes[target.name].note(await judge(newest(states)))
        self.report.undecodable += len(undecoded)
        self._progress(len(records))

    def close(self, what: str) -> None:
        """End a partition."""
        for outcomes in self._outcomes.values():
            outcomes.close()
        if self._unsaid:
            self._say(f"{what}: {self.report.events} events read")
        self._unsaid = 0

    def count(self) -> None:
        """Count the complaints of all partitions, each once."""
        self.report.outcomes = {name: one.counts() for name, one in self._outcomes.items()}

    async def find_strangers(self) -> None:
        for target in self._targets:
            counts = self.report.outcomes[target.name]
            known = counts.total() - counts[RestoreOutcome.MISSING]
            self.report.only_stored[target.name] = await target.count() - known

    def _progress(self, count: int) -> None:
        self._unsaid += count
        if self._unsaid >= SAID_EVERY:
            self._say(f"{self.report.events} events read")
            self._unsaid = 1

    def _name(self, broken: Iterable[Undecoded]) -> None:
        for one in broken:
            self._say(f"partition {one.partition} offset {one.offset}: {one.reason}")
            if len(self.report.named) < MOST_NAMED:
                self.report.named.append(one)


def newest(states: Iterable[RestoredState[Value]]) -> list[RestoredState[Value]]:
    """Return one state per complaint, of its highest `seq`."""
    found: dict[UUID, RestoredState[Value]] = {}
    for state in states:
        known = found.get(state.complaint_id)
        if known is None or state.seq > known.seq:
            found[state.complaint_id] = state
    return list(found.values())


def _decoded(
    target: RestoreTarget[Value], records: Sequence[Record]
) -> tuple[list[RestoredState[Value]], list[Undecoded]]:
    states: list[RestoredState[Value]] = []
    broken: list[Undecoded] = []
    for record in records:
        found = _read(target, record)
        if isinstance(found, Permanent):
            broken.append(Undecoded(record.partition, record.offset, target.name, str(found)))
        else:
            states.append(found)
    return states, broken


def _read(target: RestoreTarget[Value], record: Record) -> RestoredState[Value] | Permanent:
    if isinstance(record, UnreadableRecord):
        return UNREADABLE
    try:
        return target.decode(record)
    except Permanent as reason:
        return reason

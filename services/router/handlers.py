"""The router's stage: inputs of a batch folded case by case, written once, then published."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiokafka import TopicPartition

from services.router.deadlines.scheduler import DeadlineScheduler
from services.router.domain.case.agencies import NOT_PROVISIONED, AgencyDirectoryView
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.machine import undeliverable
from services.router.domain.case.publications import publications, refused_event
from services.router.domain.case.timekeeper import Timekeeper
from services.router.domain.routing.engine import Decider
from services.router.duplicates.linker import DuplicateLinker
from services.router.provisioned import ProvisionedAgencies
from services.router.refusals_store import RefusalStore
from services.router.republishing.input_positions import InputPosition, WrittenCases
from services.router.store import CaseStore
from shared.contracts.case import Case, Decision, Entry, InputKind, Refusal
from shared.contracts.deadlines import Deadline
from shared.contracts.events import (
    ActionRequested,
    Asked,
    DeadlinePassed,
    InputType,
    RepublishRequested,
    Submitted,
    Tick,
)
from shared.contracts.refused_actions import RefusedAction
from shared.contracts.topics import agency_of
from shared.errors import BrokerAway, Permanent, Undecodable
from shared.kafka.envelope import Outgoing, Record, decode, event_type
from shared.reference.units import UnitNames
from shared.runtime.clock import Clock
from shared.stage.handler import DecodedRecord, HandlerResult, StageHandler
from shared.stage.recovery.retention_gaps import DeletedRanges
from shared.telemetry.registry import Telemetry

Given = Asked | Tick
Group = Sequence[DecodedRecord[Asked]]
_DECIDED = frozenset({InputKind.SUBMITTED, InputKind.SUPPLEMENT})  # by the router's own judgement
_MODELS: Mapping[str, type[Asked]] = {
    InputType.SUBMITTED: Submitted,
    InputType.ACTION: ActionRequested,
    InputType.DEADLINE_PASSED: DeadlinePassed,
    InputType.SAY_AGAIN: RepublishRequested,
}


@dataclass(frozen=True, slots=True)
class RouterPorts:
    """What the handler needs from outside; all that is asked for may change between batches."""

    store: CaseStore
    refusals: RefusalStore
    provisioned: ProvisionedAgencies
    decider: Callable[[], Decider]
    known: Callable[[], frozenset[str]]
    investigated: Callable[[], frozenset[str]]
    timekeeper: Callable[[], Timekeeper]
    firing: DeadlineScheduler
    written: WrittenCases
    clock: Clock
    telemetry: Telemetry
    duplicates: DuplicateLinker | None = None  # None: reports are not compared
    scenario: bool = False  # time comes from ticks
    succession: Callable[[], Mapping[str, str | None]] = dict  # of closed institutions
    units: Callable[[], UnitNames] = UnitNames  # that an erasure leaves


class RouterHandler(StageHandler[Given]):
    """Reads `complaint-input`; the only writer of cases."""

    def __init__(self, ports: RouterPorts) -> None:
        self._ports = ports
        self._routed_from: list[datetime] = []

    def decode(self, record: Record) -> Given:
        """Return the input; its key must be its complaint's id, or order would be lost."""
        kind = event_type(record)
        if kind == InputType.TICK:
            return self._tick(record)
        if kind not in _MODELS:
            raise Undecodable("unknown_event_type", f"ce_type {kind[:100]} is not an input")
        value: Asked = decode(record, _MODELS[kind])
        if record.key != str(value.complaint_id).encode():
            raise Undecodable("wrong_key", f"the key is not the complaint id {value.complaint_id}")
        return value

    async def handle(self, batch: Sequence[DecodedRecord[Given]]) -> HandlerResult:
        """Fold, write and publish; cases changed by another owner are read and folded again.

        Ticks come last: what lies before one in its partition is in the store by then.
        """
        groups = _by_complaint(batch)
        positions = {key: _position(group[-1].record) for key, group in groups.items()}
        judgement = await self._judgement(groups)
        todo = dict(groups)
        cases = await self._ports.store.load(_existing(groups))
        folds: dict[UUID, Fold] = {}
        while todo:
            folds |= {key: _folded(cases.get(key), group, judgement) for key, group in todo.items()}
            changed = [folds[key] for key in todo if folds[key].is_changed]
            stale = {_key(folded) for folded in await self._ports.store.save(changed, positions)}
            todo = {key: group for key, group in todo.items() if key in stale}
            cases = await self._ports.store.load(todo)
        await self._forget_erased(folds.values())
        await self._answer(groups, folds)
        self._observe(folds.values())
        for item in batch:
            if isinstance(item.value, Tick):
                await self._ports.firing.advance_to(item.record.partition, item.value.as_of)
        return self._work(groups, folds)

    async def undeliverable(self, gone: Sequence[Outgoing]) -> HandlerResult:
        """Take the cases of vanished topics back to triage, as a further entry each."""
        work = HandlerResult()
        for event in gone:
            code = agency_of(event.topic)
            if code is None:
                raise BrokerAway(f"topic {event.topic} is missing or forbidden; create it")
            self._ports.provisioned.drop(code)
            self._ports.telemetry.counter("salur_not_provisioned_total").labels(code).inc()
            work.publications += await self._take_back(UUID(event.key.decode()), code)
        return work

    async def deleted(self, ranges: DeletedRanges) -> HandlerResult:
        """Say whole each case that was written by an input of which nobody has said the end."""
        work = HandlerResult()
        for place, gone in ranges.items():
            position = InputPosition(place.partition, gone.first)
            ids = await self._ports.written.written_since(position)
            for case in (await self._ports.store.load(ids)).values():
                work.publications += publications(case, 1, self._ports.provisioned.codes)
        return work

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """From now on fire for the cases of these partitions, and no others."""
        self._ports.firing.assigned(frozenset(place.partition for place in partitions))

    def settled(self, batch: Sequence[DecodedRecord[Given]]) -> None:
        """Measure the way from acceptance to the institution's topic."""
        now = self._ports.clock.now()
        seconds = self._ports.telemetry.histogram("salur_accepted_to_routed_seconds")
        for received_at in self._routed_from:
            seconds.observe(max(0.0, (now - received_at).total_seconds()))
        self._routed_from = []

    async def _take_back(self, complaint_id: UUID, code: str) -> list[Outgoing]:
        while case := (await self._ports.store.load([complaint_id])).get(complaint_id):
            entry = undeliverable(case, code)
            if entry is None:
                return []
            folded = Fold(before=case, after=case.with_entry(entry))
            if not await self._ports.store.save([folded]):
                return list(
                    publications(case.with_entry(entry), entry.seq, self._ports.provisioned.codes)
                )
        return []

    async def _forget_erased(self, folds: Iterable[Fold]) -> None:
        # A repeated submission has its sketch written again before anybody sees that it is erased.
        cases = (folded.after for folded in folds if folded.after is not None)
        numbers = frozenset(case.complaint.number for case in cases if case.is_erased)
        if numbers and self._ports.duplicates is not None:
            await self._ports.duplicates.forget(numbers)

    async def _answer(self, groups: Mapping[UUID, Group], folds: Mapping[UUID, Fold]) -> None:
        refused = [one for key in folds for one in _refused(groups[key], folds[key])]
        if refused:
            await self._ports.refusals.keep(refused)

    def _tick(self, record: Record) -> Tick:
        if not self._ports.scenario:
            raise Permanent("tick_outside_scenario", "time is the wall clock's; set SALUR_SCENARIO")
        return decode(record, Tick)

    async def _judgement(self, groups: Mapping[UUID, Group]) -> BatchContext:
        # Taken together, before anything is awaited: all may change between two batches.
        decider, known, time = self._ports.decider(), self._ports.known(), self._ports.timekeeper()
        reach = AgencyDirectoryView(
            known=known,
            provisioned=(provisioned := self._ports.provisioned.codes),
            investigated=self._ports.investigated(),
            succession=self._ports.succession(),
            units=self._ports.units(),
        )
        values = (item.value for group in groups.values() for item in group)
        new = [value.complaint for value in values if isinstance(value, Submitted)]
        made = decider.decide(new, provisioned)
        decisions = {c.complaint_id: decision for c, decision in zip(new, made, strict=True)}
        if self._ports.duplicates is not None:
            decisions = await self._ports.duplicates.link(new, decisions)
        return BatchContext(
            decisions=decisions,
            reach=reach,
            decide=lambda complaint: decider.decide([complaint], provisioned)[0],
            time=time,
        )

    def _work(self, groups: Mapping[UUID, Group], folds: Mapping[UUID, Fold]) -> HandlerResult:
        work = HandlerResult()
        for key, folded in folds.items():
            group = groups[key]
            work.dead += [(group[place].record, reason) for place, reason in folded.dead.items()]
            work.refused += [(group[place].record, why) for place, why in folded.refused.items()]
            if folded.after is not None and folded.emit_from is not None:
                work.publications += publications(
                    folded.after, folded.emit_from, self._ports.provisioned.codes
                )
            for one in _refused(group, folded):
                work.publications += refused_event(one, self._ports.provisioned.codes)
        return work

    def _observe(self, folds: Iterable[Fold]) -> None:
        self._routed_from = []
        for folded in folds:
            if folded.after is None:
                continue
            for entry in folded.after.history[folded.before.seq if folded.before else 0 :]:
                if entry.input in _DECIDED and entry.decision is not None:
                    self._count(entry, entry.decision)
                if entry.deadline is not None:
                    self._rang(entry.deadline)
            if folded.before is None and folded.after.history[0].institution is not None:
                self._routed_from.append(folded.after.complaint.received_at)

    def _count(self, entry: Entry, decision: Decision) -> None:
        counter = self._ports.telemetry.counter
        counter("salur_decisions_total").labels(decision.rule, entry.outcome).inc()
        if decision.similar:
            counter("salur_possible_duplicates_total").inc()
        if decision.rule == NOT_PROVISIONED and decision.candidates:
            code = decision.candidates[0].institution
            counter("salur_not_provisioned_total").labels(code).inc()

    def _rang(self, deadline: Deadline) -> None:
        counter = self._ports.telemetry.counter("salur_deadlines_total")
        counter.labels(deadline.clock, deadline.level).inc()


def _folded(case: Case | None, group: Group, judgement: BatchContext) -> Fold:
    return fold(case, [item.value for item in group], judgement)


def _refused(group: Group, folded: Fold) -> Iterator[RefusedAction]:
    for place, why in folded.refused.items():
        asked = group[place].value
        if isinstance(asked, ActionRequested):
            yield RefusedAction(
                action_id=asked.action_id,
                complaint_id=asked.complaint_id,
                actor=asked.actor,
                at=asked.at,
                refusal=Refusal(code=why.code, detail=why.detail),
            )


def _by_complaint(batch: Sequence[DecodedRecord[Given]]) -> dict[UUID, list[DecodedRecord[Asked]]]:
    groups: dict[UUID, list[DecodedRecord[Asked]]] = {}
    for item in batch:
        if not isinstance(item.value, Tick):
            given: DecodedRecord[Asked] = DecodedRecord(item.record, item.value)
            groups.setdefault(item.value.complaint_id, []).append(given)
    return groups


def _position(record: Record) -> InputPosition:
    return InputPosition(record.partition, record.offset)


def _existing(groups: Mapping[UUID, Group]) -> list[UUID]:
    # A new complaint needs no read: it is inserted, and a duplicate shows that it was not new.
    return [key for key, group in groups.items() if not isinstance(group[0].value, Submitted)]


def _key(folded: Fold) -> UUID:
    case = folded.after
    assert case is not None  # noqa: S101 — only changed folds are saved
    return case.complaint.complaint_id

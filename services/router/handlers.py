"""The router's stage: inputs of a batch folded case by case, written once, then published."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.router.domain.brain import Decider
from services.router.domain.fold import Fold, fold
from services.router.domain.machine import undeliverable
from services.router.domain.publications import publications
from services.router.domain.reach import NOT_PROVISIONED, Reach
from services.router.provisioned import Provisioned
from services.router.store import CaseStore
from shared.case import Case, Decision
from shared.clock import Clock
from shared.envelope import Outgoing, Record, decode, event_type
from shared.errors import BrokerAway, Undecodable
from shared.events import ActionRequested, Input, InputType, Submitted
from shared.telemetry import Telemetry
from shared.topics import agency_of
from shared.work import Item, StageHandler, Work

Group = Sequence[Item[Input]]
_MODELS: Mapping[str, type[Submitted] | type[ActionRequested]] = {
    InputType.SUBMITTED: Submitted,
    InputType.ACTION: ActionRequested,
}


@dataclass(frozen=True, slots=True)
class RouterPorts:
    """What the handler needs from outside; directory and brain may change between batches."""

    store: CaseStore
    provisioned: Provisioned
    decider: Callable[[], Decider]
    known: Callable[[], frozenset[str]]
    clock: Clock
    telemetry: Telemetry


class RouterHandler(StageHandler[Input]):
    """Reads `complaint-input`; the only writer of cases."""

    def __init__(self, ports: RouterPorts) -> None:
        self._ports = ports
        self._routed_from: list[datetime] = []

    def decode(self, record: Record) -> Input:
        """Return the input; its key must be its complaint's id, or order would be lost."""
        kind = event_type(record)
        if kind not in _MODELS:
            raise Undecodable("unknown_event_type", f"ce_type {kind[:100]} is not an input")
        value: Input = decode(record, _MODELS[kind])
        if record.key != str(value.complaint_id).encode():
            raise Undecodable("wrong_key", f"the key is not the complaint id {value.complaint_id}")
        return value

    async def handle(self, batch: Sequence[Item[Input]]) -> Work:
        """Fold, write and publish; cases changed by another owner are read and folded again."""
        groups = _by_complaint(batch)
        decisions = self._decide(batch)
        todo = dict(groups)
        cases = await self._ports.store.load(_existing(groups))
        folds: dict[UUID, Fold] = {}
        while todo:
            folds |= {
                key: self._fold(cases.get(key), group, decisions) for key, group in todo.items()
            }
            changed = [folds[key] for key in todo if folds[key].is_changed]
            stale = {_key(folded) for folded in await self._ports.store.save(changed)}
            todo = {key: group for key, group in todo.items() if key in stale}
            cases = await self._ports.store.load(todo)
        self._observe(folds.values())
        return self._work(groups, folds)

    async def undeliverable(self, gone: Sequence[Outgoing]) -> Work:
        """Take the cases of vanished topics back to triage, as a further entry each."""
        work = Work()
        for event in gone:
            code = agency_of(event.topic)
            if code is None:
                raise BrokerAway(f"topic {event.topic} is missing or forbidden; create it")
            self._ports.provisioned.drop(code)
            self._ports.telemetry.counter("salur_not_provisioned_total").labels(code).inc()
            work.publications += await self._take_back(UUID(event.key.decode()), code)
        return work

    def settled(self, batch: Sequence[Item[Input]]) -> None:
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

    def _decide(self, batch: Sequence[Item[Input]]) -> Mapping[UUID, Decision]:
        new = [item.value.complaint for item in batch if isinstance(item.value, Submitted)]
        made = self._ports.decider().decide(new, self._ports.provisioned.codes)
        return {c.complaint_id: decision for c, decision in zip(new, made, strict=True)}

    def _fold(self, case: Case | None, group: Group, decisions: Mapping[UUID, Decision]) -> Fold:
        reach = Reach(known=self._ports.known(), provisioned=self._ports.provisioned.codes)
        return fold(case, [item.value for item in group], decisions, reach=reach)

    def _work(self, groups: Mapping[UUID, Group], folds: Mapping[UUID, Fold]) -> Work:
        work = Work()
        for key, folded in folds.items():
            group = groups[key]
            work.dead += [(group[place].record, reason) for place, reason in folded.dead.items()]
            if folded.after is not None and folded.emit_from is not None:
                work.publications += publications(
                    folded.after, folded.emit_from, self._ports.provisioned.codes
                )
        return work

    def _observe(self, folds: Iterable[Fold]) -> None:
        self._routed_from = []
        opened = [f.after for f in folds if f.before is None and f.after is not None]
        for case in opened:
            first = case.history[0]
            rule = first.decision.rule if first.decision else "none"
            self._ports.telemetry.counter("salur_decisions_total").labels(rule, first.outcome).inc()
            if first.institution is not None:
                self._routed_from.append(case.complaint.received_at)
            elif rule == NOT_PROVISIONED and first.decision and first.decision.candidates:
                code = first.decision.candidates[0].institution
                self._ports.telemetry.counter("salur_not_provisioned_total").labels(code).inc()


def _by_complaint(batch: Sequence[Item[Input]]) -> dict[UUID, list[Item[Input]]]:
    groups: dict[UUID, list[Item[Input]]] = {}
    for item in batch:
        groups.setdefault(item.value.complaint_id, []).append(item)
    return groups


def _existing(groups: Mapping[UUID, Group]) -> list[UUID]:
    # A new complaint needs no read: it is inserted, and a duplicate shows that it was not new.
    return [key for key, group in groups.items() if not isinstance(group[0].value, Submitted)]


def _key(folded: Fold) -> UUID:
    case = folded.after
    assert case is not None  # noqa: S101 — only changed folds are saved
    return case.complaint.complaint_id

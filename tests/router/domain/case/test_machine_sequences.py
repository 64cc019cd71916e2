"""Any sequence of inputs: no impossible state, one result, and what is said agrees with it."""

import json
from datetime import timedelta
from itertools import groupby, pairwise, takewhile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.metrics.domain.event import CaseEvent
from services.metrics.domain.facts import Fact, newest_facts
from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.history import HELD, is_overdue
from services.router.domain.case.machine import undeliverable
from services.router.domain.case.publications import publications
from services.router.domain.case.refusals import RefusalCode
from services.router.domain.case.timekeeper import Timekeeper
from services.router.domain.case.transitions import OWN, Transition, row_for
from shared.contracts.actions import Action
from shared.contracts.case import Actor, ActorKind, Case, Entry, InputKind, Outcome, Status
from shared.contracts.case_limits import MAX_ENTRIES, MOST_FROM_REPORTER, MOST_REOPENINGS, REPORTERS
from shared.contracts.events import AgencyEvent, AgencyOutcome, DeadlinePassed, Input
from shared.contracts.topics import EVENT
from shared.kafka.envelope import Outgoing
from tests.router.lives import ACTIONS, ACTORS, CODES, REACH, SAMPLES, decide
from tests.support.builders import START, complaint_id, decision, request, submitted
from tests.support.deadline_cases import CLOCKS

TIME = Timekeeper(CLOCKS, {"kab-3603": "prov-36", "kota-3671": "prov-36"}, supervisor="kem-027")
HOLDERS_STATUS = {Status.ROUTED, Status.IN_PROGRESS, Status.COMPLETED}
STEPS = st.lists(st.tuples(ACTIONS, ACTORS), max_size=20)


def folded(case: Case | None, *inputs: Input, first: str | None = "kab-3603") -> Fold:
    decisions = {complaint_id("one"): decision(first)}
    return fold(case, inputs, BatchContext(decisions, REACH, decide, TIME))


def check_entry(before: Entry, entry: Entry, actor: Actor | None) -> None:
    """Assert that an entry is a change that the table allows, or a refusal that changes nothing."""
    assert entry.seq == before.seq + 1
    state = {"status", "institution", "unit", "category"}
    if entry.outcome is Outcome.REFUSED:
        assert entry.refusal is not None
        assert entry.refusal.code in set(RefusalCode)
        assert entry.model_dump(include=state) == before.model_dump(include=state)
        return
    assert entry.refusal is None
    row = (
        own_row(before, entry) if actor is None else row_for(entry.input, actor.kind, before.status)
    )
    assert row is not None
    assert entry.outcome in row.outcomes
    assert entry.status in (row.leads_to or (before.status,))
    moved = before.institution not in (None, entry.institution)
    assert (
        (entry.previous == before.institution)
        if moved
        else entry.previous
        in (
            None,
            entry.institution,
        )
    )


def own_row(before: Entry, entry: Entry) -> Transition | None:
    """Return the row by which the router itself may do this in that status."""
    assert entry.actor.kind is ActorKind.ROUTER
    rows = (row for row in OWN[entry.input] if entry.outcome in row.outcomes)
    return next((row for row in rows if row.allows(before.status, ActorKind.ROUTER)), None)


def check_state(case: Case) -> None:
    """Assert what holds of every case at any time."""
    last = case.last
    assert [entry.seq for entry in case.history] == list(range(1, case.seq + 1))
    assert len({entry.input_id for entry in case.history}) == case.seq <= MAX_ENTRIES
    assert last.institution is None or last.institution in CODES
    assert (last.status is Status.UNVERIFIED) <= (last.institution is None)
    assert (last.status in HOLDERS_STATUS) <= (last.institution is not None)
    assert (last.institution is not None) or last.unit is None


def check_said(case: Case, said: list[Outgoing]) -> None:
    """Assert that the events are the history, one each, with the state of that moment."""
    events = [json.loads(event.value) for event in said if event.topic == EVENT]
    assert [event["seq"] for event in events] == list(range(1, case.seq + 1))
    assert len({(event.topic, event.ce_id) for event in said}) == len(said)
    for event, entry in zip(events, case.history, strict=True):
        assert (event["outcome"], event["status"]) == (entry.outcome, entry.status)
        assert event.get("institution") == entry.institution
        assert len(event["case"]["history"]) == entry.seq
    for event in (e for e in said if e.topic != EVENT):
        check_heard(case, AgencyEvent.model_validate_json(event.value))


def check_heard(case: Case, event: AgencyEvent) -> None:
    """Assert that an institution hears of its own cases and its own refusals only."""
    entry = case.history[event.seq - 1]
    if event.outcome is AgencyOutcome.ESCALATED_BELOW:
        assert (entry.told, entry.institution) == (event.agency, event.late)
        known = {"complaint_id", "number", "agency", "seq", "outcome", "at", "due"}
        late = {"late"} if entry.institution else set()
        assert event.model_dump(exclude_none=True).keys() == known | late
        return
    assert not [code for code in CODES - {event.agency} if code in event.model_dump_json()]
    match event.outcome:
        case AgencyOutcome.REFUSED:
            assert (entry.actor.code, event.status) == (
                event.agency,
                entry.status if entry.institution == event.agency else None,
            )
        case AgencyOutcome.ERASED:
            assert event.agency in {each.institution for each in case.history[: event.seq]}
            assert event.status == (entry.status if entry.institution == event.agency else None)
            assert (event.text, event.complaint) == (None, None)
        case AgencyOutcome.TRANSFERRED_AWAY:
            assert entry.previous == event.agency != entry.institution
            assert event.status is None
        case _:
            assert (entry.institution, entry.status) == (event.agency, event.status)


def deadlines_before(case: Case, seq: int) -> int:
    """Return how many entries just before this one are deadlines: they are said with it."""
    before = reversed(case.history[: seq - 1])
    return len(list(takewhile(lambda entry: entry.input is InputKind.DEADLINE_PASSED, before)))


class Lives(RuleBasedStateMachine):
    """One case, whatever is asked of it, in batches, with repeats and vanishing topics."""

    @initialize(first=st.sampled_from(["kab-3603", None]))
    def open(self, first: str | None) -> None:
        self.first = first
        self.inputs: list[Input] = [submitted()]
        self.known: list[Input] = [submitted()]  # those that are in the history
        self.now = START
        self.actors: dict[int, Actor | None] = {}
        self.vanished = False
        after = folded(None, submitted(), first=first).after
        assert after is not None
        self.case = after

    @rule(action=ACTIONS, actor=ACTORS)
    def ask(self, action: Action, actor: Actor) -> None:
        if actor.kind is ActorKind.AGENCY and action.text is not None:
            # What an institution writes is marked, so that it is seen where it must not be.
            action = action.model_copy(update={"text": f"dari {actor.code}"})
        asked = request(action, len(self.inputs), actor=actor, at=self.now)
        result = folded(self.case, asked)
        assert result.after is not None
        self.inputs.append(asked)
        self.case = result.after
        assert not result.dead
        if result.refused:
            assert result.refused[0].code == "too_many_inputs"
            return
        self.known.append(asked)
        self.actors[result.after.seq] = actor

    @rule(data=st.data())
    def ask_what_fits(self, data: st.DataObject) -> None:
        last = self.case.last
        fitting = [
            (kind, actor)
            for kind in SAMPLES
            for actor in ActorKind
            if row_for(kind, actor, last.status)
        ]
        kind, actor = data.draw(st.sampled_from(fitting))
        self.ask(SAMPLES[kind], Actor(kind=actor, code=last.institution))

    @rule(hours=st.integers(1, 20 * 24), is_fired=st.booleans())
    def time_passes(self, hours: int, is_fired: bool) -> None:
        self.now += timedelta(hours=hours)
        last = TIME.last_passed(self.case, self.now)
        if last is None or not is_fired:  # what nobody fires is settled before the next input
            return
        fired = DeadlinePassed(complaint_id=complaint_id("one"), deadline=last)
        result = folded(self.case, fired)
        assert result.after is not None
        assert result.after.last.deadline == last
        assert TIME.last_passed(result.after, self.now) is None
        self.inputs.append(fired)
        self.known.append(fired)
        self.case = result.after

    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        again = data.draw(st.lists(st.sampled_from(self.known), min_size=1, max_size=6))

        result = folded(self.case, *again)

        assert result.after is self.case
        first = min(self.case.seq_of(each.input_id) or 0 for each in again)
        assert result.emit_from == first - deadlines_before(self.case, first)

    @precondition(lambda self: self.case.last.institution is not None)
    @rule()
    def lose_the_topic(self) -> None:
        entry = undeliverable(self.case, str(self.case.last.institution))
        answered = self.case.last.status in {Status.COMPLETED, Status.ARCHIVED}
        assert (entry is None) == answered
        if entry is not None:
            self.case = self.case.with_entry(entry)
            self.vanished = True

    @invariant()
    def history_seq_status_and_events_agree(self) -> None:
        check_state(self.case)
        for before, entry in pairwise(self.case.history):
            check_entry(before, entry, self.actors.get(entry.seq))
        said = list(publications(self.case, 1, CODES))
        check_said(self.case, said)
        check_fact(self.case, said)

    @invariant()
    def the_reporter_leaves_room(self) -> None:
        done = [e for e in self.case.history if e.outcome is not Outcome.REFUSED]
        theirs = [e for e in done if e.actor.kind in REPORTERS]
        assert len(theirs) <= MOST_FROM_REPORTER
        assert sum(e.input is InputKind.REOPEN for e in theirs) <= MOST_REOPENINGS

    def teardown(self) -> None:
        if not self.vanished and hasattr(self, "case"):
            assert folded(None, *self.inputs, first=self.first).after == self.case


def check_fact(case: Case, said: list[Outgoing]) -> None:
    """Assert that counting these events, in any order, counts the case as it stands."""
    told = [CaseEvent.model_validate_json(event.value) for event in said if event.topic == EVENT]
    (fact,) = newest_facts((event, 0) for event in reversed(told))
    state = (fact.seq, fact.status, fact.institution, fact.unit, fact.category)
    last = case.last
    assert state == (last.seq, last.status, last.institution, last.unit, last.category)
    ratings = [e.rating for e in case.history if e.rating and e.outcome is not Outcome.REFUSED]
    assert fact.rating == (ratings[-1] if ratings else None)
    assert fact.returned == sum(e.outcome is Outcome.RETURNED for e in case.history)
    since = max(
        (e.seq for b, e in pairwise(case.history) if b.institution != e.institution), default=1
    )
    late = [e for e in case.history if e.outcome is Outcome.ESCALATED and e.seq >= since]
    assert fact.overdue == len(late)
    assert is_overdue(case) == (bool(late) and last.status in HELD | {Status.UNVERIFIED})
    check_path(case, fact)


def check_path(case: Case, fact: Fact) -> None:
    """Assert that a fact names those who held the case; a vanished topic was perhaps no stop."""
    path = [code for code, _ in groupby(e.institution for e in case.history if e.institution)]
    former = set(path) - {case.last.institution}
    if any(entry.input is InputKind.UNDELIVERABLE for entry in case.history):
        assert fact.hops < max(1, len(path))
        assert set(fact.former) <= former
        return
    assert fact.hops == max(0, len(path) - 1)
    assert set(fact.former) == former


Lives.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLives = Lives.TestCase


def inputs_of(steps: list[tuple[Action, Actor]]) -> list[Input]:
    """Return a submission and these actions."""
    asked = (request(action, at, actor=actor) for at, (action, actor) in enumerate(steps))
    return [submitted(), *asked]


@given(STEPS, st.lists(st.integers(1, 20), max_size=6))
def test_batches_may_be_cut_anywhere(steps: list[tuple[Action, Actor]], cuts: list[int]) -> None:
    inputs = inputs_of(steps)
    edges = [0, *sorted({cut for cut in cuts if cut < len(inputs)}), len(inputs)]

    case: Case | None = None
    for start, end in pairwise(edges):
        case = folded(case, *inputs[start:end]).after

    assert case == folded(None, *inputs).after


@given(STEPS, st.integers(0, 20))
def test_a_batch_begun_anew_after_a_part_comes_to_the_same_end(
    steps: list[tuple[Action, Actor]], done: int
) -> None:
    inputs = inputs_of(steps)
    part = folded(None, *inputs[: done + 1]).after

    assert folded(part, *inputs).after == folded(None, *inputs).after

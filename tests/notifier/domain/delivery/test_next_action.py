"""A queue's state under any run of events, and what is done next in each.

Examples are lists of events; the database is what an event says that it answers.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.delivery.circuit import BackoffPolicy, CircuitState, after_replay
from services.notifier.domain.delivery.conclusions import Moment, conclude
from services.notifier.domain.delivery.deliveries import Delivery, Lease
from services.notifier.domain.delivery.next_action import Action, Wait, next_action
from services.notifier.domain.delivery.outcomes import (
    AnswerMeaning,
    Delivered,
    DeliveryOutcome,
    Failing,
    Gone,
    Later,
    Rejected,
)
from services.notifier.domain.delivery.queue_state import Claimed, QueueLimits, QueueState
from shared.contracts.deliveries import DeliveryState, LaneState
from tests.notifier.events import KAB, agency_event, delivery, endpoint
from tests.support.builders import START

LIMITS = QueueLimits(
    queue_rows=4,
    sends_at_once=2,
    row_attempts=4,
    request=timedelta(seconds=10),
    lease=timedelta(seconds=30),
    rescan=timedelta(seconds=5),
    retry=timedelta(seconds=1),
    backoff=BackoffPolicy(first_seconds=3, longest_seconds=20, total_seconds=60),
)
ANSWERS: tuple[AnswerMeaning, ...] = (
    Delivered(),
    Rejected(),
    Later(),
    Gone(),
    Failing(DeliveryOutcome.SERVER_ERROR),
    Failing(DeliveryOutcome.THROTTLED, pause=9),
)
ENDPOINT = endpoint()


class Run:
    """One queue's state, and the rows that its events speak of."""

    def __init__(self) -> None:
        self.now = START
        self.state = QueueState(ENDPOINT.endpoint_id, KAB, LIMITS)
        self.seqs: dict[str, int] = defaultdict(int)
        self.known: dict[str, Delivery] = {}
        self.leases: dict[str, datetime] = {}
        self.handed_out: list[tuple[Delivery, int]] = []
        self.unwritten: list[tuple[Delivery, DeliveryState]] = []

    def comes_in(self, number: int) -> None:
        name = "abc"[number % 3]
        self.seqs[name] += 1
        row = delivery(agency_event(name, self.seqs[name]), ENDPOINT.endpoint_id)
        backlog = self.state.backlog.is_there
        self.state.look_up(ENDPOINT, self.now)
        room = LIMITS.queue_rows - len(self.state.rows)
        admission = self.state.admit([row], self._lease(), now=self.now, room=room)
        assert not (backlog and admission.rows[0].owner), "a row overtakes the backlog"
        self.state.inserted(admission, repeated=number % 7 == 0)
        self.known[row.delivery_id] = row
        self.leases[row.delivery_id] = admission.rows[0].until

    def insert_breaks_off(self, _: int) -> None:
        self.state.insert_unknown()

    def is_found(self, number: int) -> None:
        until = None if number % 2 else self.now + timedelta(seconds=number)
        self.state.found(self.now, until)

    def acts(self, number: int) -> None:
        """Do what is to be done next, as a database lets it."""
        action = next_action(self.state, self.now)
        if isinstance(action, Action):
            getattr(self, f"_{action.name.lower()}")(number)

    def _claim(self, number: int) -> None:
        mark, free = self.state.backlog.look(), self._free()
        if number % 5 == 1:  # while the database is being asked
            self.writes(number)
        elif number % 5 == 2:
            self.comes_in(number)
        taken = [replace(row, owner="me", until=self._lease().until) for row in free[:4]]
        theirs = [] if number % 7 else [self.now + timedelta(seconds=7)]
        taken = [] if theirs else taken
        self.leases |= {row.delivery_id: row.until for row in taken}
        result = Claimed(taken, self._lease().until, theirs, not theirs and len(free) <= 4)
        self.state.claimed(mark, result, soon=self.now + LIMITS.rescan)

    def _send(self, _: int) -> None:
        row = self.state.rows.take()
        assert row is not None
        self._hand_out(row)

    def _probe(self, _: int) -> None:
        self.state.rows.add(self._free()[:1])
        if row := self.state.rows.take_least_tried():
            self._hand_out(row)
        self.state.forget()

    def _save_circuit(self, number: int) -> None:
        circuit = self.state.circuit
        if number % 5:
            self.state.saved(circuit, over=circuit)
        else:  # another was first
            version = circuit.version + number
            pause = self.now + timedelta(seconds=number)
            failing = CircuitState(state=LaneState.FAILING, version=version, next_probe_at=pause)
            self.state.learn(failing)

    def _tidy(self, _: int) -> None:
        self.state.is_untidy = False
        self.state.backlog.tell()

    def _look_up(self, _: int) -> None:
        self.state.look_up(ENDPOINT, self.now)

    def _renew(self, _: int) -> None:
        ids = {row.delivery_id for row in self.state.rows.rows}
        self.leases |= dict.fromkeys(ids, self._lease().until)
        self.state.renewed(ids, self._lease().until)

    def answers(self, number: int) -> None:
        if self.handed_out:
            row, started = self.handed_out.pop(number % len(self.handed_out))
            self.state.sending -= 1
            at = Moment(self.now, started, 0.5)
            end = conclude(self.state, row, ANSWERS[number % len(ANSWERS)], at)
            self.unwritten.append((row, end.state))

    def writes(self, number: int) -> None:
        if self.unwritten:
            row, state = self.unwritten.pop(number % len(self.unwritten))
            self.state.recorded(row, state)
            if state not in (DeliveryState.PENDING, DeliveryState.PARKED):
                del self.known[row.delivery_id]

    def is_replayed(self, _: int) -> None:
        circuit = after_replay(self.state.circuit, self.now)
        if circuit.version > self.state.circuit.version:
            self.state.learn(circuit)

    def waits(self, number: int) -> None:
        self.now += timedelta(seconds=number)
        self.state.resume(self.now)

    def is_lost(self, _: int) -> None:
        self.state.lose({row.source for row in self.known.values()})
        self.state.backlog.tell()

    def _lease(self) -> Lease:
        return Lease("me", self.now + LIMITS.lease)

    def _free(self) -> list[Delivery]:
        here, later = self.state.rows.ids, self.state.deferred
        waiting = [row for row in self.known.values() if row.complaint_id not in later]
        return [row for row in waiting if row.delivery_id not in here]

    def _hand_out(self, row: Delivery) -> None:
        before = [one.seq for one in self.known.values() if one.complaint_id == row.complaint_id]
        assert row.seq == min(before), "a row overtakes its complaint's others"
        if self.state.is_ok:
            assert self.leases[row.delivery_id] > self.now + LIMITS.request, "its lease may end"
        self.state.sending += 1
        self.handed_out.append((row, self.state.circuit.version))


EVENTS = sorted(name for name in vars(Run) if not name.startswith("_"))
OFTEN = [*["acts"] * 20, *["comes_in", "answers", "writes", "waits"] * 5]
RUNS = st.lists(
    st.tuples(st.sampled_from(OFTEN + EVENTS), st.integers(0, 40)), min_size=20, max_size=80
)


@given(RUNS)
@settings(max_examples=1_000)
def test_in_every_state_that_can_be_reached_the_next_action_is_a_safe_one(
    events: list[tuple[str, int]],
) -> None:
    run = Run()
    for name, number in events:
        getattr(run, name)(number)
        is_safe(run)
        nothing_is_forgotten(run)


def is_safe(run: Run) -> None:
    """Check what is sent, and under what."""
    state, action = run.state, next_action(run.state, run.now)
    busy = [row.complaint_id for row, _ in run.handed_out]
    busy += [row.complaint_id for row, _ in run.unwritten]
    assert len(busy) == len(set(busy)), "two rows of one complaint are out"
    if action is Action.SEND:
        assert state.circuit.state is LaneState.OK
        assert (state.is_untidy, state.is_unsaved) == (False, False)
        assert state.leased_until > run.now + LIMITS.request
        assert state.sending < LIMITS.sends_at_once
        assert state.looked_up_at >= run.now - LIMITS.rescan
    if action is Action.PROBE:
        assert state.circuit.state in (LaneState.FAILING, LaneState.FAILED)
        assert (busy, state.is_untidy, state.is_unsaved) == ([], False, False)
    if action is Action.TIDY and state.circuit.is_given_up:
        assert not state.is_unsaved, "killed after it, nobody would look for what it parked"


def nothing_is_forgotten(run: Run) -> None:
    """Check that whatever waits is in memory, or claimed some day, or the endpoint wants none."""
    state, action = run.state, next_action(run.state, run.now)
    here = state.rows.ids
    elsewhere = [row for row in run._free() if row.delivery_id not in here]
    assert not elsewhere or state.backlog.is_there, "nobody will claim what waits"
    if isinstance(action, Wait) and action.until is None:
        in_flight = bool(run.handed_out or run.unwritten)
        wants_none = state.circuit.state is LaneState.DISABLED
        assert in_flight or wants_none or not (elsewhere or len(state.rows)), "it waits for ever"


def test_rejections_on_a_way_to_reporters_are_each_anothers_affair() -> None:
    run = Run()
    run.state.agency = ""

    for number in range(20):
        row = replace(delivery(agency_event(f"c{number}"), "reporter-email"), agency="")
        end = conclude(run.state, row, Rejected(), Moment(run.now, 0, 0.5))
        assert end.state is DeliveryState.REJECTED

    assert run.state.is_ok

"""Time in a fold, for any life, in any batches, with any owners."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.router.domain.case.publications import publications
from shared.contracts.actions import Action
from shared.contracts.case import Actor, Case, InputKind
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import DeadlinePassed, Input
from tests.router.domain.case.conftest import DAY, TIME, firing, folded
from tests.router.lives import ACTIONS, ACTORS, CODES
from tests.support.builders import START, complaint_id, request, submitted

LIVES = st.lists(st.tuples(st.integers(0, 25 * DAY), ACTIONS, ACTORS), max_size=12)
ENDS = st.integers(0, 400 * DAY)
NEVER = Deadline(
    clock=LegalClock.RESOLVE, level=Level.HOLDER, due=START + timedelta(days=600), armed_by=400
)


def lived(steps: Sequence[tuple[int, Action, Actor]]) -> tuple[list[Input], float]:
    """Return a submission and these actions, each so many hours after the one before."""
    at = 0
    inputs: list[Input] = [submitted()]
    for number, (wait, action, actor) in enumerate(steps):
        at += wait
        asked = request(action, number, actor=actor, at=START + timedelta(hours=at))
        inputs.append(asked)
    return inputs, at


def alone(inputs: Sequence[Input], until: datetime, first: str | None) -> Case:
    """Return the case as one fold and the pure clocks make it."""
    case = folded(None, *inputs, first=first).after
    assert case is not None
    return TIME.settled(case, until, CODES)


@settings(max_examples=150, deadline=None)
@given(st.data(), LIVES, ENDS, st.sampled_from(["kab-3603", None]))
def test_the_result_depends_on_business_time_alone(
    data: st.DataObject, steps: list[tuple[int, Action, Actor]], rest: int, first: str | None
) -> None:
    inputs, hours = lived(steps)
    until = START + timedelta(hours=hours + rest)
    case: Case | None = None
    fired: list[Input] = []

    # Before an input comes, owners look at any time up to its own; both, late, or never.
    for number, given_input in enumerate(inputs):
        if case is not None:
            span = (given_input.at - START) / timedelta(hours=1)
            looks = data.draw(st.lists(st.floats(0, span), max_size=3), label=f"looks {number}")
            fired += [one for look in sorted(looks) for one in firing(case, look)]
        again = (
            data.draw(st.lists(st.sampled_from([*inputs[:number], *fired]), max_size=3))
            if (number)
            else []
        )
        case = folded(case, *again, given_input, first=first).after
    assert case is not None
    for _ in range(2):
        case = folded(case, *firing(case, hours + rest), *fired, first=first).after
        assert case is not None

    assert case == alone(inputs, until, first)
    assert TIME.last_passed(case, until) is None


@settings(max_examples=80, deadline=None)
@given(LIVES, st.lists(st.integers(1, 12), max_size=5), st.integers(0, 12))
def test_batches_may_be_cut_and_begun_anew_anywhere(
    steps: list[tuple[int, Action, Actor]], cuts: list[int], done: int
) -> None:
    inputs, _ = lived(steps)
    whole = folded(None, *inputs).after
    edges = [0, *sorted({cut for cut in cuts if cut < len(inputs)}), len(inputs)]

    case: Case | None = None
    for start, end in itertools.pairwise(edges):
        case = folded(case, *inputs[start:end]).after
    part = folded(None, *inputs[: done + 1]).after

    assert case == whole
    assert folded(part, *inputs).after == whole


@settings(max_examples=80, deadline=None)
@given(LIVES, ENDS)
def test_what_was_written_and_not_said_before_a_kill_is_said_by_whoever_comes_next(
    steps: list[tuple[int, Action, Actor]], rest: int
) -> None:
    inputs, hours = lived(steps)
    done = len(inputs) // 2
    part = folded(None, *inputs[:done]).after
    # One that says nothing by the time that its turn comes settles what passed before it.
    dropped = DeadlinePassed(complaint_id=complaint_id("one"), deadline=NEVER)
    fired = firing(part, hours + rest) if part is not None else []
    batch = [*fired, *inputs[done:], dropped]

    written = folded(part, *batch)
    again = folded(written.after, *batch)

    known = part.seq if part else 0
    assert written.after is not None
    assert not again.is_changed
    if written.after.seq > known:
        assert again.emit_from is not None
        assert again.emit_from <= known + 1


@settings(max_examples=80, deadline=None)
@given(LIVES, ENDS)
def test_every_deadline_is_one_entry_and_is_published_once(
    steps: list[tuple[int, Action, Actor]], rest: int
) -> None:
    inputs, hours = lived(steps)
    case = alone(inputs, START + timedelta(hours=hours + rest), "kab-3603")
    told = [entry for entry in case.history if entry.input is InputKind.DEADLINE_PASSED]

    rung = [(e.deadline.clock, e.deadline.level, e.deadline.armed_by) for e in told if e.deadline]
    assert len(set(rung)) == len(rung) == len(told)
    assert len({entry.input_id for entry in case.history}) == case.seq
    said = list(publications(case, 1, CODES))
    assert len({(one.topic, one.ce_id) for one in said}) == len(said)
    assert [entry.seq for entry in case.history] == list(range(1, case.seq + 1))

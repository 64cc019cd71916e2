"""Time in a fold: deadlines before inputs, once each, whoever says that they have passed."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import Fold, fold
from services.router.domain.case.publications import publications
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from shared.contracts.actions import Action, Reopen, Reply, Transfer
from shared.contracts.case import Actor, Case, InputKind, Outcome, Status
from shared.contracts.case_limits import MAX_ENTRIES
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import DeadlinePassed, Input
from tests.router.lives import ACTIONS, ACTORS, CODES, REACH, SAMPLES, decide
from tests.support.builders import (
    OFFICER,
    REPORTER,
    START,
    complaint_id,
    complete,
    decision,
    follow_up,
    request,
    submitted,
    supplement,
)
from tests.support.deadline_cases import CLOCKS

TIME = Timekeeper(CLOCKS, {"kab-3603": "prov-36"})
DAY = 24  # hours, as requests are numbered


def folded(case: Case | None, *inputs: Input, first: str | None = "kab-3603") -> Fold:
    decisions = {complaint_id("one"): decision(first)}
    return fold(case, inputs, BatchContext(decisions, REACH, decide, TIME))


def after(*inputs: Input, first: str | None = "kab-3603") -> Case:
    case = folded(None, submitted(), *inputs, first=first).after
    assert case is not None
    return case


def firing(case: Case, hours: float) -> list[Input]:
    """Return what an owner says who looks so many hours after the start."""
    last = TIME.last_passed(case, START + timedelta(hours=hours))
    return [DeadlinePassed(complaint_id=complaint_id("one"), deadline=last)] if last else []


def passed(case: Case) -> list[tuple[str, str]]:
    return [(one.deadline.clock, one.deadline.level) for one in case.history if one.deadline]


def outcomes(case: Case) -> list[str]:
    return [str(entry.outcome) for entry in case.history]


def test_what_passed_before_an_input_comes_before_it() -> None:
    case = after(follow_up(9 * DAY))

    assert outcomes(case) == ["routed", "warned", "escalated", "followed_up"]
    assert [entry.at for entry in case.history] == sorted(entry.at for entry in case.history)
    assert case.last.status is Status.IN_PROGRESS


def test_an_answer_that_comes_too_late_meets_a_case_that_has_closed_itself() -> None:
    case = after(follow_up(1), request(Reply(text="Belum."), 60 * DAY, actor=REPORTER))

    closed, refused = case.history[-2:]
    assert (closed.outcome, closed.status) == (Outcome.AUTO_CLOSED, Status.COMPLETED)
    assert refused.refusal is not None
    assert refused.refusal.detail == "reply is not possible while completed; use reopen"


def test_one_deadline_said_to_have_passed_settles_all_before_it() -> None:
    case = after()

    result = folded(case, *firing(case, 365 * DAY))

    assert result.after is not None
    assert len(passed(result.after)) == 8
    assert result.emit_from == 2
    assert TIME.next_due(result.after) is None


def test_a_deadline_said_twice_is_said_again_and_done_once() -> None:
    before = after()
    fired = firing(before, 8 * DAY)
    case = folded(before, *fired).after

    result = folded(case, *fired)

    assert not result.is_changed
    assert case is not None
    assert case.seq > 2
    assert result.emit_from == 2  # with those that it settled


def test_a_deadline_that_was_stopped_or_armed_again_is_dropped_without_a_word() -> None:
    fired = firing(after(), 10 * DAY)
    answered = after(complete(1))
    moved = after(request(Transfer(institution="prov-36", text="x"), 9 * DAY))

    for case in (answered, moved):
        result = folded(case, *fired)
        assert result.after is case
        assert (result.emit_from, result.dead) == (None, {})


def test_what_passed_meanwhile_is_kept_where_the_deadline_itself_is_dropped() -> None:
    case = after()
    unknown = Deadline(
        clock=LegalClock.RESOLVE, level=Level.HOLDER, due=START + timedelta(days=9), armed_by=1
    )

    result = folded(case, DeadlinePassed(complaint_id=complaint_id("one"), deadline=unknown))

    assert result.after is not None
    assert outcomes(result.after) == ["routed", "warned", "escalated"]
    assert result.emit_from == 2
    again = folded(result.after, DeadlinePassed(complaint_id=complaint_id("one"), deadline=unknown))
    assert (again.is_changed, again.emit_from) == (False, 2)


def test_a_deadline_of_an_unknown_complaint_is_dead() -> None:
    result = folded(None, *firing(after(), 8 * DAY))

    assert [reason.code for reason in result.dead.values()] == ["unknown_complaint"]


def test_a_full_case_still_hears_its_deadlines_and_is_not_too_large_for_them() -> None:
    actions = [follow_up(number, text="x" * 8_000) for number in range(1, 2 + MAX_ENTRIES)]
    case = after(*actions[:90])
    full = folded(case, *actions).after
    assert full is not None

    result = folded(full, *firing(full, 400 * DAY))

    assert result.after is not None
    assert result.after.last.outcome is Outcome.AUTO_CLOSED
    last = next(iter(publications(result.after, result.after.seq, CODES)))
    assert len(last.value) < 768 * 1024


def test_an_input_that_is_refused_leaves_the_deadlines_before_it() -> None:
    case = after(*(follow_up(number, text="x" * 8_000) for number in range(1, 120)))
    due = TIME.next_due(case)
    assert due is not None

    result = folded(case, follow_up(999, text="x" * 8_000, at=due))

    assert [reason.code for reason in result.refused.values()] == ["too_large"]
    assert result.after is not None
    assert outcomes(result.after)[case.seq :] == ["warned", "warned"]
    again = folded(result.after, follow_up(999, text="x" * 8_000, at=due))
    assert result.emit_from == again.emit_from == case.seq + 1


def test_the_reporter_may_reopen_what_closed_itself() -> None:
    reopened = after(follow_up(1), request(Reopen(text="Belum."), 60 * DAY, actor=REPORTER))

    assert outcomes(reopened)[-2:] == ["auto_closed", "reopened"]
    assert TIME.next_due(reopened) is not None


def test_without_limits_time_changes_nothing() -> None:
    case = after()

    assert UNTIMED.settled(case, START + timedelta(days=4_000), CODES) is case
    assert UNTIMED.next_due(case) is None


# Any life, in any batches, with any owners.

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


def test_a_deadline_that_is_fired_in_its_turn_says_nothing_twice() -> None:
    case = folded(after(), *firing(after(), 8 * DAY)).after
    assert case is not None

    result = folded(case, *firing(case, 12 * DAY))

    assert result.emit_from == case.seq + 1


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


def test_an_officers_edit_and_a_refusal_reset_no_clock() -> None:
    edits = (
        request(SAMPLES[InputKind.ASSIGN_UNIT], 2 * DAY, actor=OFFICER),
        request(SAMPLES[InputKind.RATE], 3 * DAY, actor=REPORTER),
    )

    assert TIME.next_due(after(*edits)) == TIME.next_due(after())


def test_a_supplement_that_is_decided_anew_starts_the_institutions_clocks() -> None:
    waiting = after(first=None)
    routed = folded(waiting, supplement(5, "di kota")).after

    assert routed is not None
    assert routed.last.institution == "kota-3671"
    due = TIME.next_due(routed)
    first = TIME.next_due(waiting)
    assert due is not None
    assert first is not None
    assert due > first

"""Time in a fold: deadlines before inputs, once each, whoever says that they have passed."""

from datetime import timedelta

from services.router.domain.case.publications import publications
from services.router.domain.case.timekeeper import UNTIMED
from shared.contracts.actions import Reopen, Reply, Transfer
from shared.contracts.case import Case, InputKind, Outcome, Status
from shared.contracts.case_limits import MAX_ENTRIES
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import DeadlinePassed
from tests.router.domain.case.conftest import DAY, TIME, after, firing, folded
from tests.router.lives import CODES, SAMPLES
from tests.support.builders import (
    OFFICER,
    REPORTER,
    START,
    complaint_id,
    complete,
    follow_up,
    request,
    supplement,
)


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


def test_a_deadline_that_is_fired_in_its_turn_says_nothing_twice() -> None:
    case = folded(after(), *firing(after(), 8 * DAY)).after
    assert case is not None

    result = folded(case, *firing(case, 12 * DAY))

    assert result.emit_from == case.seq + 1


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

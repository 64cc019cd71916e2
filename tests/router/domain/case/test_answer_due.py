"""By when an institution must answer: said where it is set or moved, and kept in the history."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import fold
from services.router.domain.case.history import HELD, answer_due
from services.router.domain.case.publications import publications
from services.router.domain.case.timekeeper import UNTIMED, Timekeeper
from services.router.domain.deadlines.timers import TimerView
from shared.contracts.actions import Action, AssignUnit, Reopen
from shared.contracts.case import Actor, Case, InputKind
from shared.contracts.deadlines import LegalClock
from shared.contracts.events import ActionRequested, AgencyEvent
from shared.contracts.topics import EVENT
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

TIME = Timekeeper(CLOCKS, {})
DAY = 24
ANSWER = {LegalClock.RESOLVE, LegalClock.RESOLVE_INVESTIGATION}
STEPS = st.lists(st.tuples(st.integers(0, 5 * DAY), ACTIONS, ACTORS), max_size=12)


def lived(*asked: ActionRequested, first: str | None = "kab-3603", time: Timekeeper = TIME) -> Case:
    judgement = BatchContext({complaint_id("one"): decision(first)}, REACH, decide, time)
    case = fold(None, [submitted(), *asked], judgement).after
    assert case is not None
    return case


def shown(case: Case, time: Timekeeper = TIME) -> datetime | None:
    """Return when the clock of the answer rings, as it shows at the end of a history."""
    readings = time.clocks.readings(TimerView.of(case))
    return next((one.due for one in readings if one.clock in ANSWER), None)


def heard(case: Case) -> list[tuple[str, str, datetime | None]]:
    said = (one for one in publications(case, 1, CODES) if one.topic != EVENT)
    events = (AgencyEvent.model_validate_json(one.value) for one in said)
    return [(one.agency, one.outcome, one.due) for one in events]


def test_an_institution_hears_with_the_report_by_when_it_must_answer() -> None:
    case = lived()

    assert case.last.due == shown(case) is not None
    assert heard(case) == [("kab-3603", "routed", case.last.due)]


def test_whoever_gets_it_next_hears_its_own_day_and_the_former_none() -> None:
    case = lived(request(SAMPLES[InputKind.TRANSFER], 2 * DAY))

    first, last = case.history
    assert first.due is not None
    assert last.due is not None
    assert last.due > first.due
    assert heard(case)[1:] == [
        ("prov-36", "routed", last.due),
        ("kab-3603", "transferred_away", None),
    ]


def test_while_it_waits_for_its_reporter_there_is_no_day_and_then_a_later_one() -> None:
    returned = request(SAMPLES[InputKind.RETURN_TO_REPORTER], DAY)
    waiting, back = lived(returned), lived(returned, supplement(4 * DAY))

    assert (waiting.last.due, answer_due(waiting)) == (None, None)
    assert heard(back)[-1] == ("kab-3603", "supplemented", back.last.due)
    assert back.last.due is not None
    assert back.history[0].due is not None
    assert back.last.due > back.history[0].due


def test_an_officer_who_says_that_it_needs_an_investigation_moves_the_day() -> None:
    case = lived(request(AssignUnit(investigation=True), 1, actor=OFFICER))

    first, marked = case.history
    assert marked.due is not None
    assert first.due is not None
    assert marked.due > first.due
    assert heard(case)[-1] == ("kab-3603", "assigned", marked.due)


def test_a_reopened_case_has_a_day_of_its_own() -> None:
    case = lived(complete(1), request(Reopen(text="Lagi."), 5 * DAY, actor=REPORTER))

    assert answer_due(lived(complete(1))) is None
    assert case.last.due == answer_due(case) == shown(case) is not None


def test_what_does_not_move_the_day_does_not_repeat_it() -> None:
    reply = request(SAMPLES[InputKind.REPLY], 2, actor=REPORTER)
    refused = request(SAMPLES[InputKind.ROUTE], 3)

    case = lived(follow_up(1), reply, refused)

    assert [entry.due for entry in case.history[1:]] == [None, None, None]
    assert answer_due(case) == case.history[0].due is not None


@pytest.mark.parametrize(("first", "time"), [(None, TIME), ("kab-3603", UNTIMED)])
def test_where_nobody_has_it_or_no_limit_is_set_there_is_no_day(
    first: str | None, time: Timekeeper
) -> None:
    case = lived(first=first, time=time)

    assert (case.last.due, answer_due(case)) == (None, None)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_the_history_always_says_the_day_that_the_clocks_show(
    steps: list[tuple[int, Action, Actor]],
) -> None:
    at, asked = 0, []
    for number, (wait, action, actor) in enumerate(steps):
        at += wait
        moment = START + timedelta(hours=at)
        asked.append(request(action, number, actor=actor, at=moment))

    case = lived(*asked)

    assert answer_due(case) == (shown(case) if case.last.status in HELD else None)

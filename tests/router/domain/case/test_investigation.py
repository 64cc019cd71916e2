"""Which reports need an investigation (berkadar pengawasan), who says so, and their limit."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.case.agencies import AgencyDirectoryView
from services.router.domain.case.history import STAFF
from services.router.domain.case.machine import apply, deadline_passed, undeliverable
from services.router.domain.case.publications import publications
from services.router.domain.case.timekeeper import Timekeeper
from services.router.domain.deadlines.deadline_calculator import ClockReading
from services.router.domain.deadlines.timers import TimerView
from services.router.domain.reference.taxonomy import parse_taxonomy
from services.router.domain.routing.engine import RoutingEngine
from shared.contracts.actions import Action, Archive, AssignUnit, Rate, Reopen, Route, Transfer
from shared.contracts.case import Actor, ArchiveReason, Case, Decision, Entry, InputKind, Outcome
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import AgencyEvent, CaseChanged
from tests.router.lives import ACTIONS, ACTORS, CODES, REACH, SAMPLES, after, opened
from tests.support.builders import (
    OFFICER,
    REPORTER,
    START,
    agency,
    complete,
    decision,
    follow_up,
    request,
    supplement,
)
from tests.support.deadline_cases import CLOCKS
from tests.support.routing_cases import LINES, NEEDS, PLACES, complaint, knowing

TIME = Timekeeper(CLOCKS, {})
DAY = 24  # hours, as requests are numbered
TAXONOMY = parse_taxonomy(
    "category,name,name_en,needs,words,investigation\n"
    "roads,Jalan,Roads,,jalan,\n"
    "school,Sekolah,School,,kelas,\n"
    "school.high,SMA,High school,,sma,yes\n"
    "policy,Kebijakan,Policy,,usul,\n",
    NEEDS,
)
RESOLVING = (LegalClock.RESOLVE, LegalClock.RESOLVE_INVESTIGATION)
MARKED = opened(category="corruption", investigation=True)
PLAIN = opened(category="roads")
MARK, CLEAR = AssignUnit(investigation=True), AssignUnit(investigation=False)


def told(case: Case, *steps: tuple[Action, int], reach: AgencyDirectoryView = REACH) -> Case:
    """Return the case after what an officer asked, each so many hours after the start."""
    asked = (request(action, number, actor=OFFICER) for action, number in steps)
    return after(case, *asked, reach=reach)


def resolving(case: Case) -> ClockReading:
    (found,) = (one for one in CLOCKS.readings(TimerView.of(case)) if one.clock in RESOLVING)
    return found


def marks(entries: Iterable[Entry]) -> list[bool | None]:
    return [entry.investigation for entry in entries]


@pytest.mark.parametrize(
    ("category", "expected"),
    [("school.high", True), ("school", None), ("roads", None), (None, None)],
)
def test_a_report_of_a_category_that_says_so_needs_an_investigation(
    category: str | None, expected: bool | None
) -> None:
    brain = RoutingEngine(knowing(*LINES[1:2], taxonomy=TAXONOMY), PLACES)

    [found] = brain.decide([complaint("Tolong.", category=category)], CODES)

    assert found.category == category
    assert found.investigation is expected
    assert opened(category=category, investigation=expected).last.investigation is expected


def test_an_investigation_has_sixty_working_days() -> None:
    assert resolving(MARKED) == ClockReading(
        LegalClock.RESOLVE_INVESTIGATION, 1, START, CLOCKS.calendar.add_working_days(START, 60)
    )
    assert resolving(PLAIN).due == CLOCKS.calendar.add_working_days(START, 14)


def test_only_the_limit_that_a_case_has_passes() -> None:
    idle = [TIME.settled(case, START + timedelta(days=40), CODES) for case in (PLAIN, MARKED)]

    rung = [{entry.deadline.clock for entry in case.history if entry.deadline} for case in idle]
    assert rung == [{LegalClock.FIRST_FOLLOW_UP, LegalClock.RESOLVE}, {LegalClock.FIRST_FOLLOW_UP}]


def test_the_clock_begins_when_the_case_came_whoever_marks_it_whenever() -> None:
    marked = told(PLAIN, (MARK, 3 * DAY))
    cleared = told(marked, (CLEAR, 9 * DAY))

    assert resolving(marked) == resolving(MARKED)
    assert resolving(cleared) == resolving(PLAIN)


def test_a_mark_moves_no_other_clock() -> None:
    begun = after(PLAIN, follow_up(1))

    others = [
        [one for one in CLOCKS.readings(TimerView.of(case)) if one.clock not in RESOLVING]
        for case in (begun, told(begun, (MARK, 5)))
    ]

    assert others[0]
    assert others[0] == others[1]


def test_where_the_longer_limit_is_taken_away_the_shorter_one_may_have_passed() -> None:
    at = START + timedelta(days=40)
    waited = TIME.settled(MARKED, at, CODES)

    cleared = told(waited, (CLEAR, 40 * DAY))

    rung = [entry.deadline for entry in TIME.settled(cleared, at, CODES).history[cleared.seq :]]
    assert [(one.clock, one.level) for one in rung if one] == [
        (LegalClock.RESOLVE, Level.WARNING),
        (LegalClock.RESOLVE, Level.HOLDER),
        (LegalClock.RESOLVE, Level.PARENT),
    ]


def test_a_later_file_changes_no_case() -> None:
    later = AgencyDirectoryView(known=REACH.known, provisioned=REACH.provisioned)

    for case in (MARKED, told(PLAIN, (AssignUnit(category="corruption"), 1))):
        edited = told(case, (AssignUnit(unit="Inspektorat"), 2), reach=later)
        assert resolving(edited) == resolving(case) == resolving(MARKED)


@pytest.mark.parametrize(
    ("case", "action", "expected"),
    [
        (PLAIN, MARK, True),
        (MARKED, CLEAR, False),
        (PLAIN, AssignUnit(category="corruption"), True),
        (MARKED, AssignUnit(category="roads"), None),
        (PLAIN, AssignUnit(category="corruption", investigation=False), False),
        (MARKED, AssignUnit(category="roads", investigation=True), True),
        (MARKED, AssignUnit(unit="Inspektorat"), True),
        (MARKED, AssignUnit(unit="Inspektorat", category="corruption"), True),
        (told(PLAIN, (MARK, 1)), AssignUnit(unit="PU", category="roads"), True),
        (PLAIN, Route(institution="prov-36", investigation=True), True),
        (MARKED, Route(institution="prov-36", investigation=False), False),
        (MARKED, Route(institution="prov-36"), True),
        (opened(None), Route(institution="prov-36", category="corruption"), True),
        (MARKED, Route(institution="prov-36", category="roads"), None),
    ],
)
def test_an_officer_says_so_or_names_a_category_that_does(
    case: Case, action: Action, expected: bool | None
) -> None:
    last = told(case, (action, 2)).last

    assert last.outcome is not Outcome.REFUSED
    assert last.investigation is expected


def test_whatever_else_happens_the_mark_stays() -> None:
    case = after(
        MARKED,
        request(SAMPLES[InputKind.RETURN_TO_REPORTER], 1),
        supplement(2, "Ini buktinya."),
        follow_up(3),
        request(AssignUnit(investigation=True), 4),  # refused
        request(Transfer(institution="prov-36", text="Bukan kami."), 5),
        complete(6, actor=agency("prov-36")),
        request(Rate(rating=1), 7, actor=REPORTER),
        request(Reopen(text="Belum."), 8, actor=REPORTER),
        request(Archive(reason=ArchiveReason.SPAM), 9, actor=OFFICER),
        request(Reopen(text="Bukan spam."), 10, actor=OFFICER),
    )
    due = Deadline(clock=LegalClock.RESOLVE, level=Level.HOLDER, due=START, armed_by=1)
    gone = undeliverable(case, "prov-36")

    assert gone is not None
    assert marks((*case.history, deadline_passed(case, due, None), gone)) == [True] * 13


def decided_anew(case: Case, found: Decision) -> bool | None:
    """Return the mark of a case that its reporter has completed."""
    return apply(case, supplement(99), REACH, decide=lambda _: found).investigation


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), True),
        ((Route(institution="prov-36", category="roads"),), None),
        ((Route(institution="prov-36", investigation=False),), False),
        ((Route(institution="prov-36", category="corruption"), CLEAR), False),
        ((Route(institution="prov-36"),), True),  # nobody named a category
    ],
)
def test_what_is_decided_anew_has_the_decisions_mark_unless_an_officer_chose(
    steps: tuple[Action, ...], expected: bool | None
) -> None:
    found = decision("kota-3671", category="corruption", investigation=True)
    chosen = told(opened(None), *((step, number) for number, step in enumerate(steps, 1)))
    back = request(Transfer(text="Bukan kami."), 9, actor=OFFICER)
    waiting = after(chosen, back) if steps else chosen

    assert waiting.last.institution is None
    assert decided_anew(waiting, found) is expected


def test_an_institution_hears_that_it_has_the_longer_limit_and_the_former_one_does_not() -> None:
    case = told(MARKED, (Route(institution="prov-36"), 1))

    arrived, left = (
        AgencyEvent.model_validate_json(one.value)
        for one in list(publications(case, case.seq, CODES))[1:]
    )
    assert (arrived.agency, arrived.investigation) == ("prov-36", True)
    assert (left.agency, left.investigation) == ("kab-3603", None)


def test_what_was_written_before_there_were_marks_is_read_and_said_again_alike() -> None:
    case = after(PLAIN, follow_up(1))
    events = list(publications(case, 1, CODES))

    assert not any(b"investigation" in event.value for event in events)
    assert CaseChanged.model_validate_json(events[-2].value).case == case
    assert resolving(case).clock is LegalClock.RESOLVE


@given(st.lists(st.tuples(ACTIONS, ACTORS), max_size=12), st.sampled_from(["kab-3603", None]))
def test_only_officers_and_decisions_change_a_mark(
    steps: list[tuple[Action, Actor]], first: str | None
) -> None:
    asked = (request(action, n, actor=actor) for n, (action, actor) in enumerate(steps))
    case = after(opened(first), *asked)

    for before, entry in pairwise(case.history):
        if entry.investigation is not before.investigation:
            assert entry.outcome is not Outcome.REFUSED
            assert entry.actor.kind in STAFF or entry.decision is not None


@given(st.lists(st.tuples(ACTIONS, ACTORS), max_size=12), st.sampled_from(["kab-3603", None]))
def test_a_mark_changes_how_long_a_clock_runs_and_not_when_it_was_armed(
    steps: list[tuple[Action, Actor]], first: str | None
) -> None:
    asked = [request(action, n, actor=actor) for n, (action, actor) in enumerate(steps)]
    plain = TimerView.of(after(opened(first), *asked))

    readings = [
        {
            (one.clock in RESOLVING or one.clock, one.armed_by, one.since)
            for one in CLOCKS.readings(replace(plain, investigation=mark))
        }
        for mark in (True, False)
    ]
    assert readings[0] == readings[1]

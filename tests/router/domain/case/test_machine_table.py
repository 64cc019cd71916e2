"""The transition table: complete, unambiguous, and what the machine really does."""

from datetime import timedelta
from itertools import combinations, pairwise, product
from typing import get_args

import pytest

from services.router.domain.case.batch_context import BatchContext
from services.router.domain.case.fold import fold
from services.router.domain.case.machine import deadline_passed
from services.router.domain.case.refusals import (
    MEANINGS,
    RefusalCode,
)
from services.router.domain.case.timekeeper import Timekeeper
from services.router.domain.case.transitions import OWN, TRANSITIONS, row_for, rows_of
from shared.contracts.actions import (
    Action,
    Archive,
    AssignUnit,
    FollowUp,
    Reopen,
    Reply,
    Route,
    Transfer,
)
from shared.contracts.case import Actor, ActorKind, ArchiveReason, Case, InputKind, Outcome, Status
from shared.contracts.case_limits import MOST_FROM_REPORTER, MOST_REOPENINGS
from shared.contracts.deadlines import Deadline, LegalClock, Level
from tests.router.lives import CLOSED, REACH, SAMPLES, after, decide, in_status, opened
from tests.support.builders import OFFICER, REPORTER, START, agency, complete, follow_up, request
from tests.support.deadline_cases import CLOCKS
from tests.support.tables import failing

TIME = Timekeeper(CLOCKS, {})


def test_every_input_has_its_place_in_the_table() -> None:
    asked = {member.model_fields["kind"].default for member in get_args(get_args(Action)[0])}

    assert asked == set(TRANSITIONS) == set(SAMPLES)
    assert set(TRANSITIONS) | set(OWN) == set(InputKind)
    assert not set(TRANSITIONS) & set(OWN)


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_of_one_input_status_and_actor_there_is_at_most_one_row(kind: InputKind) -> None:
    for one, other in combinations(TRANSITIONS[kind], 2):
        assert not (one.statuses & other.statuses and one.actors & other.actors)


def test_every_input_in_every_status_by_everybody_is_a_change_or_a_refusal() -> None:
    assert failing(product(SAMPLES, Status, ActorKind), is_a_change_or_a_refusal) == {}


def is_a_change_or_a_refusal(cell: tuple[InputKind, Status, ActorKind]) -> None:
    kind, status, actor = cell
    case = in_status(status)

    by = Actor(kind=actor, code="kab-3603")
    last = after(case, request(SAMPLES[kind], actor=by)).last

    row = row_for(kind, actor, status)
    if last.refusal is None:
        assert row is not None
        assert last.outcome in row.outcomes
        assert last.status in (row.leads_to or (status,))
    else:
        assert row is None
        assert last.refusal.code == _expected(kind, actor, status)
        assert (last.outcome, last.status) == (Outcome.REFUSED, status)
        assert last.model_copy(update={"institution": None}).status is case.last.status


PASSED = {
    (status, outcome): row
    for row in OWN[InputKind.DEADLINE_PASSED]
    for status in row.statuses
    for outcome in row.outcomes
}
LEVELS = {
    Outcome.WARNED: (Level.WARNING,),
    Outcome.ESCALATED: (Level.HOLDER, Level.PARENT, Level.SUPERVISOR),
    Outcome.AUTO_CLOSED: (Level.CLOSE,),
}


def test_deadlines_pass_in_the_statuses_of_the_table_and_in_no_others() -> None:
    answered = after(opened(), follow_up(1))
    reply = request(Reply(text="x"), 2, actor=REPORTER)
    reopened_late = after(opened(), complete(1), request(Reopen(text="x"), 2, actor=REPORTER))
    # Nobody looked at the clocks before it was returned, or the limits are shorter by now.
    late_return = request(SAMPLES[InputKind.RETURN_TO_REPORTER], 100 * 24)
    cases = (
        *(in_status(status) for status in Status),
        *(answered, after(answered, reply), reopened_late),
        *(after(one, late_return) for one in (opened(), answered, reopened_late)),
    )

    found = set()
    for case in cases:
        settled = TIME.settled(case, START + timedelta(days=730), frozenset())
        for before, entry in pairwise(settled.history[case.seq - 1 :]):
            found.add((before.status, entry.outcome))

    assert found == PASSED.keys()


@pytest.mark.parametrize(
    ("status", "level"),
    [(status, level) for status, outcome in sorted(PASSED) for level in LEVELS[outcome]],
)
def test_a_deadline_does_what_the_table_says(status: Status, level: Level) -> None:
    case = in_status(status)
    due = case.last.at + timedelta(days=3)
    deadline = Deadline(clock=LegalClock.AUTO_CLOSE, level=level, due=due, armed_by=1)

    entry = deadline_passed(case, deadline, None)

    row = PASSED[status, entry.outcome]
    assert entry.actor.kind in row.actors
    assert entry.status in (row.leads_to or (status,))
    assert (entry.at, entry.seq) == (due, case.seq + 1)
    kept = {"institution", "unit", "category", "investigation"}
    assert entry.model_dump(include=kept) == case.last.model_dump(include=kept)


def _expected(kind: InputKind, actor: ActorKind, status: Status) -> RefusalCode:
    if not rows_of(kind, actor):
        return RefusalCode.NOT_ALLOWED
    nobody_holds = status is Status.UNVERIFIED and actor is ActorKind.AGENCY
    return RefusalCode.NOT_HOLDER if nobody_holds else RefusalCode.WRONG_STATUS


def reopened(times: int) -> Case:
    case = opened()
    for number in range(times):
        again = request(Reopen(text="Lagi."), 100 + number, actor=REPORTER)
        case = after(case, complete(200 + number), again)
    return after(case, complete(300))


def talkative(text: str = "x") -> Case:
    replies = (request(Reply(text=text), n, actor=REPORTER) for n in range(MOST_FROM_REPORTER))
    return after(opened(), *replies)


def erased() -> Case:
    by = Actor(kind=ActorKind.OPERATOR, code="kantor")
    return after(opened(), request(SAMPLES[InputKind.ERASE], 1, actor=by))


GENERAL = Archive(reason=ArchiveReason.TOO_GENERAL)
BEGUN = in_status(Status.IN_PROGRESS)
REOPENED = after(opened(), complete(1), request(Reopen(text="x"), 2, actor=REPORTER))
ASKED = request(SAMPLES[InputKind.RETURN_TO_REPORTER], 1000)
THERE_AND_BACK = (
    request(Transfer(institution="prov-36", text="x"), 1001),
    request(Transfer(institution="kab-3603", text="x"), 1002, actor=agency("prov-36")),
)
THROUGH_TRIAGE = (
    request(Transfer(text="x"), 1001),
    request(Route(institution="kab-3603"), 1002, actor=OFFICER),
)


REFUSED: list[tuple[RefusalCode, Case, Action, Actor]] = [
    (RefusalCode.NOT_ALLOWED, opened(), Route(institution="prov-36"), agency()),
    (RefusalCode.NOT_HOLDER, opened(), FollowUp(text="x"), agency("prov-36")),
    (RefusalCode.WRONG_STATUS, in_status(Status.COMPLETED), FollowUp(text="x"), agency()),
    (RefusalCode.UNKNOWN_INSTITUTION, opened(), Route(institution="kem-777"), OFFICER),
    (
        RefusalCode.UNKNOWN_INSTITUTION,
        opened(),
        Transfer(institution="kem-777", text="x"),
        agency(),
    ),
    (RefusalCode.SAME_INSTITUTION, opened(), Route(institution="kab-3603"), OFFICER),
    (RefusalCode.SAME_INSTITUTION, opened(), Transfer(institution="kab-3603", text="x"), agency()),
    (RefusalCode.NOT_PROVISIONED, opened(), Route(institution="kem-099"), OFFICER),
    (RefusalCode.CLOSED, opened(), Route(institution=CLOSED), OFFICER),
    (RefusalCode.CLOSED, opened(), Transfer(institution=CLOSED, text="x"), agency()),
    (
        RefusalCode.NO_INSTITUTION,
        after(opened(None), request(SAMPLES[InputKind.RETURN_TO_REPORTER], 5, actor=OFFICER)),
        AssignUnit(unit="Dinas PU"),
        OFFICER,
    ),
    (RefusalCode.CATEGORY_FOR_STAFF, opened(), AssignUnit(unit="PU", category="roads"), agency()),
    (RefusalCode.INVESTIGATION_FOR_STAFF, opened(), AssignUnit(investigation=True), agency()),
    (RefusalCode.NOTHING_CHANGED, opened(), AssignUnit(investigation=False), OFFICER),
    (RefusalCode.NOTHING_CHANGED, opened(unit="PU"), AssignUnit(unit="PU"), agency()),
    (RefusalCode.NOTHING_CHANGED, opened(category="roads"), AssignUnit(category="roads"), OFFICER),
    (RefusalCode.REASON_FOR_STAFF, opened(), Archive(reason=ArchiveReason.WITHDRAWN), agency()),
    (RefusalCode.ALREADY_BEGUN, after(BEGUN, ASKED), GENERAL, agency()),
    (RefusalCode.ALREADY_BEGUN, after(BEGUN, *THERE_AND_BACK), GENERAL, agency()),
    (RefusalCode.ALREADY_BEGUN, after(REOPENED, ASKED), GENERAL, agency()),
    (RefusalCode.ALREADY_BEGUN, after(REOPENED, *THERE_AND_BACK), GENERAL, agency()),
    (RefusalCode.ALREADY_BEGUN, after(BEGUN, *THROUGH_TRIAGE), GENERAL, agency()),
    (RefusalCode.TOO_MANY_REOPENINGS, reopened(MOST_REOPENINGS), Reopen(text="x"), REPORTER),
    (RefusalCode.TOO_MUCH_FROM_REPORTER, talkative(), Reply(text="x"), REPORTER),
    (RefusalCode.ERASED, erased(), Reply(text="x"), REPORTER),
]


@pytest.mark.parametrize(
    ("code", "case", "action", "actor"), REFUSED, ids=lambda value: str(getattr(value, "kind", ""))
)
def test_a_refusal_has_its_code_and_changes_nothing(
    code: RefusalCode, case: Case, action: Action, actor: Actor
) -> None:
    last = after(case, request(action, actor=actor)).last

    assert last.refusal is not None
    assert (last.outcome, last.refusal.code) == (Outcome.REFUSED, code)
    unchanged = ("status", "institution", "unit", "category", "investigation")
    assert last.model_dump(include=set(unchanged)) == case.last.model_dump(include=set(unchanged))


@pytest.mark.parametrize(
    "case",
    [
        opened(),
        after(opened(), ASKED),
        after(BEGUN, THERE_AND_BACK[0], request(Route(institution="kota-3671"), 9, actor=OFFICER)),
    ],
)
def test_an_institution_archives_what_it_has_not_begun_itself(case: Case) -> None:
    by = agency(case.last.institution or "")

    assert after(case, request(GENERAL, actor=by)).last.status is Status.ARCHIVED


@pytest.mark.parametrize("case", [BEGUN, after(BEGUN, ASKED), after(BEGUN, *THERE_AND_BACK)])
def test_an_officer_archives_what_an_institution_has_begun(case: Case) -> None:
    assert after(case, request(GENERAL, actor=OFFICER)).last.status is Status.ARCHIVED


def test_every_code_is_reached_and_explained() -> None:
    assert {code for code, *_ in REFUSED} == set(RefusalCode) == set(MEANINGS)


@pytest.mark.parametrize(
    ("case", "action"),
    [
        (reopened(MOST_REOPENINGS), Reopen(text="Tetap rusak.")),
        (talkative(), Reply(text="Kata pelapor: belum.")),
    ],
)
def test_an_officer_still_may_what_the_reporter_has_done_too_often(
    case: Case, action: Action
) -> None:
    assert after(case, request(action, 999, actor=OFFICER)).last.refusal is None


@pytest.mark.parametrize("text", ["x", "é" * 4_096, "x" + 8_191 * '"'])
def test_the_institution_may_still_answer_a_talkative_reporter(text: str) -> None:
    # One more, so that the last was refused however long they are.
    case = after(talkative(text), request(Reply(text=text), 998, actor=REPORTER))

    assert case.last.refusal is not None
    assert case.last.refusal.code == RefusalCode.TOO_MUCH_FROM_REPORTER
    answered = fold(case, [complete(999)], BatchContext({}, REACH, decide))
    assert not answered.dead
    assert answered.after is not None
    assert answered.after.last.status is Status.COMPLETED


def test_a_reply_to_an_answer_is_told_to_reopen_instead() -> None:
    case = in_status(Status.COMPLETED)

    last = after(case, request(Reply(text="x"), actor=REPORTER)).last

    assert last.refusal is not None
    assert last.refusal.detail == "reply is not possible while completed; use reopen"

"""The table of messages against the router's table of transitions: whole, and true."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from services.notifier.domain.messages.reporter_update import ReporterUpdate, update_of
from services.notifier.domain.messages.reporter_wording import MessageFacts, email_of, sms_of
from services.notifier.domain.messages.update_rules import OFFERED, TABLE, UpdateCondition, rule_for
from services.router.domain.case.refusals import refusal_of
from services.router.domain.case.transitions import OWN, TRANSITIONS, row_for
from shared.contracts.actions import Action, Reopen, Reply, Supplement
from shared.contracts.case import Actor, ActorKind, Case, InputKind, Outcome, Status
from shared.contracts.case_limits import MOST_FROM_REPORTER, MOST_REOPENINGS
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import ActionRequested, CaseChanged
from tests.notifier.telling import COMPLETED, QUESTION, ROUTED, TRIAGED, life
from tests.router.lives import REACH
from tests.support.builders import OFFICER, REPORTER, START, case_changed, complaint_id, decision
from tests.support.tables import failing

SAID = "Kata-kata pelaku."
ASKED: dict[InputKind, Action] = {
    InputKind.SUPPLEMENT: Supplement(text="Di kota."),
    InputKind.REPLY: Reply(text="Belum."),
    InputKind.REOPEN: Reopen(text="Rusak lagi."),
}
OFFER_WORDS = {
    InputKind.SUPPLEMENT: ("Please add", "If you add"),
    InputKind.REPLY: ("A reply from you",),
    InputKind.REOPEN: ("you can reopen", "You can reopen"),
}


class Step(NamedTuple):
    """One thing that the router lets happen."""

    kind: InputKind
    actor: ActorKind
    before: Status
    outcome: Outcome
    after: Status


def steps() -> Iterator[Step]:
    for table in (TRANSITIONS, OWN):
        for kind, rows in table.items():
            for row in rows:
                for before in row.statuses or {Status.UNVERIFIED}:
                    for actor in sorted(row.actors):
                        for outcome in row.outcomes:
                            for after in row.leads_to or (before,):
                                yield Step(kind, actor, before, outcome, after)


STEPS = sorted(set(steps()))


def case_after(step: Step) -> CaseChanged:
    """Return the event of a case to which this happened, with all that a message could hold."""
    first = TRIAGED if step.before is Status.UNVERIFIED else ROUTED
    held = step.after is not Status.UNVERIFIED
    last: dict[str, Any] = {
        "input": step.kind,
        "outcome": step.outcome,
        "status": step.after,
        "actor": Actor(kind=step.actor, code="kab-3603" if step.actor == "agency" else None),
        "institution": "kab-3603" if held else None,
        "text": SAID,
    }
    if not held:
        last["decision"] = decision(None, questions=[QUESTION])
    if step.kind is InputKind.DEADLINE_PASSED:
        last["deadline"] = Deadline(
            clock=LegalClock.AUTO_CLOSE, level=Level.WARNING, due=START, armed_by=1
        )
    if step.kind is InputKind.SUBMITTED:
        return life(last)[0]
    return life(first, first | {"status": step.before}, last)[-1]


def told(step: Step) -> ReporterUpdate | None:
    return update_of(case_after(step))


def test_the_tables_meet_in_more_than_a_hundred_places() -> None:
    assert len(STEPS) > 100


def test_a_message_is_true_of_everything_that_the_router_lets_happen() -> None:
    assert failing(STEPS, message_is_true) == {}


def message_is_true(step: Step) -> None:
    news = told(step)
    if news is None:
        return
    letter = email_of(news, MessageFacts("Pemkab", None, "")).text

    # Nothing is offered that the router would refuse.
    for kind, phrases in OFFER_WORDS.items():
        if any(phrase in letter for phrase in phrases):
            assert row_for(kind, ActorKind.REPORTER, step.after), letter
    # Nobody's words stand as another's.
    assert ("The institution's words" in letter) == (
        news.text is not None and step.actor is ActorKind.AGENCY
    )
    assert (SAID in letter) == (news.text is not None)
    if step.actor in (ActorKind.REPORTER, ActorKind.GATEWAY):
        assert news.text is None
    # What it says has happened is so.
    assert {
        "answered.": Status.COMPLETED,
        "archived": Status.ARCHIVED,
        "has been closed": Status.COMPLETED,
    }.get(_claim(letter), step.after) is step.after
    assert len(sms_of(news, MessageFacts("Pemkab", None, ""))) <= 160


def _claim(letter: str) -> str:
    claims = ("answered.", "archived", "has been closed")
    return next((claim for claim in claims if claim in letter.partition("— English —")[2]), "")


def test_every_reopening_by_staff_is_told() -> None:
    staff = {ActorKind.OFFICER, ActorKind.OPERATOR}
    by_staff = [one for one in STEPS if one.kind is InputKind.REOPEN and one.actor in staff]

    assert by_staff
    assert failing(by_staff, reopening_is_told) == {}


def reopening_is_told(step: Step) -> None:
    news = told(step)

    assert news is not None
    assert "has been reopened" in email_of(news, MessageFacts()).text


def test_every_row_but_the_last_is_used() -> None:
    used = {rule_for(case_after(step).case) for step in STEPS}

    assert {row for row in TABLE if row.when is not UpdateCondition.ELSEWHERE} <= used


def test_what_is_offered_is_what_the_router_lets_a_reporter_do() -> None:
    for status, offered in OFFERED.items():
        allowed = {kind for kind in ASKED if row_for(kind, ActorKind.REPORTER, status)}
        assert offered == allowed, status


@pytest.mark.parametrize("count", [MOST_REOPENINGS - 1, MOST_REOPENINGS])
@pytest.mark.parametrize("actor", [REPORTER, OFFICER])
def test_reopening_is_offered_as_long_as_the_router_takes_it(count: int, actor: Actor) -> None:
    reopened = {
        "input": InputKind.REOPEN,
        "outcome": Outcome.REOPENED,
        "status": Status.IN_PROGRESS,
        "actor": actor,
    }
    event = life(ROUTED, COMPLETED, *(reopened, COMPLETED) * count)[-1]

    assert_offers_what_the_router_takes(event.case, InputKind.REOPEN)


@pytest.mark.parametrize("count", [MOST_FROM_REPORTER - 2, MOST_FROM_REPORTER])
def test_nothing_is_offered_to_whom_nothing_more_is_taken(count: int) -> None:
    replied = {
        "input": InputKind.REPLY,
        "outcome": Outcome.REPLIED,
        "status": Status.ROUTED,
        "actor": REPORTER,
    }
    event = life(ROUTED, *(replied,) * count, COMPLETED)[-1]

    assert_offers_what_the_router_takes(event.case, InputKind.REOPEN)


def assert_offers_what_the_router_takes(case: Case, kind: InputKind) -> None:
    asked = ActionRequested(
        action_id=complaint_id("asked"),
        complaint_id=case.complaint.complaint_id,
        at=START,
        actor=REPORTER,
        action=ASKED[kind],
    )
    news = update_of(case_changed(case))
    assert news is not None
    assert (kind in news.offers) == (refusal_of(case, asked, REACH) is None)
    assert ("you can reopen" in email_of(news, MessageFacts()).text) == (kind in news.offers)

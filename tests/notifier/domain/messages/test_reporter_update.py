"""What a reporter is told of each history entry, and what never."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifier.domain.messages.reporter_update import MOST_WORDS, may_notify, update_of
from services.notifier.domain.messages.update_rules import UpdateKind
from shared.contracts.case import Outcome, Status
from shared.contracts.deadlines import Deadline, LegalClock, Level
from tests.notifier.telling import (
    AUTO_CLOSED,
    CITIZEN,
    CLOSING,
    COMPLETED,
    FOLLOWED_UP,
    KAB,
    QUESTION,
    RETURNED,
    ROUTED,
    TRIAGED,
    life,
)
from tests.support.builders import OFFICER, REPORTER, START

DAY = timedelta(days=1)


def kinds(*steps: dict[str, Any]) -> list[UpdateKind | None]:
    found = [update_of(event) for event in life(*steps)]
    return [news.kind if news else None for news in found]


def test_a_whole_life_is_told_step_by_step() -> None:
    assert kinds(TRIAGED, ROUTED, RETURNED, FOLLOWED_UP, CLOSING, AUTO_CLOSED) == [
        UpdateKind.RECEIVED,
        UpdateKind.ROUTED,
        UpdateKind.RETURNED,
        UpdateKind.FOLLOWED_UP,
        UpdateKind.CLOSING_SOON,
        UpdateKind.CLOSED,
    ]


def test_a_report_routed_at_once_costs_one_message() -> None:
    (news,) = [update_of(event) for event in life(ROUTED)]

    assert news is not None
    assert (news.kind, news.institution) == (UpdateKind.RECEIVED, KAB)


def test_an_incomplete_report_is_asked_about_with_the_first_message() -> None:
    (news,) = [update_of(event) for event in life(TRIAGED)]

    assert news is not None
    assert news.questions == (QUESTION,)


def test_questions_that_a_supplement_leaves_open_are_asked_again() -> None:
    supplemented = TRIAGED | {"outcome": Outcome.SUPPLEMENTED, "actor": REPORTER}

    assert kinds(TRIAGED, supplemented)[1] is UpdateKind.RETURNED


def test_a_supplement_that_finds_an_institution_is_told_as_routed() -> None:
    supplemented = ROUTED | {"outcome": Outcome.SUPPLEMENTED, "actor": REPORTER}

    assert kinds(TRIAGED, supplemented)[1] is UpdateKind.ROUTED


def test_a_transfer_names_the_institution_that_has_it_now() -> None:
    transferred = ROUTED | {"outcome": Outcome.TRANSFERRED, "institution": "prov-36"}

    news = update_of(life(ROUTED, transferred)[1])

    assert news is not None
    assert (news.kind, news.institution) == (UpdateKind.ROUTED, "prov-36")


@pytest.mark.parametrize(
    "step",
    [
        {"outcome": Outcome.REFUSED, "status": Status.ROUTED, "institution": "prov-36"},
        {"outcome": Outcome.ASSIGNED, "status": Status.ROUTED},
        {"outcome": Outcome.REPLIED, "status": Status.ROUTED, "actor": REPORTER},
        {"outcome": Outcome.RATED, "status": Status.COMPLETED, "actor": REPORTER},
        {"outcome": Outcome.REOPENED, "status": Status.IN_PROGRESS, "actor": REPORTER},
        {"outcome": Outcome.ESCALATED, "status": Status.ROUTED},
        {"outcome": Outcome.TRIAGED, "status": Status.UNVERIFIED, "institution": None},
        {"outcome": Outcome.WARNED, "status": Status.ROUTED},
        CLOSING
        | {
            "deadline": Deadline(
                clock=LegalClock.RESOLVE, level=Level.WARNING, due=START, armed_by=1
            )
        },
    ],
    ids=lambda step: step["outcome"],
)
def test_what_concerns_others_is_not_told(step: dict[str, Any]) -> None:
    assert kinds(ROUTED, step)[1] is None


def test_an_answer_is_told_in_the_institutions_words_up_to_a_bound() -> None:
    whole, long = life(ROUTED, COMPLETED | {"text": "x" * MOST_WORDS}), "x" * (MOST_WORDS + 1)

    news, cut = update_of(whole[1]), update_of(life(ROUTED, COMPLETED | {"text": long})[1])

    assert news is not None
    assert cut is not None
    assert news.text == "x" * MOST_WORDS
    assert cut.text == "x" * MOST_WORDS + " …"


def test_words_that_are_not_for_the_reporter_stay_where_they_are() -> None:
    routed = ROUTED | {"actor": OFFICER, "text": "Tolong segera."}
    supplemented = ROUTED | {"outcome": Outcome.SUPPLEMENTED, "actor": REPORTER}
    by_reporter = supplemented | {"text": CITIZEN}

    for step in (routed, by_reporter):
        news = update_of(life(TRIAGED, step)[1])
        assert news is not None
        assert news.text is None


def test_nothing_of_the_report_itself_is_in_any_news() -> None:
    steps = (TRIAGED, ROUTED, RETURNED, FOLLOWED_UP, COMPLETED, CLOSING, AUTO_CLOSED)

    found = [update_of(event) for event in life(*steps)]

    said = " ".join(news.model_dump_json() for news in found if news)
    assert CITIZEN not in said
    assert "Jalan rusak" not in said


def test_nobody_is_told_of_an_anonymous_report_or_of_long_ago() -> None:
    (event,) = life(ROUTED)
    (unnamed,) = life(ROUTED, anonymous=True)

    assert may_notify(event, START + DAY, most_age=DAY)
    assert not may_notify(event, START + DAY + timedelta(seconds=1), most_age=DAY)
    assert not may_notify(unnamed, START, most_age=DAY)

"""What is shown of deadlines: officers see each, the reporter only the one that closed the case."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake.cases.views import CaseView, view_of
from services.intake.submit.records import Receipt, ReceiptKind
from shared.contracts.case import Entry, InputKind, Outcome, Question, Status
from shared.contracts.deadlines import Deadline, LegalClock, Level
from tests.intake.conftest import case_of, entry
from tests.support.builders import START, complaint

ASKED = Question(need="place", text="Di mana?", text_en="Where?")


def passed(seq: int, level: Level, **changes: Any) -> Entry:
    """Return the entry of a deadline."""
    due = START + timedelta(days=seq)
    deadline = Deadline(clock=LegalClock.RESOLVE, level=level, due=due, armed_by=1)
    values = {"input": InputKind.DEADLINE_PASSED, "decision": None, "deadline": deadline}
    return entry(seq, **{"outcome": Outcome.ESCALATED, **values, **changes})


def shown(*entries: Entry, whole: bool) -> CaseView:
    made = complaint()
    receipt = Receipt(
        id=made.complaint_id,
        kind=ReceiptKind.COMPLAINT,
        complaint_id=made.complaint_id,
        caller="public",
        fingerprint=b"",
        at=START,
        number=made.number,
    )
    return view_of(receipt, case_of(made, *entries), whole=whole)


HISTORY = (
    entry(),
    passed(2, Level.WARNING, outcome=Outcome.WARNED),
    passed(3, Level.PARENT, told="prov-36"),
    passed(4, Level.CLOSE, outcome=Outcome.AUTO_CLOSED, status=Status.COMPLETED),
)


def test_officers_see_every_deadline_and_who_was_told() -> None:
    lines = shown(*HISTORY, whole=True).timeline

    assert [line.deadline for line in lines] == [one.deadline for one in HISTORY]
    assert [line.told for line in lines] == [None, None, "prov-36", None]


def test_the_reporter_sees_that_the_case_closed_by_itself_and_nobodys_delay() -> None:
    view = shown(*HISTORY, whole=False)

    assert [line.outcome for line in view.timeline] == [Outcome.ROUTED, Outcome.AUTO_CLOSED]
    assert view.status == Status.COMPLETED
    assert "prov-36" not in view.model_dump_json()
    assert not any(line.deadline for line in view.timeline)


@pytest.mark.parametrize("outcome", [Outcome.WARNED, Outcome.ESCALATED])
def test_a_deadline_in_triage_does_not_take_back_what_was_asked(outcome: Outcome) -> None:
    first = entry()
    assert first.decision is not None
    asked = first.decision.model_copy(update={"institution": None, "questions": (ASKED,)})
    waiting: dict[str, Any] = {"status": Status.UNVERIFIED, "institution": None}

    view = shown(
        entry(outcome=Outcome.TRIAGED, decision=asked, **waiting),
        passed(2, Level.WARNING, outcome=outcome, **waiting),
        whole=False,
    )

    assert view.questions == (ASKED,)

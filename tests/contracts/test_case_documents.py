"""A case as the router keeps it is what intake lists and shows."""

from datetime import datetime
from typing import Any

from services.intake.cases.models import AgencyRow
from services.intake.cases.queries import to_agency_row, to_waiting_row
from services.router.domain.case.fold import Fold
from services.router.store import MongoCases, document_of
from shared.contracts.case import Case, Channel, ReportType, Status
from shared.contracts.documents import WHOLE_CASE, CaseDocument, CaseState
from shared.database.collections import CASES
from tests.router.lives import after, opened
from tests.support.asked_fields import AskedDatabase, fields_of
from tests.support.builders import START, complaint, complaint_id, follow_up

DUE = datetime.fromisoformat("2026-03-09T08:00:00Z")


def dated(case: Case) -> Case:
    entry = case.last.model_copy(update={"due": DUE, "unit": "Dinas PU", "category": "roads"})
    return case.model_copy(update={"history": (*case.history[:-1], entry)})


CASE = dated(after(opened(), follow_up()))


def test_the_router_keeps_all_that_is_named_and_nothing_else() -> None:
    assert document_of(CASE).keys() == fields_of(CaseDocument).keys()
    assert fields_of(CaseDocument).keys() - document_of(opened()).keys() == {"agency_inputs"}


async def test_an_entry_writes_the_state_anew_and_adds_to_the_rest() -> None:
    database: Any = AskedDatabase()
    await MongoCases(database.cases(CASES)).save([Fold(before=opened(), after=CASE)])

    (change,) = database.written[CASES]
    whole: Any = document_of(CASE)
    state = {name: whole[name] for name in fields_of(CaseState)}
    assert {name: change["$set"][name] for name in state} == state
    assert change["$push"] == {
        "history": {"$each": whole["history"][1:]},
        "agency_inputs": {"$each": whole["agency_inputs"]},
    }


def test_intake_reads_the_case_that_the_router_wrote() -> None:
    document: Any = document_of(CASE)

    assert Case.model_validate({name: document[name] for name in WHOLE_CASE}) == CASE


def test_intake_lists_the_case_that_the_router_wrote() -> None:
    assert to_agency_row(document_of(CASE)) == AgencyRow(
        complaint_id=complaint_id("one"),
        number=complaint().number,
        status=Status.IN_PROGRESS,
        unit="Dinas PU",
        category="roads",
        due=DUE,
        received_at=START,
        updated_at=follow_up().at,
        type=ReportType.COMPLAINT,
        title=complaint().title,
        channel=Channel.WEB,
    )


def test_an_officer_is_shown_why_a_case_waits_as_the_router_wrote_it() -> None:
    document = document_of(opened(None, rule="incomplete"))

    assert to_waiting_row(document).reason == "incomplete"
    assert to_waiting_row({**document, "overdue": True}).overdue

"""The state machine: how cases open, move, are answered and refused."""

from uuid import uuid5

import pytest

from services.router.domain.case.agencies import NOT_PROVISIONED, AgencyDirectoryView
from services.router.domain.case.machine import apply, open_case, undeliverable
from shared.contracts.actions import (
    Action,
    Archive,
    Complete,
    FollowUp,
    ReturnToReporter,
    Route,
    Supplement,
    Transfer,
)
from shared.contracts.case import (
    Actor,
    ArchiveReason,
    Case,
    Complaint,
    Decision,
    Outcome,
    Status,
)
from shared.contracts.events import ActionRequested
from shared.contracts.identifiers import NAMESPACE
from tests.support.builders import (
    OFFICER,
    REPORTER,
    agency,
    decision,
    follow_up,
    request,
    submitted,
)

CODES = frozenset({"kab-3603", "kota-3671", "prov-36", "kem-027"})
REACH = AgencyDirectoryView(known=CODES | {"kem-099"}, provisioned=CODES)


def opened(institution: str | None = "kab-3603") -> Case:
    return open_case(submitted(), decision(institution))


def decide(complaint: Complaint) -> Decision:
    return decision("kota-3671" if "kota" in complaint.text else None)


def after(case: Case, *requests: ActionRequested) -> Case:
    for each in requests:
        case = case.with_entry(apply(case, each, REACH, decide=decide))
    return case


def test_a_decision_for_an_institution_opens_a_routed_case() -> None:
    last = opened().last

    assert (last.seq, last.status, last.institution) == (1, Status.ROUTED, "kab-3603")


def test_a_decision_for_nobody_opens_a_case_in_triage() -> None:
    last = opened(None).last

    assert (last.outcome, last.status, last.institution) == (
        Outcome.TRIAGED,
        Status.UNVERIFIED,
        None,
    )


def test_a_follow_up_by_the_holder_is_progress() -> None:
    last = after(opened(), follow_up()).last

    assert (last.seq, last.outcome, last.status) == (2, Outcome.FOLLOWED_UP, Status.IN_PROGRESS)


def test_a_final_answer_completes() -> None:
    case = after(opened(), request(Complete(text="Selesai.")))

    assert case.last.status is Status.COMPLETED


def test_a_question_to_the_reporter_postpones() -> None:
    case = after(opened(), request(ReturnToReporter(text="Di mana tepatnya?")))

    assert (case.last.outcome, case.last.status) == (Outcome.RETURNED, Status.POSTPONED)


def test_a_transfer_moves_the_case_and_remembers_who_had_it() -> None:
    last = after(opened(), request(Transfer(institution="prov-36", text="Jalan provinsi."))).last

    assert (last.status, last.institution, last.previous) == (Status.ROUTED, "prov-36", "kab-3603")


def test_a_transfer_without_a_suggestion_goes_back_to_triage() -> None:
    last = after(opened(), request(Transfer(text="Bukan wewenang kami."))).last

    assert (last.outcome, last.status, last.institution, last.previous) == (
        Outcome.TRIAGED,
        Status.UNVERIFIED,
        None,
        "kab-3603",
    )


def test_a_transfer_to_an_institution_without_a_topic_goes_to_triage_and_says_so() -> None:
    last = after(opened(), request(Transfer(institution="kem-099", text="Pusat."))).last

    assert last.status is Status.UNVERIFIED
    assert last.decision is not None
    assert last.decision.rule == NOT_PROVISIONED
    assert last.decision.candidates[0].institution == "kem-099"


def test_an_officer_routes_out_of_triage() -> None:
    case = after(opened(None), request(Route(institution="kem-027"), actor=OFFICER))

    assert (case.last.status, case.last.institution) == (Status.ROUTED, "kem-027")


@pytest.mark.parametrize(
    ("action", "actor", "code"),
    [
        (FollowUp(text="x"), agency("prov-36"), "not_holder"),
        (Route(institution="prov-36"), agency(), "not_allowed"),
        (FollowUp(text="x"), OFFICER, "not_allowed"),
        (Route(institution="kem-777"), OFFICER, "unknown_institution"),
        (Route(institution="kem-099"), OFFICER, "institution_not_provisioned"),
        (Route(institution="kab-3603"), OFFICER, "same_institution"),
        (Transfer(institution="kem-777", text="x"), agency(), "unknown_institution"),
        (Supplement(text="x"), agency(), "not_allowed"),
        (Supplement(text="x"), REPORTER, "wrong_status"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    action: Action, actor: Actor, code: str
) -> None:
    case = opened()

    last = after(case, request(action, actor=actor)).last

    assert last.refusal is not None
    assert (last.outcome, last.refusal.code) == (Outcome.REFUSED, code)
    assert (last.status, last.institution) == (case.last.status, case.last.institution)


def test_after_a_transfer_the_former_institution_may_no_longer_act() -> None:
    moved = after(opened(), request(Transfer(institution="prov-36", text="Jalan provinsi.")))

    last = after(moved, follow_up(2)).last

    assert last.refusal is not None
    assert last.refusal.code == "not_holder"


def test_a_completed_case_takes_no_follow_up() -> None:
    done = after(opened(), request(Complete(text="Selesai.")))

    last = after(done, follow_up(2)).last

    assert last.refusal is not None
    assert last.refusal.code == "wrong_status"


def test_a_vanished_topic_takes_the_case_back_to_triage() -> None:
    entry = undeliverable(opened(), "kab-3603")

    assert entry is not None
    assert (entry.seq, entry.status, entry.previous) == (2, Status.UNVERIFIED, "kab-3603")


@pytest.mark.parametrize("last", [Complete(text="Selesai."), Archive(reason=ArchiveReason.SPAM)])
def test_a_vanished_topic_takes_back_nothing_that_is_answered_or_archived(last: Action) -> None:
    assert undeliverable(after(opened(), request(last)), "kab-3603") is None


def test_a_vanished_topic_of_a_former_holder_changes_nothing() -> None:
    moved = after(opened(), request(Transfer(institution="prov-36", text="Jalan provinsi.")))

    assert undeliverable(moved, "kab-3603") is None


def test_entry_ids_of_vanished_topics_are_derived() -> None:
    case = opened()
    entry = undeliverable(case, "kab-3603")

    assert entry is not None
    assert entry.input_id == uuid5(case.complaint.complaint_id, "1:undeliverable")
    assert entry.input_id != uuid5(NAMESPACE, "1:undeliverable")

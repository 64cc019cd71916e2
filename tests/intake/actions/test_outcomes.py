"""What became of an action: who is told, what, and of whose."""

from uuid import uuid4

import pytest

from shared.contracts.case import ActorKind, Outcome, Refusal
from shared.contracts.events import Submitted
from shared.contracts.identifiers import agency_record_id
from tests.intake.actions.conftest import Desk
from tests.intake.conftest import case_of, entry, problem_of


async def test_an_action_is_pending_until_the_router_has_decided(desk: Desk) -> None:
    caller = await desk.caller("agency")
    told = (await desk.act(caller)).json()

    assert (await desk.outcome(caller, told["action_id"])).json()["status"] == "pending"


@pytest.mark.parametrize("refusal", [None, Refusal(code="not_yours", detail="kab-3603 lost it")])
async def test_an_action_tells_what_became_of_it(desk: Desk, refusal: Refusal | None) -> None:
    caller = await desk.caller("agency")
    told = (await desk.act(caller)).json()
    outcome = Outcome.REFUSED if refusal else Outcome.FOLLOWED_UP
    made = entry(input_id=told["action_id"], outcome=outcome, refusal=refusal)
    record = Submitted.model_validate_json(desk.intake.publisher.sent[0].value)
    desk.intake.store.cases[desk.complaint_id] = case_of(record.complaint, entry(), made)

    view = (await desk.outcome(caller, told["action_id"])).json()

    assert view["status"] == ("refused" if refusal else "applied")
    assert view.get("code") == (refusal.code if refusal else None)
    assert view.get("detail") == (refusal.detail if refusal else None)


async def test_only_its_caller_and_officers_see_an_action(desk: Desk) -> None:
    told = (await desk.act(await desk.caller("agency"))).json()
    other = await desk.intake.key("agency", "lain", agency="prov-36")

    for role in ("officer", "operator"):
        seen = await desk.outcome(await desk.caller(role), told["action_id"])
        assert seen.status_code == 200
    problem_of(await desk.outcome(other, told["action_id"]), 404)
    problem_of(await desk.outcome(await desk.caller("gateway"), told["action_id"]), 404)
    problem_of(await desk.outcome({}, told["action_id"]), 401)


async def test_a_complaint_or_nonsense_is_no_action(desk: Desk) -> None:
    operator = await desk.caller("operator")

    for name in (desk.complaint_id, uuid4(), "bukan-uuid"):
        problem_of(await desk.outcome(operator, name), 404)


@pytest.mark.parametrize("refusal", [None, Refusal(code="not_holder", detail="lost")])
async def test_an_institution_reads_what_became_of_its_own_record(
    desk: Desk, refusal: Refusal | None
) -> None:
    caller = await desk.caller("agency")
    wrote = agency_record_id("kab-3603", "17")
    by = {"kind": ActorKind.AGENCY, "code": "kab-3603"}
    outcome = Outcome.REFUSED if refusal else Outcome.FOLLOWED_UP
    made = entry(2, input_id=wrote, actor=by, outcome=outcome, refusal=refusal)
    record = Submitted.model_validate_json(desk.intake.publisher.sent[0].value)
    desk.intake.store.cases[desk.complaint_id] = case_of(record.complaint, entry(), made)

    view = (await desk.outcome(caller, wrote)).json()

    assert view["complaint_id"] == str(desk.complaint_id)
    assert view["status"] == ("refused" if refusal else "applied")
    assert view.get("code") == (refusal.code if refusal else None)
    assert (await desk.outcome(await desk.caller("officer"), wrote)).json() == view


async def test_nobody_else_reads_an_institutions_own_record(desk: Desk) -> None:
    wrote, own = agency_record_id("kab-3603", "17"), entry()
    by = {"kind": ActorKind.AGENCY, "code": "kab-3603"}
    record = Submitted.model_validate_json(desk.intake.publisher.sent[0].value)
    made = entry(2, input_id=wrote, actor=by)
    desk.intake.store.cases[desk.complaint_id] = case_of(record.complaint, own, made)
    other = await desk.intake.key("agency", "lain", agency="prov-36")

    problem_of(await desk.outcome(other, wrote), 404)
    problem_of(await desk.outcome(await desk.caller("gateway"), wrote), 404)
    problem_of(await desk.outcome({"Tracking-Code": "x"}, wrote), 404)
    # What the router did itself is nobody's action.
    problem_of(await desk.outcome(await desk.caller("operator"), own.input_id), 404)

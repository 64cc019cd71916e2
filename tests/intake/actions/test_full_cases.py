"""What a case takes no more of is refused at the door, and a dropped action says so."""

from uuid import UUID, uuid4

import pytest

from services.intake.settings import RateSettings
from shared.contracts.case import Actor, ActorKind, Case, Outcome, Refusal
from shared.contracts.case_limits import MAX_REFUSALS, MOST_FROM_REPORTER
from shared.contracts.events import Submitted
from shared.contracts.identifiers import agency_record_id
from shared.contracts.refused_actions import RefusedAction
from tests.intake.conftest import IntakeBench, case_of, entry, problem_of
from tests.support.builders import START

RATE = {"kind": "rate", "rating": 1}
FOLLOW_UP = {"kind": "follow_up", "text": "Sudah ditinjau."}
REPORTER = Actor(kind=ActorKind.REPORTER)
KAB = Actor(kind=ActorKind.AGENCY, code="kab-3603")
FULL = Refusal(code="too_many_inputs", detail="50 of them refusals; an officer must act")


class Desk:
    """An accepted complaint, its reporter, and a case that is given a history."""

    def __init__(self, intake: IntakeBench, told: dict[str, str]) -> None:
        self.intake = intake
        self.complaint_id = UUID(told["complaint_id"])
        self.path = f"/v1/complaints/{told['number']}/actions"
        self.reporter = {"Tracking-Code": told["tracking_code"]}

    def case(self, actor: Actor, outcome: Outcome, times: int) -> Case:
        record = Submitted.model_validate_json(self.intake.publisher.sent[0].value)
        made = [entry(n + 2, actor=actor, outcome=outcome) for n in range(times)]
        case = case_of(record.complaint, entry(), *made)
        self.intake.store.cases[self.complaint_id] = case
        return case


async def desk_of(intake: IntakeBench) -> Desk:
    return Desk(intake, (await intake.submit(key=str(uuid4()))).json())


@pytest.mark.parametrize(
    ("outcome", "times", "code"),
    [
        (Outcome.REFUSED, MAX_REFUSALS, "too_many_inputs"),
        (Outcome.RATED, MOST_FROM_REPORTER, "too_much_from_reporter"),
    ],
)
async def test_a_reporter_who_used_up_a_case_is_told_at_the_door(
    intake: IntakeBench, outcome: Outcome, times: int, code: str
) -> None:
    desk = await desk_of(intake)
    desk.case(REPORTER, outcome, times)

    answer = await intake.http.post(desk.path, json=RATE, headers=desk.reporter)

    assert "an officer must act" in problem_of(answer, 409, code)["detail"]
    assert len(intake.publisher.sent) == 1


async def test_an_institution_that_used_up_a_case_is_told_so_and_another_still_acts(
    intake: IntakeBench,
) -> None:
    desk = await desk_of(intake)
    desk.case(KAB, Outcome.REFUSED, MAX_REFUSALS)
    own = await intake.key("agency", "sendiri", agency="kab-3603")
    other = await intake.key("agency", "lain", agency="prov-36")

    refused = await intake.http.post(desk.path, json=FOLLOW_UP, headers=own)
    taken = await intake.http.post(desk.path, json=FOLLOW_UP, headers=other)

    problem_of(refused, 409, "too_many_inputs")
    assert taken.status_code == 202


async def test_a_repeat_of_what_was_accepted_is_answered_as_before(intake: IntakeBench) -> None:
    desk = await desk_of(intake)
    named = desk.reporter | {"Idempotency-Key": str(uuid4())}
    first = await intake.http.post(desk.path, json=RATE, headers=named)
    desk.case(REPORTER, Outcome.REFUSED, MAX_REFUSALS)

    again = await intake.http.post(desk.path, json=RATE, headers=named)

    assert (again.status_code, again.json()) == (202, first.json())
    assert len(intake.publisher.sent) == 2


async def test_a_dropped_action_is_refused_and_says_why(intake: IntakeBench) -> None:
    desk = await desk_of(intake)
    sent = await intake.http.post(desk.path, json=RATE, headers=desk.reporter)
    action = UUID(sent.json()["action_id"])
    desk.case(REPORTER, Outcome.REFUSED, MAX_REFUSALS)
    intake.store.dropped[action] = dropped(action, desk, REPORTER)

    view = (await intake.http.get(f"/v1/actions/{action}", headers=desk.reporter)).json()

    assert (view["status"], view["code"], view["detail"]) == ("refused", FULL.code, FULL.detail)


async def test_an_institution_reads_why_its_own_record_was_dropped_and_nobody_else(
    intake: IntakeBench,
) -> None:
    desk = await desk_of(intake)
    wrote = agency_record_id("kab-3603", "17")
    intake.store.dropped[wrote] = dropped(wrote, desk, KAB)
    own = await intake.key("agency", "sendiri", agency="kab-3603")
    other = await intake.key("agency", "lain", agency="prov-36")

    view = (await intake.http.get(f"/v1/actions/{wrote}", headers=own)).json()

    assert (view["status"], view["code"]) == ("refused", FULL.code)
    problem_of(await intake.http.get(f"/v1/actions/{wrote}", headers=other), 404)
    problem_of(await intake.http.get(f"/v1/actions/{wrote}", headers=desk.reporter), 404)


async def test_a_reporter_acts_on_one_complaint_at_a_rate_of_its_own() -> None:
    intake = IntakeBench(rates=RateSettings(reporter="2/hour"))
    one, other = await desk_of(intake), Desk(intake, (await intake.submit(key=str(uuid4()))).json())

    answers = [await intake.http.post(one.path, json=RATE, headers=one.reporter) for _ in range(3)]
    elsewhere = await intake.http.post(other.path, json=RATE, headers=other.reporter)

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert "limit reporter" in problem_of(answers[-1], 429, "too_many_requests")["detail"]
    assert elsewhere.status_code == 202


async def test_an_institution_acts_at_one_rate_whichever_of_its_keys_it_uses() -> None:
    intake = IntakeBench(rates=RateSettings(institution="2/hour"))
    desk = await desk_of(intake)
    keys = [await intake.key("agency", name, agency="kab-3603") for name in ("a", "b")]
    officer = await intake.key("officer", "meja")

    answers = [
        await intake.http.post(desk.path, json=FOLLOW_UP, headers=keys[n % 2]) for n in range(3)
    ]
    routed = {"kind": "route", "institution": "kab-3603"}

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert (await intake.http.post(desk.path, json=routed, headers=officer)).status_code == 202


def dropped(action: UUID, desk: Desk, actor: Actor) -> RefusedAction:
    return RefusedAction(
        action_id=action, complaint_id=desk.complaint_id, actor=actor, at=START, refusal=FULL
    )

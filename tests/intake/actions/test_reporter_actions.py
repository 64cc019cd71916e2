"""A reporter after the answer: reply, reopen and rate with the tracking code."""

from itertools import product
from typing import Any

import pytest

from services.intake.keys.callers import Caller, Role
from services.router.domain.case.transitions import TRANSITIONS, rows_of
from shared.contracts.actions import Rate, Reopen, Reply
from shared.contracts.case import ActorKind, ArchiveReason, InputKind, Outcome, Status
from shared.contracts.events import ActionRequested
from tests.intake.actions.test_supplement import Reporter
from tests.intake.conftest import IntakeBench, problem_of
from tests.support.tables import failing


@pytest.fixture
async def reporter(intake: IntakeBench) -> Reporter:
    return Reporter(intake, await intake.accepted())


@pytest.mark.parametrize(
    "action",
    [Reply(text="Belum ada petugas."), Reopen(text="Rusak lagi."), Rate(rating=1, text="Lambat.")],
    ids=lambda action: action.kind,
)
async def test_a_reporter_acts_by_the_tracking_code_alone(
    reporter: Reporter, action: Reply | Reopen | Rate
) -> None:
    answer = await reporter.add(action.model_dump())

    event = ActionRequested.model_validate_json(reporter.intake.publisher.sent[-1].value)
    assert answer.status_code == 202
    assert (event.actor.kind, event.actor.code) == (ActorKind.REPORTER, None)
    assert event.action == action
    view = (await reporter.outcome(answer.json()["action_id"], reporter.code)).json()
    assert view["status"] == "pending"


@pytest.mark.parametrize("rating", [0, 6, 4.5, "5", True, None])
async def test_a_rating_is_a_whole_number_from_1_to_5(reporter: Reporter, rating: object) -> None:
    (error,) = problem_of(await reporter.add({"kind": "rate", "rating": rating}), 422)["errors"]

    assert error["pointer"] == "/rating"
    assert reporter.nothing_happened()


async def test_what_a_reporter_says_is_masked(reporter: Reporter) -> None:
    for number, kind in enumerate(("reply", "reopen", "rate")):
        body = {"kind": kind, "rating": 3, "text": "Telepon 081234567890."}
        key = f"3f9c1c52-93d5-4a0e-9d7e-0a1b2c3d4e{number:02}"
        assert (await reporter.add(body, key=key)).status_code == 202

    for sent in reporter.intake.publisher.sent[1:]:
        assert b"Telepon [telepon]." in sent.value


async def test_a_gateway_acts_for_its_own_reporters_only(intake: IntakeBench) -> None:
    own = await intake.key("gateway", "sms")
    told = (await intake.http.post("/v1/complaints", json={"text": "Halo pak"}, headers=own)).json()
    gateway = Reporter(intake, told)
    gateway.code = own

    assert (await gateway.add({"kind": "rate", "rating": 5}, key="1")).status_code == 202
    gateway.code = await intake.key("gateway", "app")
    problem_of(await gateway.add({"kind": "rate", "rating": 1}, key="2"), 404)


async def test_the_timeline_shows_ratings_and_reasons_and_no_words_of_a_disposition(
    reporter: Reporter,
) -> None:
    unit: dict[str, Any] = {
        "input": InputKind.ASSIGN_UNIT,
        "outcome": Outcome.ASSIGNED,
        "text": "Segera, ini titipan.",
        "unit": "Dinas PU",
    }
    rated = {"input": InputKind.RATE, "outcome": Outcome.RATED, "rating": 2}
    archived = {
        "input": InputKind.ARCHIVE,
        "outcome": Outcome.ARCHIVED,
        "status": Status.ARCHIVED,
        "reason": ArchiveReason.TEST,
    }
    reporter.stands({}, unit, rated, archived)

    view = await reporter.view()

    assert "titipan" not in str(view)
    assert [line.get("rating") for line in view["timeline"]] == [None, None, 2, None]
    assert view["timeline"][3]["reason"] == "test"


def test_the_doors_let_through_what_the_table_may_ever_allow() -> None:
    assert failing(product(Role, TRANSITIONS), is_let_through_as_the_table_allows) == {}


def is_let_through_as_the_table_allows(row: tuple[Role, InputKind]) -> None:
    role, kind = row
    caller = Caller(role, name="x", agency="kab-3603" if role is Role.AGENCY else None)

    # Erasures have a door of their own, which keeps the ledger.
    by_this_door = kind is not InputKind.ERASE
    assert caller.may(kind) == (by_this_door and bool(rows_of(kind, caller.actor.kind)))

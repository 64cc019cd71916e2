"""`GET /v1/agencies/{code}/deliveries`: what became of the messages to an institution."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake.subscriptions.delivery_log import DeliveryRow, position_of_delivery
from tests.intake.conftest import IntakeBench, problem_of
from tests.intake.subscriptions.test_routes import MAIL, MAIN, put
from tests.support.builders import START

LOG = "/v1/agencies/kab-3603/deliveries"


def row(number: int, **changes: Any) -> DeliveryRow:
    values: dict[str, Any] = {
        "event_id": str(UUID(int=number)),
        "endpoint_id": "e",
        "endpoint": "main",
        "state": "delivered",
        "number": "0" * 16,
        "seq": number,
        "attempts": 1,
        "created_at": START + timedelta(minutes=number),
    }
    return DeliveryRow.model_validate(values | changes)


@pytest.fixture
async def own(intake: IntakeBench) -> dict[str, str]:
    return await intake.key("agency", "pemkab", agency="kab-3603")


async def page(intake: IntakeBench, headers: Mapping[str, str], **query: Any) -> dict[str, Any]:
    answer = await intake.http.get(LOG, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_row_says_what_became_of_it(intake: IntakeBench, own: dict[str, str]) -> None:
    intake.subscriptions.log["kab-3603"] = [
        row(1, outcome="delivered", status=204, last_at=START),
        row(0),
    ]

    found = await page(intake, own)

    first, second = found["items"]
    assert (first["outcome"], first["status"], first["attempts"]) == ("delivered", 204, 1)
    assert (first["endpoint"], first["state"], first["seq"]) == ("main", "delivered", 1)
    assert "status" not in second
    assert "next" not in found


async def test_a_page_is_followed_by_the_rows_behind_it(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    intake.subscriptions.log["kab-3603"] = [row(number) for number in (9, 8, 7)]

    found = await page(intake, own, limit=2)
    await page(intake, own, limit=2, cursor=found["next"])

    assert [item["seq"] for item in found["items"]] == [9, 8]
    assert intake.subscriptions.queries[-1][3] == position_of_delivery(row(8))


async def test_filters_reach_the_database_with_the_names_of_the_endpoints(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    told = (await put(intake, own, MAIN, MAIL)).json()["endpoints"]

    await page(intake, own, endpoint="surat", state=["parked", "rejected"])

    agency, query, names, after = intake.subscriptions.queries[-1]
    assert (agency, after) == ("kab-3603", None)
    assert (query.endpoint, query.state) == ("surat", ("parked", "rejected"))
    assert names == {each["endpoint_id"]: each["name"] for each in told}


async def test_a_cursor_is_good_for_its_own_filters_only(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    intake.subscriptions.log["kab-3603"] = [row(number) for number in (9, 8, 7)]
    cursor = (await page(intake, own, limit=2))["next"]
    complaints = "/v1/agencies/kab-3603/complaints"

    for path, query in (
        (LOG, {"cursor": cursor, "state": "parked"}),
        (LOG, {"cursor": cursor[:-4]}),
        (LOG, {"cursor": "x"}),
        (complaints, {"cursor": cursor}),
    ):
        answer = await intake.http.get(path, params=query, headers=own)
        (error,) = problem_of(answer, 422)["errors"]
        assert error["code"] == "invalid_cursor"


@pytest.mark.parametrize("query", [{"state": "lost"}, {"endpoint": "Ä"}, {"limit": "0"}])
async def test_a_wrong_parameter_is_named(
    intake: IntakeBench, own: dict[str, str], query: dict[str, str]
) -> None:
    answer = await intake.http.get(LOG, params=query, headers=own)

    (error,) = problem_of(answer, 422, "invalid_query")["errors"]
    assert error["pointer"].startswith(f"/{next(iter(query))}")


@pytest.mark.parametrize("role", ["officer", "gateway", "agency"])
async def test_nobody_else_reads_the_log(intake: IntakeBench, role: str) -> None:
    other = await intake.key(role, "lain", agency="kab-36" if role == "agency" else None)

    problem_of(await intake.http.get(LOG, headers=other), 403)
    problem_of(await intake.http.get(LOG), 401)

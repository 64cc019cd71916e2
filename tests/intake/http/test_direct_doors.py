"""Doors that many come through are reached without the framework's layers, and answer alike."""

from services.intake.app import DOORS
from services.intake.http.direct_route import direct_doors
from tests.intake.conftest import TEXT, IntakeBench, problem_of


async def test_complaints_and_batches_are_handed_over_at_once(intake: IntakeBench) -> None:
    routers = [door.build(intake.app.state.reception) for door in DOORS]

    doors = direct_doors(routers, retry_after=5)

    assert {("POST", "/v1/complaints"), ("POST", "/v1/complaints:batch")} <= doors.keys()
    assert not [path for _, path in doors if "{" in path]


async def test_they_are_in_the_openapi_document_all_the_same(intake: IntakeBench) -> None:
    paths = (await intake.http.get("/openapi.json")).json()["paths"]

    assert {"/v1/complaints", "/v1/complaints:batch"} <= paths.keys()


async def test_a_refusal_there_is_a_problem_and_counted_under_its_door(
    intake: IntakeBench,
) -> None:
    problem_of(await intake.http.post("/v1/complaints", content=b"{"), 400)
    intake.store.away.add("add_receipts")
    problem_of(await intake.http.post("/v1/complaints", json={"text": TEXT}), 503, "unavailable")

    counter = intake.telemetry.counter("salur_http_requests_total")
    assert counter.labels("/v1/complaints", "400")._value.get() == 1
    assert counter.labels("/v1/complaints", "503")._value.get() == 1

"""What a caller writes has a bound, wherever it writes it."""

import time

import pytest

from services.intake.http.middleware import MOST_PATH, MOST_QUERY
from shared.contracts.identifiers import MOST_CODE, is_agency_code
from tests.intake.conftest import TEXT, IntakeBench, problem_of


async def test_a_query_beyond_its_bound_is_414(intake: IntakeBench) -> None:
    key = await intake.key("operator")
    asked = len(intake.keys.asked)

    query = "unit=" + "x" * MOST_QUERY
    answer = await intake.http.get(f"/v1/agencies/kab-3603/complaints?{query}", headers=key)

    problem_of(answer, 414, "uri_too_long")
    assert len(intake.keys.asked) == asked


async def test_a_path_beyond_its_bound_is_414(intake: IntakeBench) -> None:
    problem_of(await intake.http.get("/v1/complaints/" + "0" * MOST_PATH), 414, "uri_too_long")


@pytest.mark.parametrize("name", ["limt", "status"])
async def test_many_parameters_cost_little(intake: IntakeBench, name: str) -> None:
    key = await intake.key("operator")
    many = f"{name}={{}}&".format
    query = "".join(map(many, range(MOST_QUERY // len(many(999)))))
    began = time.process_time()

    answer = await intake.http.get(f"/v1/agencies/kab-3603/complaints?{query}", headers=key)

    problem_of(answer, 422, "invalid_query")
    assert time.process_time() - began < 2  # 20 ms


@pytest.mark.parametrize("name", ["limit", "cursor", "reason", "overdue"])
async def test_what_a_door_takes_once_is_refused_twice(intake: IntakeBench, name: str) -> None:
    key = await intake.key("operator")

    answer = await intake.http.get("/v1/triage", params={name: ["1", "1"]}, headers=key)

    (error,) = problem_of(answer, 422, "invalid_query")["errors"]
    assert (error["pointer"], error["code"]) == (f"/{name}", "repeated")


@pytest.mark.parametrize("path", ["/v1/triage?cursor=", "/v1/audit?cursor=", "/v1/audit?since="])
async def test_a_parameter_beyond_its_bound_is_422(intake: IntakeBench, path: str) -> None:
    key = await intake.key("operator")

    problem_of(await intake.http.get(path + "9" * 500, headers=key), 422, "invalid_query")


async def test_an_institutions_code_has_a_bound(intake: IntakeBench) -> None:
    code = "kab-" + "3" * (MOST_CODE - 4)
    assert is_agency_code(code)
    assert not is_agency_code(code + "3")

    answer = await intake.submit(text=TEXT, institution=code + "3")

    (error,) = problem_of(answer, 422)["errors"]
    assert error["pointer"] == "/institution"
    assert intake.nothing_happened()


LISTS = (
    *("/v1/triage", "/v1/audit", "/v1/erasures"),
    *("/v1/agencies/kab-3603/complaints", "/v1/agencies/kab-3603/deliveries"),
)


@pytest.mark.parametrize("path", LISTS)
async def test_only_who_may_ask_is_told_what_is_wrong(intake: IntakeBench, path: str) -> None:
    gateway, operator = await intake.key("gateway"), await intake.key("operator")

    answers = [
        await intake.http.get(path, params={"limit": 0}, headers=headers)
        for headers in ({}, gateway, operator)
    ]

    assert [answer.status_code for answer in answers] == [401, 403, 422]

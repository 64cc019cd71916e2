"""What a caller writes has a bound, wherever it writes it."""

import time

import pytest
from pydantic import TypeAdapter
from starlette.datastructures import QueryParams

from services.intake.cases.models import TriageQuery
from services.intake.http.middleware import MOST_PATH, MOST_QUERY
from services.intake.http.parsing import parse_query
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


def test_many_parameters_cost_little() -> None:
    many = QueryParams([(f"{number}", "") for number in range(20_000)])
    began = time.process_time()

    query = parse_query(TypeAdapter(TriageQuery), many)

    assert query == TriageQuery()
    assert time.process_time() - began < 2  # 20 ms; asking each name of all takes 20 s


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

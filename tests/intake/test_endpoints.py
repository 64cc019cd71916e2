"""`PUT /v1/agencies/{code}/endpoint`: the one webhook of an institution."""

import base64
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from shared.endpoints import Endpoint
from tests.intake.conftest import IntakeBench, problem_of

URL = "https://lapor.tangerangkab.go.id/salur"


async def put(
    intake: IntakeBench, headers: Mapping[str, str], url: Any = URL, code: str = "kab-3603"
) -> httpx.Response:
    path = f"/v1/agencies/{code}/endpoint"
    return await intake.http.put(path, json={"url": url}, headers=headers)


async def test_an_agency_sets_its_webhook_and_sees_the_secret_once(intake: IntakeBench) -> None:
    own = await intake.key("agency", "pemkab", agency="kab-3603")

    first, again = (await put(intake, own)).json(), (await put(intake, own)).json()

    assert len(base64.b64decode(first["secret"].removeprefix("whsec_"))) == 32
    assert again == {"endpoint_id": first["endpoint_id"], "url": URL}
    assert intake.store.endpoints["kab-3603"].secret.get_secret_value() == first["secret"]


async def test_a_changed_url_is_a_new_endpoint_with_a_new_secret(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")
    first = (await put(intake, operator)).json()

    second = (await put(intake, operator, URL + "/baru")).json()

    assert second["endpoint_id"] != first["endpoint_id"]
    assert second["secret"] != first["secret"]
    assert intake.store.endpoints["kab-3603"].url == URL + "/baru"


async def test_the_same_url_can_be_renewed_when_asked_for(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")
    first = (await put(intake, operator)).json()

    path = "/v1/agencies/kab-3603/endpoint"
    answer = await intake.http.put(path, json={"url": URL, "renew": True}, headers=operator)
    second = answer.json()

    assert second["url"] == first["url"]
    assert second["endpoint_id"] != first["endpoint_id"]
    assert second["secret"] != first["secret"]


async def test_of_two_at_once_the_loser_looks_again(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")
    await put(intake, operator, URL + "/lama")
    read = intake.store.endpoint

    async def slow(agency: str) -> Endpoint | None:
        found = await read(agency)
        intake.store.endpoint = read  # type: ignore[method-assign]
        await put(intake, operator)
        return found

    intake.store.endpoint = slow  # type: ignore[method-assign]

    told = (await put(intake, operator)).json()

    assert told == {"endpoint_id": intake.store.endpoints["kab-3603"].endpoint_id, "url": URL}


@pytest.mark.parametrize("role", ["officer", "gateway", "agency"])
async def test_nobody_else_may_set_it(intake: IntakeBench, role: str) -> None:
    other = await intake.key(role, "lain", agency="kab-36" if role == "agency" else None)

    problem_of(await put(intake, other), 403)
    problem_of(await put(intake, {}), 401)
    assert intake.nothing_happened()


@pytest.mark.parametrize(
    "url",
    [
        "http://lapor.go.id/",
        "ftp://lapor.go.id/",
        "lapor.go.id",
        "https://",
        "https://lapor.go.id:port/",
        "https://siapa:sandi@lapor.go.id/",
        "https://lapor.go.id/#x",
        "https://lapor .go.id/",
        "https://lapor.go.id/\r\nX: y",
        "https://[::1/",
        "https://x/" + "x" * 2_000,
        17,
    ],
)
async def test_an_unfit_url_is_422(intake: IntakeBench, url: object) -> None:
    answer = await put(intake, await intake.key("operator", "pusat"), url)

    (error,) = problem_of(answer, 422)["errors"]
    assert error["pointer"] == "/url"
    assert intake.nothing_happened()


async def test_plain_http_is_for_development(intake: IntakeBench) -> None:
    intake.restart(allow_plain_webhooks=True)

    answer = await put(intake, await intake.key("operator", "pusat"), "http://127.0.0.1:9000/x")

    assert answer.status_code == 200


async def test_an_institution_without_a_code_is_404(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")

    problem_of(await put(intake, operator, code="dinas-pu"), 404)

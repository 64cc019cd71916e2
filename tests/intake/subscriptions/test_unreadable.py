"""A subscription that this release cannot read: its institution mends it by `PUT`."""

from typing import Any

import httpx
import pytest

from services.intake.subscriptions.store import UnreadableStoredSubscription
from tests.intake.conftest import IntakeBench, problem_of
from tests.intake.subscriptions.test_delivery_routes import LOG
from tests.intake.subscriptions.test_routes import CHAT, MAIL, MAIN, PATH, got, put

CODE = "kab-3603"


@pytest.fixture
async def own(intake: IntakeBench) -> dict[str, str]:
    return await intake.key("agency", "pemkab", agency=CODE)


@pytest.fixture
async def main(intake: IntakeBench, own: dict[str, str]) -> dict[str, Any]:
    """Return the one endpoint that can still be read, of two."""
    told: dict[str, Any] = (await put(intake, own, MAIN, MAIL)).json()
    spoil(intake, version=told["version"])
    first: dict[str, Any] = told["endpoints"][0]
    return first


def spoil(intake: IntakeBench, *, version: int | None) -> None:
    """Let the first endpoint alone be readable from now on."""
    first = intake.subscriptions.kept[CODE].endpoints[:1]
    found = UnreadableStoredSubscription(CODE, version=version, endpoints=first)
    intake.subscriptions.unreadable[CODE] = found


async def asked(
    intake: IntakeBench, headers: dict[str, str], method: str, path: str
) -> httpx.Response:
    return await intake.http.request(method, f"{PATH}{path}", headers=headers)


@pytest.mark.usefixtures("main")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "/main/secret"),
        ("DELETE", "/main/secret/former"),
        ("POST", "/main/test"),
    ],
)
async def test_it_is_503_and_stays_as_it_is(
    intake: IntakeBench, own: dict[str, str], method: str, path: str
) -> None:
    problem_of(await asked(intake, own, method, path), 503, "unavailable")

    assert CODE in intake.subscriptions.unreadable
    assert not intake.publisher.sent


async def test_a_put_mends_it_and_keeps_ids_and_secrets_of_what_can_be_read(
    intake: IntakeBench, own: dict[str, str], main: dict[str, Any]
) -> None:
    answer = await put(intake, own, MAIN, CHAT, version=1)

    kept, made = answer.json()["endpoints"]
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert (kept["endpoint_id"], "secret" in kept) == (main["endpoint_id"], False)
    assert "secret" in made
    (secret,) = intake.subscriptions.kept[CODE].endpoints[0].secrets
    assert secret.get_secret_value() == main["secret"]
    assert [each["name"] for each in (await got(intake, own))["endpoints"]] == ["main", "chat"]


@pytest.mark.usefixtures("main")
async def test_a_put_of_what_can_be_read_alone_mends_it_too(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    assert (await put(intake, own, MAIN)).json()["version"] == 2

    assert [each["name"] for each in (await got(intake, own))["endpoints"]] == ["main"]


@pytest.mark.usefixtures("main")
async def test_the_guard_of_the_version_holds(intake: IntakeBench, own: dict[str, str]) -> None:
    problem = problem_of(await put(intake, own, MAIN, version=0), 409, "changed_meanwhile")

    assert "present version is 1" in problem["detail"]
    assert CODE in intake.subscriptions.unreadable


@pytest.mark.usefixtures("main")
async def test_without_a_version_to_guard_it_not_even_a_put_changes_it(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    spoil(intake, version=None)

    problem_of(await put(intake, own, MAIN), 503, "unavailable")


async def test_the_log_goes_on_with_the_names_that_can_be_read(
    intake: IntakeBench, own: dict[str, str], main: dict[str, Any]
) -> None:
    answer = await intake.http.get(LOG, headers=own)

    assert (answer.status_code, answer.json()) == (200, {"items": []})
    assert intake.subscriptions.queries[-1][2] == {main["endpoint_id"]: "main"}

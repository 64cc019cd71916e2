"""Single endpoints: secrets are rotated with two live keys, and a test message goes out."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from shared.contracts.events import ENDPOINT_TEST
from tests.intake.conftest import IntakeBench, problem_of
from tests.intake.subscriptions.test_routes import MAIL, MAIN, PATH, put


@pytest.fixture
async def own(intake: IntakeBench) -> dict[str, str]:
    return await intake.key("agency", "pemkab", agency="kab-3603")


@pytest.fixture
async def first(intake: IntakeBench, own: dict[str, str]) -> dict[str, Any]:
    """Return the webhook as its institution was told, beside an e-mail endpoint."""
    told: dict[str, Any] = (await put(intake, own, MAIN, MAIL)).json()["endpoints"][0]
    return told


async def rotate(
    intake: IntakeBench, headers: Mapping[str, str], name: str = "main"
) -> httpx.Response:
    return await intake.http.post(f"{PATH}/{name}/secret", headers=headers)


async def drop(intake: IntakeBench, headers: Mapping[str, str], name: str = "main") -> Any:
    return await intake.http.delete(f"{PATH}/{name}/secret/former", headers=headers)


def secrets(intake: IntakeBench) -> list[str]:
    """Return the secrets that the notifier signs with, the newest first."""
    endpoint = intake.subscriptions.kept["kab-3603"].endpoints[0]
    return [secret.get_secret_value() for secret in endpoint.secrets]


async def test_a_rotated_secret_lives_beside_the_one_before(
    intake: IntakeBench, own: dict[str, str], first: dict[str, Any]
) -> None:
    second = (await rotate(intake, own)).json()

    assert secrets(intake) == [second["secret"], first["secret"]]
    assert (second["endpoint_id"], second["secrets"]) == (first["endpoint_id"], 2)
    read = (await intake.http.get(PATH, headers=own)).json()
    assert read["version"] == 2
    assert "secret" not in read["endpoints"][0]


async def test_a_second_rotation_ends_the_oldest(
    intake: IntakeBench, own: dict[str, str], first: dict[str, Any]
) -> None:
    second, third = (await rotate(intake, own)).json(), (await rotate(intake, own)).json()

    assert secrets(intake) == [third["secret"], second["secret"]]


async def test_a_repeat_of_a_rotation_is_no_second_one(
    intake: IntakeBench, own: dict[str, str], first: dict[str, Any]
) -> None:
    headers = {**own, "Idempotency-Key": "putar-1"}

    one, again = (await rotate(intake, headers)).json(), (await rotate(intake, headers)).json()

    assert one == again
    assert secrets(intake) == [one["secret"], first["secret"]]


async def test_the_former_secret_is_dropped_once_the_receiver_knows_the_new(
    intake: IntakeBench, own: dict[str, str], first: dict[str, Any]
) -> None:
    second = (await rotate(intake, own)).json()

    for _ in range(2):
        told = (await drop(intake, own)).json()
        assert (told["secrets"], "secret" in told) == (1, False)
    assert secrets(intake) == [second["secret"]]


@pytest.mark.usefixtures("first")
async def test_only_webhooks_have_secrets(intake: IntakeBench, own: dict[str, str]) -> None:
    problem_of(await rotate(intake, own, "surat"), 409, "not_a_webhook")
    problem_of(await drop(intake, own, "surat"), 409, "not_a_webhook")


@pytest.mark.usefixtures("first")
async def test_a_test_message_is_published_under_its_own_id(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    for place, name in enumerate(("main", "surat")):
        answer = await intake.http.post(f"{PATH}/{name}/test", headers=own)

        told, sent = answer.json(), intake.publisher.sent[place]
        assert answer.status_code == 202
        assert answer.headers["location"] == told["status_url"]
        assert told["status_url"] == f"/v1/agencies/kab-3603/deliveries?endpoint={name}"
        assert (sent.topic, sent.ce_type) == ("agency-kab-3603", ENDPOINT_TEST)
        assert sent.ce_id == sent.key.decode() == told["test_id"]
        kept = intake.subscriptions.kept["kab-3603"].endpoints[place]
        value = json.loads(sent.value)
        assert (value["agency"], value["endpoint_id"]) == ("kab-3603", kept.endpoint_id)


@pytest.mark.usefixtures("first")
async def test_without_a_topic_a_test_is_409_and_says_the_way_out(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    intake.publisher.has_topic = False

    answer = await intake.http.post(f"{PATH}/main/test", headers=own)

    assert "salur topics create" in problem_of(answer, 409, "no_topic")["detail"]


@pytest.mark.usefixtures("first")
async def test_without_kafka_a_test_is_503(intake: IntakeBench, own: dict[str, str]) -> None:
    intake.publisher.is_away = True

    problem_of(await intake.http.post(f"{PATH}/main/test", headers=own), 503)


@pytest.mark.usefixtures("first")
async def test_an_unknown_endpoint_is_404(intake: IntakeBench, own: dict[str, str]) -> None:
    problem_of(await rotate(intake, own, "tiada"), 404)
    problem_of(await drop(intake, own, "tiada"), 404)
    problem_of(await intake.http.post(f"{PATH}/tiada/test", headers=own), 404)


@pytest.mark.usefixtures("first")
async def test_nobody_else_touches_an_endpoint(intake: IntakeBench) -> None:
    before = secrets(intake)
    other = await intake.key("agency", "lain", agency="kab-36")

    for headers, status in ((other, 403), ({}, 401)):
        problem_of(await rotate(intake, headers), status)
        problem_of(await drop(intake, headers), status)
        problem_of(await intake.http.post(f"{PATH}/main/test", headers=headers), status)
    assert secrets(intake) == before
    assert intake.publisher.sent == []

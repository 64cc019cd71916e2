"""`GET` and `PUT /v1/agencies/{code}/subscription`: endpoints are matched by name."""

import base64
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from services.intake.subscriptions.delivery_log import EndpointHealth
from shared.contracts.deliveries import LaneState
from tests.intake.conftest import IntakeBench, problem_of
from tests.support.builders import START

PATH = "/v1/agencies/kab-3603/subscription"
URL = "https://lapor.tangerangkab.go.id/salur"
MAIN = {"name": "main", "url": URL}
MAIL = {"name": "surat", "kind": "email", "address": "lapor@tangerangkab.go.id"}
CHAT = {"name": "chat", "url": "https://chat.go.id/hook", "template": {"text": "{number}: {title}"}}


@pytest.fixture
async def own(intake: IntakeBench) -> dict[str, str]:
    return await intake.key("agency", "pemkab", agency="kab-3603")


async def put(
    intake: IntakeBench, headers: Mapping[str, str], *endpoints: Any, **more: Any
) -> httpx.Response:
    form = {"endpoints": endpoints, **more}
    return await intake.http.put(PATH, json=form, headers=headers)


async def got(intake: IntakeBench, headers: Mapping[str, str]) -> dict[str, Any]:
    answer = await intake.http.get(PATH, headers=headers)
    assert answer.status_code == 200, answer.text
    subscription: dict[str, Any] = answer.json()
    return subscription


async def test_who_never_subscribed_has_no_endpoints(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    assert await got(intake, own) == {"agency": "kab-3603", "version": 0, "endpoints": []}


async def test_a_secret_is_shown_once_and_to_nobody_again(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    (first,) = (await put(intake, own, MAIN)).json()["endpoints"]
    again = (await put(intake, own, MAIN)).json()

    assert len(base64.b64decode(first["secret"].removeprefix("whsec_"))) == 32
    assert "secret" not in again["endpoints"][0]
    assert again == await got(intake, own)
    (kept,) = intake.subscriptions.kept["kab-3603"].endpoints
    assert [each.get_secret_value() for each in kept.secrets] == [first["secret"]]


async def test_webhook_mail_and_chat_stand_side_by_side(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    wanted = {"events": ["routed", "warned"], "units": ["Dinas PU"], "urgency": "urgent"}
    answer = await put(intake, own, MAIN, {**MAIL, "filter": wanted}, CHAT)

    told = answer.json()
    main, mail, chat = told["endpoints"]
    assert (answer.status_code, told["version"]) == (200, 1)
    assert (main["kind"], main["url"], main["secrets"]) == ("webhook", URL, 1)
    assert (mail["kind"], mail["address"], mail["secrets"]) == ("email", MAIL["address"], 0)
    assert mail["filter"] == wanted
    assert "secret" not in mail
    assert chat["template"] == CHAT["template"]


async def test_what_was_read_can_be_put_back_as_it_is(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    template = {"text": "{number}", "blocks": [{"n": 1.5, "none": None, "yes": True}]}
    await put(intake, own, MAIN, {**MAIL, "filter": {"urgency": "routine"}})
    await put(intake, own, MAIN, MAIL, {**CHAT, "template": template})
    read = await got(intake, own)

    answer = await intake.http.put(PATH, json=read, headers=own)

    assert answer.json() == read
    assert read["endpoints"][2]["template"] == template


async def test_another_filter_keeps_id_and_secret_and_another_target_does_not(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    main, mail = (await put(intake, own, MAIN, MAIL)).json()["endpoints"]
    filtered = {**MAIN, "filter": {"events": ["routed"]}}
    moved = {**MAIL, "address": "baru@tangerangkab.go.id"}

    same, other = (await put(intake, own, filtered, moved)).json()["endpoints"]
    (changed,) = (await put(intake, own, {**MAIN, "url": URL + "/baru"})).json()["endpoints"]

    assert (same["endpoint_id"], "secret" in same) == (main["endpoint_id"], False)
    assert other["endpoint_id"] != mail["endpoint_id"]
    assert changed["endpoint_id"] != main["endpoint_id"]
    assert changed["secret"] != main["secret"]


async def test_the_same_target_is_renewed_when_asked_for(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    (first,) = (await put(intake, own, MAIN)).json()["endpoints"]

    (second,) = (await put(intake, own, {**MAIN, "renew": True})).json()["endpoints"]

    assert second["url"] == first["url"]
    assert second["endpoint_id"] != first["endpoint_id"]
    assert second["secret"] != first["secret"]


async def test_a_repeat_under_the_same_key_gets_the_same_secret(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    headers = {**own, "Idempotency-Key": "langganan-1"}
    renewed = {**MAIN, "renew": True}

    first = (await put(intake, headers, renewed, version=0)).json()
    again = (await put(intake, headers, renewed, version=0)).json()
    other = (await put(intake, {**own, "Idempotency-Key": "langganan-2"}, renewed)).json()

    assert again == first
    assert "secret" in first["endpoints"][0]
    assert other["endpoints"][0]["secret"] != first["endpoints"][0]["secret"]


async def test_two_institutions_never_share_a_secret(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")
    headers = {**operator, "Idempotency-Key": "semua"}

    answers = [
        await intake.http.put(
            f"/v1/agencies/{code}/subscription", json={"endpoints": [MAIN]}, headers=headers
        )
        for code in ("kab-3603", "kota-3671")
    ]

    first, second = (answer.json()["endpoints"][0] for answer in answers)
    assert first["endpoint_id"] != second["endpoint_id"]
    assert first["secret"] != second["secret"]


async def test_a_stale_version_is_told_the_way_out(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    await put(intake, own, MAIN, version=0)

    answer = await put(intake, own, MAIL, version=0)

    problem = problem_of(answer, 409, "changed_meanwhile")
    assert "present version is 1" in problem["detail"]
    assert [each["name"] for each in (await got(intake, own))["endpoints"]] == ["main"]


async def test_of_two_at_once_the_loser_looks_again(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    async def other() -> None:
        await put(intake, own, MAIN)

    intake.subscriptions.before_put = other

    told = (await put(intake, own, MAIN, MAIL)).json()

    assert told["version"] == 2
    assert "secret" not in told["endpoints"][0]  # of the other's making
    assert len(intake.subscriptions.kept["kab-3603"].endpoints) == 2


async def test_a_version_guards_against_who_comes_between(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    async def other() -> None:
        await put(intake, own, MAIN)

    intake.subscriptions.before_put = other

    problem_of(await put(intake, own, MAIL, version=0), 409, "changed_meanwhile")


async def test_an_empty_list_ends_the_subscription(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    await put(intake, own, MAIN)

    told = (await put(intake, own)).json()

    assert told == {"agency": "kab-3603", "version": 2, "endpoints": []}


@pytest.mark.parametrize("state", [LaneState.FAILING, LaneState.FAILED, LaneState.DISABLED])
async def test_how_an_endpoint_is_doing_is_shown(
    intake: IntakeBench, own: dict[str, str], state: LaneState
) -> None:
    main, _ = (await put(intake, own, MAIN, MAIL)).json()["endpoints"]
    lane = EndpointHealth(state=state, first_failure_at=START, next_probe_at=START)
    intake.subscriptions.ladders[main["endpoint_id"]] = lane

    main, mail = (await got(intake, own))["endpoints"]

    assert main["state"] == state.value
    assert main["failing_since"] == main["next_probe_at"] == "2026-03-02T08:00:00Z"
    assert mail["state"] == "ok"
    assert "next_probe_at" not in mail


@pytest.mark.parametrize("role", ["officer", "gateway", "agency"])
async def test_nobody_else_sees_or_sets_it(intake: IntakeBench, role: str) -> None:
    other = await intake.key(role, "lain", agency="kab-36" if role == "agency" else None)

    for headers, status in ((other, 403), ({}, 401)):
        problem_of(await put(intake, headers, MAIN), status)
        problem_of(await intake.http.get(PATH, headers=headers), status)
    assert intake.nothing_happened()


async def test_an_institution_without_a_code_is_404(intake: IntakeBench) -> None:
    operator = await intake.key("operator", "pusat")

    path = "/v1/agencies/dinas-pu/subscription"
    problem_of(await intake.http.get(path, headers=operator), 404)


async def test_while_the_database_is_away_nothing_is_promised(
    intake: IntakeBench, own: dict[str, str]
) -> None:
    intake.subscriptions.is_away = True

    problem_of(await put(intake, own, MAIN), 503)
    problem_of(await intake.http.get(PATH, headers=own), 503)

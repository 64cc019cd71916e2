"""One endpoint is changed through intake's own doors, and the others stay as they are."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from deploy.operate.intake_client.client import HttpReply
from deploy.operate.intake_client.endpoints import (
    act_on_endpoint,
    put_endpoint,
    read_endpoints,
    remove_endpoint,
)
from shared.errors import Misconfigured
from tests.intake.conftest import IntakeBench

AGENCY = "kab-3603"
MAIN = {"name": "main", "kind": "webhook", "url": "https://lapor.go.id/salur"}
MAIL = {"name": "surat", "kind": "email", "address": "lapor@kab.go.id"}


class Caller:
    """Asks intake in memory; something may happen before a request, and answers may get lost."""

    def __init__(self, intake: IntakeBench, headers: dict[str, str]) -> None:
        self._intake = intake
        self._headers = headers
        self.before: Callable[[str], Awaitable[None]] | None = None
        self.losing = ""  # the method whose next answer does not arrive

    async def ask(
        self, method: str, path: str, form: dict[str, Any] | None = None, *, key: str | None = None
    ) -> HttpReply:
        if self.before is not None:
            await self.before(method)
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        answer = await self._intake.http.request(method, path, json=form, headers=headers)
        if method == self.losing:
            self.losing = ""
            return await self.ask(method, path, form, key=key)
        return HttpReply(answer.status_code, answer.text)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    intake = IntakeBench()
    yield Caller(intake, await intake.key("operator", "pusat"))
    await intake.http.aclose()


async def test_setting_one_endpoint_leaves_the_others(caller: Caller) -> None:
    first = await put_endpoint(caller, AGENCY, MAIN)
    second = await put_endpoint(caller, AGENCY, MAIL)
    again = await put_endpoint(caller, AGENCY, MAIN)

    assert first["secret"].startswith("whsec_")
    assert "secret" not in second
    assert again["endpoint_id"] == first["endpoint_id"]
    told = await read_endpoints(caller, AGENCY)
    assert {each["name"] for each in told["endpoints"]} == {"main", "surat"}


async def test_a_change_by_another_meanwhile_is_not_lost(caller: Caller) -> None:
    async def other(method: str) -> None:
        if method == "PUT":
            caller.before = None
            await put_endpoint(caller, AGENCY, MAIL)

    caller.before = other

    await put_endpoint(caller, AGENCY, MAIN)

    told = await read_endpoints(caller, AGENCY)
    assert {each["name"] for each in told["endpoints"]} == {"main", "surat"}


async def test_a_secret_whose_answer_was_lost_is_shown_again(caller: Caller) -> None:
    caller.losing = "PUT"
    first = await put_endpoint(caller, AGENCY, MAIN)
    caller.losing = "POST"
    second = await act_on_endpoint(caller, AGENCY, "main/secret")
    finished = await act_on_endpoint(caller, AGENCY, "main/secret/former", method="DELETE")

    assert first["secret"] != second["secret"]
    assert (second["secrets"], finished["secrets"]) == (2, 1)


async def test_one_endpoint_is_removed(caller: Caller) -> None:
    await put_endpoint(caller, AGENCY, MAIN)
    await put_endpoint(caller, AGENCY, MAIL)

    left = await remove_endpoint(caller, AGENCY, "main")

    assert [each["name"] for each in left["endpoints"]] == ["surat"]
    with pytest.raises(Misconfigured, match="has no endpoint 'main'"):
        await remove_endpoint(caller, AGENCY, "main")


async def test_a_refusal_says_which_field(caller: Caller) -> None:
    with pytest.raises(Misconfigured, match=r"not set: 422 /endpoints/0/url: .*inner network"):
        await put_endpoint(caller, AGENCY, {**MAIN, "url": "https://10.0.0.1/"})
    with pytest.raises(Misconfigured, match="not changed: 404"):
        await act_on_endpoint(caller, AGENCY, "tiada/test")

"""An institution without Kafka: it subscribes, tries it, rotates its secret, and reads the log."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from deploy.processes import free_port
from tests.journeys.conftest import Journey, NewJourney, bearer

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]
Eventually = Callable[..., Awaitable[None]]
AGENCY = "/v1/agencies/kab-3603"
TEMPLATE = {"text": "{number} {outcome}", "blocks": [{"title": "{title}"}]}


@dataclass(frozen=True)
class Message:
    """One call of a webhook."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def is_signed_with(self, secret: str) -> bool:
        try:
            Webhook(secret).verify(self.body, self.headers)
        except WebhookVerificationError:
            return False
        return True


class Office:
    """The institution: its webhooks' receiver, and its key."""

    def __init__(self, journey: Journey, headers: dict[str, str]) -> None:
        self.journey = journey
        self._headers = headers
        self.url = f"http://127.0.0.1:{free_port()}"
        self.messages: list[Message] = []
        self.answers: dict[str, int] = {}  # by path; all else is well

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.messages.append(Message(request.path, headers, await request.read()))
        return web.Response(status=self.answers.get(request.path, 204))

    def arrived(self, identifier: str, path: str = "/main") -> Message | None:
        """Return the message of this event, once it is there."""
        found = (m for m in self.messages if (m.id, m.path) == (identifier, path))
        return next(found, None)

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Return the answer of a door of this institution."""
        status, told = await self.journey.call(
            method, f"{AGENCY}{path}", body=body, headers=self._headers
        )
        assert status in (200, 202), told
        answer: dict[str, Any] = told
        return answer

    async def endpoint(self, name: str) -> dict[str, Any]:
        endpoints = (await self.ask("GET", "/subscription"))["endpoints"]
        return next(each for each in endpoints if each["name"] == name)

    async def log(self, query: str = "") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await self.ask("GET", f"/deliveries{query}"))["items"]
        return rows


@pytest.fixture
async def office(new_journey: NewJourney) -> AsyncIterator[Office]:
    journey = await new_journey()
    office = Office(journey, bearer(await journey.key("agency", "kab", "kab-3603")))
    application = web.Application()
    application.router.add_post("/{name}", office.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(office.url.rpartition(":")[2])).start()
    yield office
    await runner.cleanup()


async def test_an_institution_subscribes_tries_rotates_and_reads_its_log(
    office: Office, eventually: Eventually
) -> None:
    async def tried() -> Message:
        identifier = (await office.ask("POST", "/subscription/main/test"))["test_id"]
        await eventually(
            lambda: office.arrived(identifier) is not None, f"the test message {identifier}"
        )
        found = office.arrived(identifier)
        assert found is not None
        return found

    chat = {"name": "chat", "url": f"{office.url}/chat", "template": TEMPLATE}
    form = {
        "endpoints": [
            {"name": "main", "url": f"{office.url}/main"},
            {**chat, "filter": {"events": ["routed"]}},
        ]
    }
    told = await office.ask("PUT", "/subscription", form)
    first = told["endpoints"][0]["secret"]
    message = await tried()
    assert message.is_signed_with(first)
    assert json.loads(message.body)["type"] == "id.salur.endpoint.test.v1"

    second = (await office.ask("POST", "/subscription/main/secret"))["secret"]
    message = await tried()
    assert message.is_signed_with(first)
    assert message.is_signed_with(second)

    await office.ask("DELETE", "/subscription/main/secret/former")
    message = await tried()
    assert message.is_signed_with(second)
    assert not message.is_signed_with(first)

    number = await _complain(office)
    await eventually(lambda: len(office.messages) == 5, "the complaint at both endpoints")
    (chatted,) = (json.loads(each.body) for each in office.messages if each.path == "/chat")
    assert chatted["text"] == f"{number} routed"

    await eventually(lambda: _is_delivered(office), "five deliveries in the log")
    rows = await office.log()
    assert sum(row["test"] for row in rows) == 3
    assert {row["endpoint"] for row in rows if row.get("number") == number} == {"main", "chat"}
    assert {row["status"] for row in rows} == {204}

    office.answers = {"/main": 500, "/chat": 410}
    identifier = (await office.ask("POST", "/subscription/main/test"))["test_id"]
    await eventually(lambda: office.arrived(identifier) is not None, "the message that fails")
    await eventually(lambda: _is_failing(office), "the trouble of the endpoint")
    (row,) = await office.log("?state=pending&endpoint=main")
    assert (row["event_id"], row["status"]) == (identifier, 500)
    assert (await office.endpoint("chat"))["state"] == "ok"

    gone = (await office.ask("POST", "/subscription/chat/test"))["test_id"]
    await eventually(lambda: office.arrived(gone, "/chat") is not None, "the last message there")
    await eventually(lambda: _is_disabled(office), "that nothing goes there any more")
    newest = (await office.log("?endpoint=chat"))[0]
    assert (newest["event_id"], newest["status"]) == (gone, 410)


async def _complain(office: Office) -> str:
    body = {"text": "Jalan di depan pasar rusak.", "place": {"region_code": "36.03"}}
    status, told = await office.journey.call("POST", "/v1/complaints", body=body)
    assert status == 202
    return str(told["number"])


async def _is_delivered(office: Office) -> bool:
    return len(await office.log("?state=delivered")) == 5


async def _is_failing(office: Office) -> bool:
    found = await office.endpoint("main")
    rows = await office.log("?state=pending")
    is_noted = bool(rows) and rows[0]["attempts"] > 0
    return found["state"] == "failing" and "next_probe_at" in found and is_noted


async def _is_disabled(office: Office) -> bool:
    found = await office.endpoint("chat")
    is_noted = (await office.log("?endpoint=chat"))[0]["attempts"] > 0
    return found["state"] == "disabled" and "next_probe_at" not in found and is_noted

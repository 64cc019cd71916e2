"""The institutions' side: only what is rightly signed is taken, and the judges stand outside."""

import ast
import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from standardwebhooks import Webhook

import deploy.dev.demo
from deploy.dev.demo.oracle import Counts
from deploy.dev.demo.receiver import Receiver
from deploy.dev.demo.show import STAGES

SECRET = "whsec_" + "c2VjcmV0" * 4
BODY = json.dumps({"type": "t", "data": {"number": "N1", "seq": 1, "outcome": "routed"}})
JUDGES = (
    *(f"demo/{name}" for name in ("observation", "observer", "oracle", "receiver")),
    "local/scrape",
)


async def post(receiver: Receiver, body: str, *, secret: str = SECRET, agency: str = "a-1") -> int:
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "hook-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("hook-1", now, body),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(receiver.url(agency), data=body, headers=headers) as response,
    ):
        return response.status


async def test_a_signed_event_is_noted_with_its_institution() -> None:
    async with Receiver() as receiver:
        receiver.secrets["a-1"] = SECRET

        assert await post(receiver, BODY) == 204

        (call,) = receiver.sayings
        assert (call.ident, call.place, call.number) == ("hook-1", "a-1", "N1")


async def test_a_wrong_signature_counts_for_nothing() -> None:
    async with Receiver() as receiver:
        receiver.secrets["a-1"] = SECRET

        assert await post(receiver, BODY, secret="whsec_" + "b3RoZXI=") == 401
        assert await post(receiver, BODY, agency="a-2") == 401

        assert receiver.sayings == []
        assert receiver.refused == 2


async def test_a_signed_body_that_is_no_event_counts_for_nothing() -> None:
    async with Receiver() as receiver:
        receiver.secrets["a-1"] = SECRET

        assert await post(receiver, '{"type": "t"}') == 400
        assert await post(receiver, '{"data": []}') == 400

        assert receiver.sayings == []


@pytest.mark.parametrize("name", JUDGES)
def test_the_judges_know_nothing_of_the_services(name: str) -> None:
    source = (Path(deploy.dev.demo.__file__).parents[1] / f"{name}.py").read_text()
    imports = [
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]

    assert imports
    assert not [module for module in imports if (module or "").startswith("services")]


def test_every_count_has_a_line_in_the_table() -> None:
    assert list(STAGES) == [field.name for field in fields(Counts)]

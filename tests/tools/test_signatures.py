"""Webhooks that our notifier signs, verified by the packages that institutions use."""

import base64
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from pydantic import SecretStr

from deploy.dev.generators.golden_examples import FOLDER as EXAMPLES
from deploy.dev.local.parts import Part, running
from deploy.processes import Child, free_port
from services.notifier.channels.webhook import signed_headers
from services.notifier.domain.delivery.deliveries import Delivery, Notice, delivery_of
from shared.contracts.events import AgencyEvent
from shared.contracts.subscriptions import Endpoint
from tests.support.code_blocks import KIT, blocks
from tests.support.programs.node import require_node, require_packages
from tests.tools.nodejs import verified

pytestmark = pytest.mark.tools
FILES = sorted(
    path for path in (EXAMPLES / "agency-code").glob("*.json") if path.stem != "endpoint_test"
)
RANDOM = random.Random(7)
NEW, FORMER, FOREIGN = (
    f"whsec_{base64.b64encode(RANDOM.randbytes(24)).decode()}" for _ in range(3)
)


def endpoint(*secrets: str) -> Endpoint:
    return Endpoint(
        endpoint_id="e",
        agency="kab-3603",
        url="https://example.id",
        secrets=tuple(map(SecretStr, secrets)),
    )


def row_of(path: Path, to: Endpoint) -> Delivery:
    """Return the row that a golden example gives, as the notifier makes it of a record."""
    example = json.loads(path.read_text())
    notice = Notice(
        event=AgencyEvent.model_validate(example["value"]),
        ce_id=UUID(example["headers"]["ce_id"]),
        ce_type=example["headers"]["ce_type"],
        ce_time=example["headers"]["ce_time"],
        source="agency-kab-3603/0",
        offset=0,
        text=json.dumps(example["value"], ensure_ascii=False),
    )
    return delivery_of(notice, to, datetime.now(UTC))


def signed(path: Path, *secrets: str, at: datetime | None = None) -> tuple[dict[str, str], str]:
    """Return headers and body of a webhook that the notifier sends now."""
    to = endpoint(*secrets)
    row = row_of(path, to)
    return signed_headers(to, row, at or datetime.now(UTC), body=row.body), row.body


def message(secret: str, headers: dict[str, str], body: str) -> dict[str, Any]:
    return {"secret": secret, "headers": headers, "body": body}


def test_every_event_is_verified_and_comes_out_as_it_was() -> None:
    told = verified(message(NEW, *signed(path, NEW)) for path in FILES)

    assert len(told) == len(FILES) > 10
    for path, one in zip(FILES, told, strict=True):
        example = json.loads(path.read_text())
        assert one["verified"]["type"] == example["headers"]["ce_type"]
        assert one["verified"]["data"] == example["value"]


def test_while_two_secrets_live_either_verifies() -> None:
    headers, body = signed(FILES[0], NEW, FORMER)

    told = verified(message(secret, headers, body) for secret in (NEW, FORMER, FOREIGN))

    assert ["verified" in one for one in told] == [True, True, False]


def test_what_was_changed_on_the_way_is_refused() -> None:
    headers, body = signed(FILES[0], NEW, FORMER)
    late = signed(FILES[0], NEW, at=datetime.now(UTC) - timedelta(minutes=6))
    tampered = [
        (headers, body.replace("}", " }", 1)),
        ({**headers, "webhook-id": "another"}, body),
        ({**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body),
        ({**headers, "webhook-signature": headers["webhook-signature"].replace("v1", "v2")}, body),
        late,
    ]

    told = verified(message(NEW, *one) for one in tampered)

    assert [set(one) for one in told] == [{"refused"}] * len(tampered)


class PageReceiver(Part):
    """A receiver as the page shows it, saved and run as a developer would."""

    def __init__(self, folder: Path, program: Path | str, file: str, code: str) -> None:
        self.name = "receiver"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "receiver.log"
        (folder / file).write_text(code)
        env = {"WEBHOOK_SECRET": NEW, "PORT": str(self.port)}
        self.child = Child(self.name, [program, folder / file], log_path=self.log, env=env)

    def answers(self) -> bool:
        """Whether it refuses what is not signed."""
        done = subprocess.run(
            ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "-d", "{}", self.url],
            check=False,
            capture_output=True,
            text=True,
        )
        return done.stdout == "401"


@pytest.fixture(params=["receiver.py", "receiver.mjs"])
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PageReceiver]:
    code = {block.file: block.code for block in blocks(KIT / "webhook.md") if block.file}
    (tmp_path / "node_modules").symlink_to(require_packages() / "node_modules")
    program = sys.executable if request.param.endswith(".py") else require_node()
    part = PageReceiver(tmp_path, program, request.param, code[request.param])
    with running(part):
        yield part


async def test_the_receivers_of_the_page_take_what_is_ours_once(receiver: PageReceiver) -> None:
    headers, body = signed(FILES[0], FORMER, NEW)
    data = json.loads(body)
    sent = [(headers, body), (headers, body), (headers, body.replace("}", " }", 1))]

    async with aiohttp.ClientSession(receiver.url) as session:
        statuses = []
        for their_headers, their_body in sent:
            async with session.post("/", data=their_body.encode(), headers=their_headers) as told:
                statuses.append(told.status)

    assert statuses == [204, 204, 401]
    lines = [line for line in receiver.log.read_text().splitlines() if line.startswith("id.salur.")]
    assert lines == [f"{data['type']} {data['data']['number']}"]

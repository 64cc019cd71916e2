"""What the kit's page on HTTP says, done as it stands, with curl and an institution's key."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.intake_client.client import IntakeClient
from deploy.operate.keys.keys_and_audit import new_key
from tests.support.code_blocks import KIT, follow_page, run

pytestmark = pytest.mark.tools
CODE = "kab-3603"
COMPLAINT: dict[str, object] = {
    "text": "Lampu jalan di depan pasar sudah seminggu padam.",
    "place": {"region_code": "36.03"},
}


async def _prepared(stack: Stack) -> dict[str, str]:
    """Submit a complaint, wait until the institution has it; return what its operator hands over.

    The wait is not on the page: there complaints are there before anybody asks for them.
    """
    key = await new_key(stack.mongo, "agency", "kit", agency=CODE)
    async with IntakeClient(stack.url("intake"), key) as client:
        assert (await client.submit(COMPLAINT, str(uuid4()))).accepted
        while not (await client.ask("GET", f"/v1/agencies/{CODE}/complaints")).body["items"]:
            await asyncio.sleep(0.1)
    return {"SALUR_AGENCY": CODE, "SALUR_INTAKE_URL": stack.url("intake"), "SALUR_API_KEY": key}


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    options = StackOptions(tmp_path_factory.mktemp("stack"), (CODE,), services=("intake", "router"))
    with Stack(options) as stack:
        yield asyncio.run(_prepared(stack))


@pytest.fixture(scope="module")
def done(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> subprocess.CompletedProcess[str]:
    return follow_page(KIT / "http.md", tmp_path_factory.mktemp("page"), env)


def outcome(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what the last command said of its action."""
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_a_complaint_is_listed_and_answered(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":"applied"' in done.stdout
    last = outcome(done)
    assert (last["kind"], last["status"]) == ("complete", "applied")


def test_a_refusal_ends_with_code_1_and_its_reason(
    done: subprocess.CompletedProcess[str], env: dict[str, str], tmp_path: Path
) -> None:
    number = outcome(done)["number"]

    again = run(["salur", "act", CODE, number, "follow_up", "--text", "x"], tmp_path, env)

    assert again.returncode == 1
    assert json.loads(again.stdout)["code"] == "wrong_status"
    assert "wrong_status: follow_up is not possible while completed" in again.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["complete", "--text", "x"], "intake refused it: 404"),
        (["complete"], "no such action: complete.text: missing"),
        (["complete", "--text", "x", "--unit", "y"], "complete takes no unit"),
    ],
)
def test_bad_input_ends_with_code_2(
    env: dict[str, str], tmp_path: Path, words: list[str], why: str
) -> None:
    done = run(["salur", "act", CODE, "0" * 16, *words], tmp_path, env)

    assert done.returncode == 2
    assert why in done.stderr

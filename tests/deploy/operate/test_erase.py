"""`salur erase`: what it sends, what it says of done and waiting, and how it ends."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.cli.intake import erase as command
from deploy.processes import free_port
from tests.support.http_server import answering

NUMBER = "0123456789ABCDEF"
ERASING = {
    "number": NUMBER,
    "state": "erasing",
    "reason": "by_order",
    "decided_at": "2026-03-02T08:00:00Z",
    "vault_deleted_at": "2026-03-02T08:00:01Z",
    "waits_for": ["case", "institutions", "records"],
}
FADING = ERASING | {
    "state": "fading",
    "case_blanked_at": "2026-03-02T08:00:02Z",
    "records_gone_at": "2026-06-08T08:00:02Z",
    "waits_for": ["records"],
}


class FakeIntake:
    """Answers in order, the last answer again and again; it notes what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.asked: list[tuple[str, str, Any]] = []

    def answer(self, method: str, path: str, body: Any) -> tuple[int, object]:
        self.asked.append((method, path, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def intake() -> Iterator[FakeIntake]:
    fake = FakeIntake()
    with answering(fake.answer) as fake.url:
        yield fake


def salur(url: str, *arguments: str) -> Result:
    fixed = ("erase", NUMBER, "--reason", "by_order", "--url", url, "--key", "k")
    return CliRunner().invoke(app, [*fixed, *arguments])


@pytest.mark.parametrize(
    ("option", "decision"), [((), "erase"), (("--hold",), "hold"), (("--decline",), "decline")]
)
def test_the_decision_and_its_reason_are_sent(
    intake: FakeIntake, option: tuple[str, ...], decision: str
) -> None:
    intake.answers = [(202, ERASING)]

    assert salur(intake.url, *option).exit_code == 0

    sent = {"decision": decision, "reason": "by_order"}
    assert intake.asked == [("POST", f"/v1/complaints/{NUMBER}/erasure", sent)]


def test_what_is_done_and_what_waits_is_said(intake: FakeIntake) -> None:
    intake.answers = [(202, ERASING)]

    result = salur(intake.url)

    assert result.exit_code == 0
    assert "done   2026-03-02T08:00:01Z  identity and original text deleted" in result.stderr
    assert "waits  the router, to blank the case" in result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == ERASING


def test_it_waits_until_the_case_is_blank(
    intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "POLL_SECONDS", 0.01)
    intake.answers = [(202, ERASING), (200, ERASING), (200, FADING)]

    result = salur(intake.url, "--wait", "20")

    assert result.exit_code == 0
    assert [method for method, *_ in intake.asked] == ["POST", "GET", "GET"]
    assert "by 2026-06-08T08:00:02Z" in result.stderr


def test_a_case_that_is_not_blank_in_time_ends_with_1(
    intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "POLL_SECONDS", 0.01)
    intake.answers = [(202, ERASING), (200, ERASING)]

    result = salur(intake.url, "--wait", "0.05")

    assert result.exit_code == 1
    assert "is a router running?" in result.stderr


@pytest.mark.parametrize("status", [403, 404, 409])
def test_a_refusal_is_said_and_ends_with_2(intake: FakeIntake, status: int) -> None:
    intake.answers = [(status, {"detail": "because of this"})]

    result = salur(intake.url)

    assert result.exit_code == 2
    assert f"not erased: {status} because of this" in result.stderr
    assert result.stdout == ""


def test_an_intake_that_is_away_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PATIENCE", 0.0)

    result = salur(f"http://127.0.0.1:{free_port()}")

    assert result.exit_code == 3
    assert "intake did not decide" in result.stderr


def test_to_hold_and_to_decline_at_once_ends_with_2(intake: FakeIntake) -> None:
    result = salur(intake.url, "--hold", "--decline")

    assert (result.exit_code, intake.asked) == (2, [])

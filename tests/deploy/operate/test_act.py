"""One action by HTTP: what is wrong is said, what is not decided yet is waited for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from deploy.operate.act import ActionResult, act_by_http, action_of
from shared.contracts.actions import FollowUp, Transfer
from shared.errors import Misconfigured, Transient

TAKEN = {"action_id": "a-1", "status_url": "/v1/actions/a-1"}
FOLLOW_UP = FollowUp(text="Petugas berangkat.")


@dataclass(frozen=True)
class Said:
    status: int
    body: Mapping[str, Any]


@dataclass
class Intake:
    """Answers one by one; what is asked after the last answer gets that again."""

    answers: list[Said]
    asked: list[tuple[str, str, dict[str, Any] | None]] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, form: dict[str, Any] | None = None, *, key: str | None = None
    ) -> Said:
        assert (key is None) == (form is None)  # what changes something can be repeated
        self.asked.append((method, path, form))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_an_outcome_is_waited_for() -> None:
    pending, applied = Said(200, {"status": "pending"}), Said(200, {"status": "applied"})
    intake = Intake([Said(202, TAKEN), pending, applied])

    acted = await act_by_http(intake, "0123", FOLLOW_UP, wait=10)

    assert acted == ActionResult("a-1", "applied")
    assert intake.asked == [
        (
            "POST",
            "/v1/complaints/0123/actions",
            {"kind": "follow_up", "text": "Petugas berangkat."},
        ),
        *[("GET", "/v1/actions/a-1", None)] * 2,
    ]


async def test_without_an_outcome_it_is_pending() -> None:
    intake = Intake([Said(202, TAKEN), Said(200, {"status": "pending"})])

    assert await act_by_http(intake, "0123", FOLLOW_UP, wait=0) == ActionResult("a-1", "pending")


@pytest.mark.parametrize(
    ("status", "error"), [(403, Misconfigured), (404, Misconfigured), (503, Transient)]
)
async def test_what_intake_does_not_take_is_said(status: int, error: type[Exception]) -> None:
    intake = Intake([Said(status, {"detail": "because"})])

    with pytest.raises(error, match=f"{status} because"):
        await act_by_http(intake, "0123", FOLLOW_UP, wait=1)


def test_an_action_is_read_from_what_was_given() -> None:
    form = {"kind": "transfer", "text": "Jalan provinsi.", "institution": "prov-36"}

    assert action_of(form) == Transfer(text="Jalan provinsi.", institution="prov-36")


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "complete"}, "complete.text: missing"),
        ({"kind": "archive", "text": "x"}, "archive.reason: missing"),
        ({"kind": "transfer", "text": "x", "institution": "Banten"}, "transfer.institution"),
        ({"kind": "complete", "text": "x", "unit": "y"}, "complete takes no unit"),
    ],
)
def test_what_is_no_action_is_said(form: dict[str, object], why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        action_of(form)

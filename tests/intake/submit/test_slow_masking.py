"""Texts that take long to mask: they hold up their own answer, and nobody else's."""

import asyncio
import threading
from typing import Any

import pytest

from services.intake.submit import service
from services.intake.submit.submission import Submission, complaint, is_slow_to_mask
from tests.intake.conftest import IntakeBench, problem_of

DIGITS = "0/" * 400
LONG = "Jalan rusak. " * 400
PATIENCE = 60.0


class Masking:
    """Masks slow texts only when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.begun = 0
        monkeypatch.setattr(service, "complaint", self._complaint)

    def _complaint(self, submission: Submission, *given: Any, **named: Any) -> Any:
        if is_slow_to_mask(submission):
            self.begun += 1
            assert self.go.wait(PATIENCE), "the loop that would let it go on stood still"
        return complaint(submission, *given, **named)


@pytest.fixture
def masking(monkeypatch: pytest.MonkeyPatch) -> Masking:
    return Masking(monkeypatch)


@pytest.mark.parametrize("text", [DIGITS, LONG], ids=["digits", "long"])
async def test_what_is_slow_to_mask_holds_up_nobody_else(
    intake: IntakeBench, masking: Masking, text: str
) -> None:
    slow = asyncio.create_task(intake.submit(None, text=text))
    while not masking.begun:
        await asyncio.sleep(0.01)

    assert (await intake.submit(None)).status_code == 202
    assert not slow.done()

    masking.go.set()
    assert (await slow).status_code == 202


async def test_what_takes_too_long_to_mask_is_refused_and_nothing_of_it_is_kept(
    intake: IntakeBench, masking: Masking
) -> None:
    intake.restart(answer_seconds=0.2)

    refused = await asyncio.gather(*(intake.submit(None, text=DIGITS) for _ in range(3)))

    masking.go.set()
    for answer in refused:
        problem_of(answer, 503, "unavailable")
    assert masking.begun == 1  # one at a time
    assert intake.store.is_empty


@pytest.mark.parametrize(
    ("text", "is_slow"),
    [
        ("Lampu jalan mati di Jl. Melati 7, RT 03/RW 05, sejak 12-03-2026", False),
        (LONG[:4_000], False),
        (LONG[:4_001], True),
        ("0/" * 300 + "0", True),
        ("\u0660/" * 301, True),  # in another script
        ("081/" * 74, False),
    ],
)
def test_a_text_is_slow_to_mask_that_is_long_or_full_of_digits(text: str, *, is_slow: bool) -> None:
    assert is_slow_to_mask(Submission(text=text)) is is_slow

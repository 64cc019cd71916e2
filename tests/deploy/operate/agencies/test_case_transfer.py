"""Open cases leave a closed institution: all, once each, however often it is begun anew."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.operate.agencies.case_transfer import MOST_TIMES, CaseTransfer, TransferOrder
from deploy.operate.intake_client.client import HttpReply
from deploy.operate.intake_client.form_columns import Form
from shared.errors import Misconfigured, Transient

GONE, HEIR = "kem-042", "kem-041"
MERGE = TransferOrder(GONE, HEIR, "Digabung.", settle=0.0)


class MemoryIntake:
    """Cases by number with their holder; an action is done when its outcome is asked for."""

    def __init__(self, *numbers: str, page: int = 2) -> None:
        self.holders: dict[str, str | None] = dict.fromkeys(numbers, GONE)
        self.actions: dict[str, tuple[str, Form]] = {}  # each once, by its id
        self.done: dict[str, dict[str, object]] = {}
        self.page = page
        self.decide: Callable[[str], dict[str, object]] = lambda _: {"status": "applied"}
        self.refuses: HttpReply | None = None
        self.on_list: Callable[[], None] = lambda: None
        self.asked_for: list[dict[str, list[str]]] = []

    async def ask(
        self, method: str, path: str, form: Form | None = None, *, key: str | None = None
    ) -> HttpReply:
        if self.refuses is not None:
            return self.refuses
        url = urlsplit(path)
        if method == "POST":
            return self._act(url.path.split("/")[3], form or {}, key or "")
        if url.path.startswith("/v1/actions/"):
            return said(200, self._outcome(url.path.rpartition("/")[2]))
        return said(200, self._list(parse_qs(url.query)))

    def _act(self, number: str, form: Form, key: str) -> HttpReply:
        action = f"{number}:{key}"
        assert self.actions.setdefault(action, (number, form)) == (number, form)
        return said(202, {"action_id": action})

    def _outcome(self, action: str) -> dict[str, object]:
        number, form = self.actions[action]
        if action not in self.done:
            found = self.decide(number)
            if found["status"] == "pending":
                return found
            self.done[action] = found
            if found["status"] == "applied":
                self.holders[number] = form.get("institution")  # type: ignore[assignment]
        return self.done[action]

    def _list(self, query: dict[str, list[str]]) -> dict[str, object]:
        self.asked_for.append(query)
        if "cursor" not in query:
            self.on_list()
        start = query.get("cursor", [""])[0]
        mine = sorted(n for n, holder in self.holders.items() if holder == GONE and n > start)
        page = {"items": [{"number": number} for number in mine[: self.page]]}
        return page | ({"next": mine[self.page - 1]} if len(mine) > self.page else {})


def said(status: int, body: object) -> HttpReply:
    return HttpReply(status, json.dumps(body))


def mover(intake: MemoryIntake, order: TransferOrder = MERGE, **changes: Any) -> CaseTransfer:
    return CaseTransfer(intake, order, pause=0.0, **changes)


async def test_all_pages_of_open_cases_are_moved_with_the_reason() -> None:
    intake = MemoryIntake("A", "B", "C", "D", "E")

    moved = await mover(intake).move()

    assert moved == 5
    assert set(intake.holders.values()) == {HEIR}
    form = {"kind": "transfer", "text": "Digabung.", "institution": HEIR}
    assert sorted(intake.actions.values()) == [(number, form) for number in "ABCDE"]
    assert intake.asked_for[0]["status"] == ["routed", "in_progress", "postponed"]


async def test_without_a_successor_no_institution_is_named() -> None:
    intake = MemoryIntake("A")

    await mover(intake, TransferOrder(GONE, None, "Ditutup.", settle=0.0)).move()

    assert list(intake.actions.values()) == [("A", {"kind": "transfer", "text": "Ditutup."})]


async def test_one_that_comes_meanwhile_is_moved_too() -> None:
    intake = MemoryIntake("A")

    def another() -> None:
        if intake.done:
            intake.holders.setdefault("B", GONE)

    intake.on_list = another

    assert await mover(intake).move() == 2
    assert set(intake.holders.values()) == {HEIR}


async def test_while_a_move_is_pending_no_other_is_asked_for() -> None:
    intake, looks = MemoryIntake("A"), iter(range(9))
    intake.decide = lambda _: {"status": "applied" if next(looks) == 3 else "pending"}

    await mover(intake).move()

    assert len(intake.actions) == 1


async def test_the_same_again_after_a_break_asks_for_the_same() -> None:
    intake = MemoryIntake("A", "B")
    intake.decide = lambda _: {"status": "pending"}
    with pytest.raises(Transient, match=f"2 cases of {GONE} stay open; run this again"):
        await mover(intake, TransferOrder(GONE, HEIR, "Digabung.", settle=0.0, patience=0.0)).move()

    intake.decide = lambda _: {"status": "applied"}
    await mover(intake).move()

    assert len(intake.actions) == 2


async def test_one_that_was_sent_back_is_moved_again_also_by_the_next_run() -> None:
    intake = MemoryIntake("A")
    await mover(intake).move()
    intake.holders["A"] = GONE

    await mover(intake).move()

    assert intake.holders == {"A": HEIR}
    assert len(intake.actions) == 2


async def test_one_that_the_router_refuses_again_and_again_is_named_with_its_reason() -> None:
    intake = MemoryIntake("A")
    intake.decide = lambda _: {"status": "refused", "detail": "no institution has this code"}

    with pytest.raises(Misconfigured, match=r"A was moved 5 times: no institution has this code"):
        await mover(intake).move()

    assert len(intake.actions) == MOST_TIMES


@pytest.mark.parametrize(
    ("status", "kind", "said_then"),
    [
        (403, Misconfigured, "intake refused: 403 not yours"),
        (503, Transient, "intake did not answer: 503 not yours; run this again"),
        (409, Transient, "run this again"),
    ],
)
async def test_an_answer_that_is_none_ends_it_with_the_way_out(
    status: int, kind: type[Exception], said_then: str
) -> None:
    intake = MemoryIntake("A")
    intake.refuses = said(status, {"detail": "not yours"})

    with pytest.raises(kind, match=said_then):
        await mover(intake).check()


async def test_it_ends_only_when_nothing_was_open_for_long_enough() -> None:
    seconds = map(float, range(1_000))
    intake = MemoryIntake()

    await mover(
        intake, TransferOrder(GONE, HEIR, "x", settle=20.0), now=lambda: next(seconds)
    ).move()

    assert next(seconds) > 20
    assert len(intake.asked_for) > 5

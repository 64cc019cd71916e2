"""Moves the open cases of a closed institution, by ordinary transfers through intake's doors.

One transfer of a case is on its way at a time, under a key made from the case, the words and how
often it was moved before: whoever runs this again after a break asks for the same and no more.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode
from uuid import uuid5

from deploy.operate.intake_client.bulk_sending import in_parallel
from deploy.operate.intake_client.client import HttpReply
from deploy.operate.intake_client.form_columns import Form
from shared.contracts.case import Status
from shared.contracts.identifiers import NAMESPACE
from shared.errors import Misconfigured, Transient

OPEN = (Status.ROUTED, Status.IN_PROGRESS, Status.POSTPONED)
ROWS = 200
AT_ONCE = 8
MOST_TIMES = 5  # that one case is moved: more often, and somebody sends it back
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """From where the cases go, and where to: `into` None is triage; `text` is the reason.

    `settle` seconds without an open case end it: longer than routers take to read the directory.
    `patience` seconds without any progress give it up.
    """

    code: str
    into: str | None
    text: str
    settle: float
    patience: float = 600.0


class TransferClient(Protocol):
    """What is needed of intake; `deploy.operate.intake_client.client.IntakeClient` is one."""

    async def ask(
        self, method: str, path: str, form: Form | None = None, *, key: str | None = None
    ) -> HttpReply:
        """Send a request, as often as it takes, and return its answer."""
        ...


@dataclass(slots=True)
class _Sent:
    """How often a case was moved, and the newest of these actions."""

    times: int = 0
    action_id: str = ""
    refusal: str = ""
    is_settled: bool = True


class _Watch:
    """How long nothing has been open, and how long nothing has changed."""

    def __init__(self, order: TransferOrder, now: Callable[[], float]) -> None:
        self._order, self._now = order, now
        self._waiting, self._since = -1, now()

    def sees_change(self, waiting: int) -> bool:
        """Tell whether there are more or fewer than before; Transient after too long without."""
        now = self._now()
        if waiting != self._waiting:
            self._waiting, self._since = waiting, now
            return True
        if waiting and now - self._since > self._order.patience:
            raise Transient(f"{waiting} cases of {self._order.code} stay open; run this again")
        return False

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing has been open for long enough."""
        return not self._waiting and self._now() - self._since >= self._order.settle


@dataclass
class CaseTransfer:
    """Carries out one order as an officer or operator."""

    intake: TransferClient
    order: TransferOrder
    say: Callable[[str], None] = field(default=lambda _: None)
    now: Callable[[], float] = time.monotonic
    pause: float = POLL_SECONDS
    _sent: dict[str, _Sent] = field(default_factory=dict)

    async def check(self) -> int:
        """Return whether there is an open case, 1 or 0; Misconfigured where the key may not ask."""
        return len((await self._page({"limit": "1"}))["items"])

    async def move(self) -> int:
        """Move what is open until nothing is, for as long as `settle`; return how many cases.

        Raises:
            Misconfigured: the key may not do this, or a case cannot be moved; the message says why.
            Transient: intake or the router did not do their part for as long as `patience`.
        """
        watch = _Watch(self.order, self.now)
        while True:
            waiting = await self._round()
            if watch.sees_change(waiting):
                self.say(f"{len(self._sent) - waiting} moved, {waiting} open")
            if watch.is_quiet:
                return len(self._sent)
            await asyncio.sleep(self.pause)

    async def _round(self) -> int:
        # What became of the last ones is asked first: a list made before would have them still.
        await in_parallel(list(self._pending()), self._look, at_once=AT_ONCE)
        numbers = [number async for number in self._open()]
        ready = [one for one in numbers if self._sent.setdefault(one, _Sent()).is_settled]
        await in_parallel(ready, self._send, at_once=AT_ONCE)
        return len(numbers)

    def _pending(self) -> Iterator[_Sent]:
        return (one for one in self._sent.values() if not one.is_settled)

    async def _look(self, sent: _Sent) -> None:
        found = _body(await self.intake.ask("GET", f"/v1/actions/{sent.action_id}"))
        sent.is_settled = found.get("status") != "pending"
        sent.refusal = str(found.get("detail") or "")

    async def _open(self) -> Any:
        cursor: str | None = None
        while True:
            given = {"limit": str(ROWS)} | ({"cursor": cursor} if cursor else {})
            page = await self._page(given)
            for row in page["items"]:
                yield str(row["number"])
            if (cursor := page.get("next")) is None:
                return

    async def _page(self, given: dict[str, str]) -> Any:
        query = urlencode([*given.items(), *(("status", status.value) for status in OPEN)])
        return _body(
            await self.intake.ask("GET", f"/v1/agencies/{self.order.code}/complaints?{query}")
        )

    async def _send(self, number: str) -> None:
        sent = self._sent[number]
        if sent.times == MOST_TIMES:
            why = sent.refusal or f"it comes back to {self.order.code}"
            raise Misconfigured(f"{number} was moved {sent.times} times: {why}")
        sent.times += 1
        form: Form = {"kind": "transfer", "text": self.order.text}
        if self.order.into is not None:
            form["institution"] = self.order.into
        key = str(uuid5(NAMESPACE, "\n".join(("move", *map(str, form.values()), str(sent.times)))))
        path = f"/v1/complaints/{quote(number, safe='')}/actions"
        sent.action_id = str(_body(await self.intake.ask("POST", path, form, key=key))["action_id"])
        sent.is_settled = False


def _body(reply: HttpReply) -> Any:
    if 200 <= reply.status < 300:
        return reply.body
    detail = f"{reply.status} {reply.body.get('detail', '')}".strip()
    if 400 <= reply.status < 500 and reply.status != 409:
        raise Misconfigured(f"intake refused: {detail}")
    raise Transient(f"intake did not answer: {detail}; run this again")

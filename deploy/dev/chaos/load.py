"""The load of one run: complaints with their follow-ups, over some seconds, each until answered.

A caller that gets no answer asks again under the same key, at the other intake.
"""

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import aiohttp

from deploy.dev.chaos.oracle.facts import TRIAGE, Promise
from deploy.dev.chaos.oracle.leaks import Identity, planted

PAUSE_SECONDS = 0.3
ANSWER_SECONDS = 5.0
MOST_FOLLOW_UPS = 5
# A place, the road that is bad there, and whose road that is.
PLACES: Sequence[tuple[str | None, str, str]] = (
    ("36.03", "Jalan", "kab-3603"),
    ("36.71", "Jalan", "kota-3671"),
    ("36", "Jalan milik provinsi", "prov-36"),
    ("31.71", "Jalan", "prov-31"),
    ("11.01", "Jalan", "kab-1101"),
    (None, "Jalan", TRIAGE),
)
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """One complaint of a run: what is sent when, in seconds since the run began."""

    key: str
    place: str
    form: Body
    at: float
    follow_ups: tuple[float, ...]


@dataclass
class Answers:
    """What callers were told."""

    promises: list[Promise] = field(default_factory=list)
    sent: int = 0
    unanswered: int = 0
    refusals: list[str] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)  # by number
    at_risk: set[str] = field(default_factory=set)  # numbers

    @property
    def kept(self) -> list[Promise]:
        """Return every complaint acknowledged until now, with the entries acknowledged."""
        return [
            replace(
                one,
                entries=self.entries[one.number],
                at_risk=one.number in self.at_risk,
            )
            for one in self.promises
        ]


def plan_load(random: Random, *, prefix: str, complaints: int, seconds: float) -> list[Planned]:
    """Draw the complaints of one run; keys begin with `prefix`, so that runs do not share them."""
    return [_planned(random, f"{prefix}-{n}", n, seconds) for n in range(complaints)]


def _planned(random: Random, key: str, number: int, seconds: float) -> Planned:
    region, road, place = random.choice(PLACES)
    at = random.uniform(0, seconds * 0.8)
    follow_ups = sorted(
        random.uniform(at, seconds) for _ in range(random.randint(0, MOST_FOLLOW_UPS))
    )
    form = _form(planted(random), f"{road} di depan rumah nomor {number} berlubang", region)
    return Planned(key, place, form, at, tuple(follow_ups))


def _form(someone: Identity, text: str, region: str | None) -> Body:
    return {
        "text": f"{text}. Hubungi {someone.phone}, NIK {someone.nik}, {someone.email}.",
        "place": {"region_code": region} if region else {},
        "reporter": {
            "name": someone.name,
            "phone": someone.phone,
            "email": someone.email,
        },
    }


class Load:
    """Sends what was planned; `keys` are API keys by role."""

    def __init__(
        self, urls: Sequence[str], keys: Mapping[str, str], answers: Answers, *, patience: float
    ) -> None:
        self._urls = urls
        self._keys = keys
        self._answers = answers
        self._patience = patience
        self._turn = itertools.count()

    async def send(self, plan: Sequence[Planned]) -> None:
        """Send everything at its time and return when all was answered or given up."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        began = time.monotonic()
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            for one in plan:
                group.create_task(self._live(session, one, began))

    async def _live(self, session: aiohttp.ClientSession, one: Planned, began: float) -> None:
        await _until(began + one.at)
        self._answers.sent += 1
        status, body = await self._ask(session, "gateway", "/v1/complaints", one.form, key=one.key)
        if status != 202:
            self._gave_up(one.key, status, body)
            return
        number = str(body["number"])
        self._answers.entries[number] = 1
        self._answers.promises.append(Promise(one.key, number, one.place, 1))
        for turn, at in enumerate(one.follow_ups):
            await _until(began + at)
            action = {"kind": "follow_up", "text": f"Tindak lanjut {turn}."}
            path = f"/v1/complaints/{number}/actions"
            key = f"{one.key}-{turn}"
            status, body = await self._ask(session, "operator", path, action, key=key)
            if status != 202:
                self._gave_up(key, status, body)
                return
            self._answers.entries[number] += 1

    def _gave_up(self, key: str, status: int, body: Body) -> None:
        self._answers.unanswered += 1
        self._answers.refusals.append(f"{key}: {status or 'no answer'} {body.get('detail', '')}")

    async def _ask(
        self, session: aiohttp.ClientSession, role: str, path: str, body: Body, *, key: str
    ) -> tuple[int, Body]:
        headers = {"Authorization": f"Bearer {self._keys[role]}", "Idempotency-Key": key}
        deadline = time.monotonic() + self._patience
        while True:
            url = self._urls[next(self._turn) % len(self._urls)] + path
            status, answer = await _once(session, url, body, headers)
            if status == 202 or time.monotonic() > deadline:
                return status, answer
            await asyncio.sleep(PAUSE_SECONDS)


async def _once(
    session: aiohttp.ClientSession, url: str, body: Body, headers: Mapping[str, str]
) -> tuple[int, Body]:
    try:
        async with session.post(url, json=body, headers=dict(headers)) as answer:
            found = await answer.json(content_type=None)
            return answer.status, found if isinstance(found, dict) else {}
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return 0, {}


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))

"""Callers of every kind behind a proxy, who repeat nothing: each answer must be the right one."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Self
from uuid import uuid5

import aiohttp

from shared.contracts.identifiers import NAMESPACE
from tests.journeys.conftest import Journey, bearer, form

HOLDER = "kab-3603"
LINES = 5
PAUSE = 0.1  # between the requests of one caller: a few dozen a second in all
AT_ONCE = 5


class Callers:
    """Ask without end until they are told to stop; `failures` holds every answer that is wrong."""

    def __init__(self, journey: Journey, url: str) -> None:
        self._journey = journey
        self._url = url
        self._codes: dict[str, str] = {}  # tracking code by number
        self._sent: list[tuple[str, dict[str, Any]]] = []
        self._numbers = itertools.count(1)
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        self._stopped = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.failures: list[str] = []
        self.right: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._holder = bearer(await self._journey.key("agency", "holder", HOLDER))
        self._tasks = [asyncio.create_task(self._ask()) for _ in range(AT_ONCE)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        await self._session.close()

    async def stop(self) -> None:
        """Let every caller finish what it has begun."""
        self._stopped.set()
        await asyncio.gather(*self._tasks)

    async def _ask(self) -> None:
        kinds: tuple[Callable[[], Awaitable[None]], ...] = (
            self._submit, self._batch, self._track, self._act, self._repeat, self._league,
            self._large, self._document,
        )  # fmt: skip
        for kind in itertools.cycle(kinds):
            if self._stopped.is_set():
                return
            await kind()
            await asyncio.sleep(PAUSE)

    async def _submit(self, **more: Any) -> None:
        body = form(next(self._numbers)) | more
        key = str(uuid5(NAMESPACE, f"rolling {body['text']}"))
        if answer := await self._post("submit", "/v1/complaints", body, key=key):
            self._note(key, answer["number"])
            self._codes[answer["number"]] = answer["tracking_code"]
            self._sent.append((key, body))

    async def _large(self) -> None:
        await self._submit(note="x" * 100_000)  # an unknown field: it takes its time to arrive

    async def _repeat(self) -> None:
        if not self._sent:
            return
        key, body = self._sent[next(self._numbers) % len(self._sent)]
        if answer := await self._post("repeat", "/v1/complaints", body, key=key):
            self._note(key, answer["number"])

    async def _batch(self) -> None:
        forms = [form(next(self._numbers)) for _ in range(LINES)]
        keys = [str(uuid5(NAMESPACE, f"rolling {one['text']}")) for one in forms]
        lines = [
            json.dumps(one | {"idempotency_key": key}) for one, key in zip(forms, keys, strict=True)
        ]
        text = await self._request("batch", "POST", "/v1/complaints:batch", data="\n".join(lines))
        for key, line in zip(keys, (text or "").splitlines(), strict=text is not None):
            result = json.loads(line)
            if result["status"] == 202:
                self._note(key, result["number"])
            else:
                self.failures.append(f"a line of a batch: {result}")

    async def _track(self) -> None:
        for number, code in list(self._codes.items())[-1:]:
            headers = {"Tracking-Code": code}
            await self._request("track", "GET", f"/v1/complaints/{number}", headers=headers)

    async def _act(self) -> None:
        path = f"/v1/agencies/{HOLDER}/complaints?limit=1"
        text = await self._request("list", "GET", path, headers=self._holder)
        for item in json.loads(text or "{}").get("items", ()):
            body = {"kind": "follow_up", "text": "Ditinjau."}
            path = f"/v1/complaints/{item['number']}/actions"
            await self._post("act", path, body, key=f"act-{next(self._numbers)}")

    async def _league(self) -> None:
        await self._request("league", "GET", "/league.json?period=2026")

    async def _document(self) -> None:
        await self._request("document", "GET", "/openapi.json")

    async def _post(self, kind: str, path: str, body: dict[str, Any], *, key: str) -> Any:
        headers = {"Idempotency-Key": key} | (self._holder if kind == "act" else {})
        text = await self._request(kind, "POST", path, data=json.dumps(body), headers=headers)
        return json.loads(text) if text else None

    async def _request(self, kind: str, method: str, path: str, **given: Any) -> str | None:
        try:
            async with self._session.request(method, self._url + path, **given) as answer:
                text = await answer.text()
                if answer.status in {200, 202}:
                    self.right[kind] += 1
                    return text
                self.failures.append(f"{kind}: {answer.status} {text[:200]}")
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures.append(f"{kind}: {type(error).__name__} {error}")
        return None

    def _note(self, key: str, number: str) -> None:
        known = self._journey.acknowledged.get(key, frozenset())
        self._journey.acknowledged[key] = known | {number}

"""Intake's HTTP doors as a patient caller uses them: a repeat goes under the same key."""

import asyncio
import json
import random
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from deploy.operate.intake_client.endpoints import put_endpoint
from deploy.operate.intake_client.form_columns import Form
from shared.errors import Misconfigured

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
UNANSWERED = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What intake finally said: `status` 0 where it never gave an answer worth having."""

    status: int
    number: str | None = None
    detail: str = ""

    @property
    def accepted(self) -> bool:
        """Tell whether intake promised to keep the complaint."""
        return self.status == 202 and self.number is not None

    @property
    def refused(self) -> bool:
        """Tell whether the same again would be refused again."""
        return 400 <= self.status < 500


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One HTTP answer; status 0 and the reason as text where the connection failed."""

    status: int
    text: str
    retry_after: float = 0.0

    @property
    def body(self) -> Mapping[str, Any]:
        """Return the JSON object of the answer; what is none comes as its `detail`."""
        try:
            body = json.loads(self.text)
        except ValueError:
            body = None
        return body if isinstance(body, dict) else {"detail": self.text[:200]}


class IntakeClient:
    """Talks to one intake. `patience` is how many seconds it repeats what got no answer."""

    def __init__(self, url: str, key: str | None, *, patience: float = 120.0) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._headers, timeout=aiohttp.ClientTimeout(total=60)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def submit(self, form: Form | bytes, key: str) -> Answer:
        """Submit one complaint under an idempotency key; bytes are sent as they stand."""
        body = form if isinstance(form, bytes) else json.dumps(form).encode()
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        reply = await self._patiently("POST", "/v1/complaints", body, headers=headers)
        return _answer(reply.status, reply.body)

    async def submit_batch(self, forms: Sequence[tuple[str, Form]]) -> list[Answer]:
        """Submit up to 1,000 complaints, each under its own key; return an answer for each.

        Lines that were not answered for good are sent again, alone.
        """
        lines = [json.dumps({**form, "idempotency_key": key}) for key, form in forms]
        headers = {"Content-Type": "application/x-ndjson"}
        body = "\n".join(lines).encode()
        reply = await self._patiently("POST", "/v1/complaints:batch", body, headers=headers)
        if reply.status != 200:
            return [_answer(reply.status, reply.body)] * len(forms)
        results = [json.loads(line) for line in reply.text.splitlines()]
        answers = [_answer(int(result["status"]), result) for result in results]
        for place, answer in enumerate(answers):
            if answer.status == UNANSWERED:
                key, form = forms[place]
                answers[place] = await self.submit(form, key)
        return answers

    async def act(self, number: str, action: Form, key: str) -> Answer:
        """Ask for an action on a complaint under an idempotency key; status 202 where accepted."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        body = json.dumps(action).encode()
        path = f"/v1/complaints/{number}/actions"
        reply = await self._patiently("POST", path, body, headers=headers)
        return _answer(reply.status, reply.body)

    async def ask(
        self, method: str, path: str, form: Form | None = None, *, key: str | None = None
    ) -> HttpReply:
        """Send any request and return its answer; a 409 is one, since only its caller knows why.

        Raises:
            Misconfigured: intake does not know the API key.
        """
        headers = {"Content-Type": "application/json"} if form is not None else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = json.dumps(form).encode() if form is not None else b""
        return await self._patiently(method, path, body, headers=headers, again=AGAIN - {409})

    async def set_endpoint(
        self, agency: str, url: str, *, renew: bool = False
    ) -> Mapping[str, Any]:
        """Have an institution told at a webhook; return it as intake shows it, its secret too.

        Raises:
            Misconfigured: intake refused it; the message says why.
        """
        return await put_endpoint(self, agency, {"name": "main", "url": url, "renew": renew})

    async def _patiently(
        self,
        method: str,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        again: Collection[int] = AGAIN,
    ) -> HttpReply:
        deadline, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while True:
            reply = await self._once(method, path, body, headers=headers)
            if reply.status == 401:
                raise Misconfigured(f"{self._url} does not know this API key; give another --key")
            wait = max(pause, reply.retry_after) * random.uniform(0.8, 1.2)
            if reply.status not in {*again, UNANSWERED} or time.monotonic() + wait > deadline:
                return reply
            await asyncio.sleep(wait)
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _once(
        self, method: str, path: str, body: bytes, *, headers: Mapping[str, str]
    ) -> HttpReply:
        if self._session is None:
            raise RuntimeError("use the client as a context: async with IntakeClient(…)")
        try:
            async with self._session.request(
                method, self._url + path, data=body, headers=dict(headers)
            ) as response:
                return await _reply(response)
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:
            raise Misconfigured(f"{self._url!r} is no URL such as http://host:8080") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            return HttpReply(UNANSWERED, f"no answer: {type(error).__name__}")


async def _reply(response: aiohttp.ClientResponse) -> HttpReply:
    after = response.headers.get("Retry-After", "")
    pause = min(float(after), LONGEST_PAUSE) if after.isascii() and after.isdigit() else 0.0
    return HttpReply(response.status, await response.text(errors="replace"), pause)


def _answer(status: int, body: Mapping[str, Any]) -> Answer:
    if status in AGAIN:
        return Answer(UNANSWERED, detail=f"{status} {body.get('detail', '')}".strip())
    details = [f"{e.get('pointer')}: {e.get('detail')}" for e in body.get("errors") or ()]
    detail = "; ".join(details) or str(body.get("detail", ""))
    number = body.get("number")
    return Answer(status, number if isinstance(number, str) else None, detail)

"""`POST /v1/complaints:batch`: one complaint a line, one result a line, in order."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.context import WITHOUT_KEY, IntakeContext, scope_key
from services.intake.http.direct_route import DirectRoute
from services.intake.http.parsing import parse, too_large, unfit_key
from services.intake.http.problems import FieldError, Problem, invalid, overloaded, unavailable
from services.intake.http.responses import accepted_members, refusals, shown_body
from services.intake.keys.callers import Caller, Role
from services.intake.submit.routes import count_accepted
from services.intake.submit.submission import BatchLine
from shared.errors import Transient

_LINE: TypeAdapter[BatchLine] = TypeAdapter(BatchLine)
NDJSON = "application/x-ndjson"
LINES_A_TURN = 20  # read one after the other
Result = Mapping[str, Any]


def build(reception: IntakeContext) -> APIRouter:
    """Return the door of batches."""
    doors = APIRouter(tags=["complaints"])
    settings = reception.settings
    room = _Room(*settings.batches_apart, retry_after=settings.retry_after_seconds)

    async def submit_batch(request: Request) -> Response:
        """Accept up to 1,000 complaints; each line succeeds or fails for itself."""
        caller = await reception.caller(request)
        body = await reception.body(request, most=settings.most_batch_body)
        with room.place(caller):
            return await answer(request, caller, body)

    doors.add_api_route(
        "/v1/complaints:batch",
        submit_batch,
        methods=["POST"],
        route_class_override=DirectRoute,
        responses={
            200: {"description": "One result per line", "content": {NDJSON: {}}},
            **refusals(400, 401, 413, 503),
        },
        response_class=Response,
        openapi_extra=shown_body(_LINE, NDJSON),
    )

    async def answer(request: Request, caller: Caller, body: bytes) -> Response:
        lines = _lines(body, settings.most_batch_lines)
        reception.charge(request, len(lines) - 1)
        results = await _Batch(reception, caller).results(lines)
        return Response(b"".join(orjson.dumps(r) + b"\n" for r in results), media_type=NDJSON)

    return doors


def _lines(body: bytes, most: int) -> Sequence[bytes]:
    if body.count(b"\n") > most:
        raise Problem(413, "too_many_lines", f"at most {most} lines")
    lines = body.split(b"\n")
    if not lines[-1]:
        lines.pop()  # the last line's own end
    if not lines:
        raise Problem(400, "no_lines", "the body holds no line")
    if len(lines) > most:
        raise Problem(413, "too_many_lines", f"at most {most} lines")
    return lines


class _Room:
    """How many batches may be in hand at once: each is a whole body in memory.

    Callers without a key leave the rest of the places to those with one.
    """

    def __init__(self, for_public: int, for_all: int, *, retry_after: int) -> None:
        self._most = {True: for_public, False: for_all}
        self._taken = {True: 0, False: 0}
        self._retry_after = retry_after

    @contextmanager
    def place(self, caller: Caller) -> Iterator[None]:
        """Hold a place; 503 without one."""
        is_public = caller.role is Role.PUBLIC
        if sum(self._taken.values()) >= self._most[False] or (
            self._taken[is_public] >= self._most[is_public]
        ):
            raise overloaded(self._retry_after)
        self._taken[is_public] += 1
        try:
            yield
        finally:
            self._taken[is_public] -= 1


class _Line(NamedTuple):
    place: int
    form: BatchLine
    at: datetime | None


class _Batch:
    """The lines of one request; those with the same key go one after the other."""

    def __init__(self, reception: IntakeContext, caller: Caller) -> None:
        self._reception = reception
        self._caller = caller
        self._results: dict[int, Result] = {}

    async def results(self, lines: Sequence[bytes]) -> Sequence[Result]:
        by_key: dict[str, list[_Line]] = defaultdict(list)
        for place, line in enumerate(lines):
            if place % LINES_A_TURN == 0:
                await asyncio.sleep(0)  # others wait too
            try:
                form = self._parse(line)
                at = self._reception.happened(self._caller, line)
                by_key[self._key(form)].append(_Line(place, form, at))
            except Problem as problem:
                self._results[place] = problem.body()
        begun = []
        for number, (key, same) in enumerate(by_key.items()):
            if number % LINES_A_TURN == 0:
                await asyncio.sleep(0)
            begun.append(asyncio.create_task(self._submit_all(key, same)))
        await asyncio.gather(*begun)
        return [self._results[place] for place in range(len(lines))]

    async def _submit_all(self, key: str, same: Sequence[_Line]) -> None:
        for line in same:
            self._results[line.place] = await self._submit(key, line)

    async def _submit(self, key: str, line: _Line) -> Result:
        acceptance = self._reception.acceptance
        try:
            accepted = await acceptance.submit(self._caller, line.form, key=key, at=line.at)
        except Problem as problem:
            return problem.body()
        except Transient:
            return unavailable(self._reception.settings.retry_after_seconds).body()
        count_accepted(self._reception, line.form)
        return {"status": 202, **accepted_members(accepted, line.form)}

    def _parse(self, line: bytes) -> BatchLine:
        if len(line) > self._reception.settings.most_body:
            raise too_large(self._reception.settings.most_body)
        return parse(_LINE, line)

    def _key(self, form: BatchLine) -> str:
        if form.idempotency_key is None:
            return str(uuid4())
        why = unfit_key(form.idempotency_key)
        scoped = None if why else scope_key(self._caller, form.idempotency_key)
        if scoped is None:
            code = "invalid_idempotency_key" if why else "key_must_be_uuid"
            pointer = "/idempotency_key"
            raise invalid([FieldError(pointer=pointer, code=code, detail=why or WITHOUT_KEY)])
        return scoped

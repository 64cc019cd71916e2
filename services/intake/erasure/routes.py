"""`/v1/complaints/{number}/erasure` and `GET /v1/erasures`: what is to be erased, and how it goes.

A reporter asks by the tracking code; an operator decides, about what was asked or of its own.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import TypeAdapter

from services.intake.audit.model import AuditAction, done_by
from services.intake.cases.routes import cursor_of, cursors_of, position_of
from services.intake.context import IntakeContext
from services.intake.erasure.model import Erasure, ErasureDecision, ErasureRequest
from services.intake.erasure.views import (
    ErasurePage,
    ErasureQuery,
    ErasureView,
    OwnErasureView,
    own_view_of,
    view_of,
)
from services.intake.http.direct_route import TRACKING_CODE
from services.intake.http.parsing import parse
from services.intake.http.problems import Problem, answered_within, forbidden, not_found
from services.intake.http.responses import plain_answer, refusals, shown_body
from services.intake.keys.callers import Caller, Role
from services.intake.submit.records import Receipt, opens

_ORDER: TypeAdapter[ErasureDecision] = TypeAdapter(ErasureDecision)
_WISH: TypeAdapter[ErasureRequest] = TypeAdapter(ErasureRequest)


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of erasures."""
    doors = APIRouter(tags=["erasures"])
    seconds = reception.settings.answer_seconds

    async def operators(request: Request) -> None:
        async with answered_within(seconds):
            if (await reception.known_caller(request)).role is not Role.OPERATOR:
                raise forbidden("only operators see what is to be erased")

    @doors.post(
        "/v1/complaints/{number}/erasure",
        status_code=202,
        response_model=ErasureView | OwnErasureView,
        responses=refusals(400, 401, 403, 404, 408, 409, 413, 422, 503),
        openapi_extra={**shown_body(_ORDER), "parameters": [TRACKING_CODE]},
    )
    async def erase(number: str, request: Request) -> Response:
        """Ask for an erasure (the reporter) or decide about it (an operator); both may repeat."""
        caller, code = await _asker(reception, request)
        body = await reception.body(request) or b"{}"
        if code is not None:
            wish = parse(_WISH, body)
            async with answered_within(seconds):
                receipt = await _own(reception, number, code)
                row = await reception.erasing.ask(receipt, wish)
            return plain_answer(own_view_of(row), 202)
        order = parse(_ORDER, body)
        async with answered_within(seconds):
            receipt, _ = await reception.find(number)
            await reception.audit.add(
                done_by(
                    caller,
                    AuditAction.ERASURE_ORDERED,
                    reception.clock.now(),
                    number=receipt.number,
                    complaint_id=receipt.id,
                    about=order.decision,
                )
            )
            row = await reception.erasing.decide(receipt, caller, order)
        return plain_answer(view_of(row, reception.clock.now()), 202)

    @doors.get(
        "/v1/complaints/{number}/erasure",
        response_model=ErasureView | OwnErasureView,
        responses=refusals(401, 403, 404, 503),
        openapi_extra={"parameters": [TRACKING_CODE]},
    )
    async def erasure(number: str, request: Request) -> Response:
        """Tell how an erasure stands, to operators and to the reporter."""
        async with answered_within(seconds):
            _, code = await _asker(reception, request)
            if code is not None:
                row = await _row(reception, await _own(reception, number, code))
                return plain_answer(own_view_of(row))
            receipt, _ = await reception.find(number)
            row = await _row(reception, receipt)
        return plain_answer(view_of(row, reception.clock.now()))

    @doors.get(
        "/v1/erasures",
        dependencies=[Depends(operators)],
        response_model=ErasurePage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 422, 503),
    )
    async def erasures(query: Annotated[ErasureQuery, Query()]) -> Response:
        """List erasures, the one asked for first of all first, for operators.

        A page may have fewer than `limit`, even none: `next` alone tells whether more follow.
        """
        cursors = cursors_of(reception, "erasures", query)
        async with answered_within(seconds):
            page = await reception.erasures.erasures(query, after=position_of(cursors, query))
        now = reception.clock.now()
        shown = tuple(view_of(row, now) for row in page.rows)
        following = cursor_of(cursors, page.end)
        return plain_answer(ErasurePage(items=shown, next=following))

    return doors


async def _asker(reception: IntakeContext, request: Request) -> tuple[Caller, str | None]:
    """Return who asks: a reporter with the tracking code, which wins over a key, or an operator."""
    code = request.headers.get("tracking-code")
    if code is not None:
        return await reception.caller(request), code  # a wrong key is refused here too
    caller = await reception.known_caller(request)
    if caller.role is not Role.OPERATOR:
        raise forbidden("an operator decides about erasures; the reporter asks by Tracking-Code")
    return caller, None


async def _own(reception: IntakeContext, number: str, code: str) -> Receipt:
    receipt, _ = await reception.find(number)
    if not opens(code, receipt):
        raise not_found()
    return receipt


async def _row(reception: IntakeContext, receipt: Receipt) -> Erasure:
    row = await reception.erasing.find(receipt)
    if row is None:
        raise Problem(404, "not_asked_for", "nobody has asked for the erasure of this complaint")
    return row

"""`GET /v1/audit`: who read whose identity, and what else is kept track of, for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.intake.audit.model import AuditPage, AuditQuery
from services.intake.cases.routes import cursor_of, cursors_of, position_of
from services.intake.context import IntakeContext
from services.intake.http.problems import answered_within, forbidden
from services.intake.http.responses import plain_answer, refusals
from services.intake.keys.callers import Role


def build(reception: IntakeContext) -> APIRouter:
    """Return the door of the audit."""
    doors = APIRouter(tags=["audit"])
    seconds = reception.settings.answer_seconds

    async def operators(request: Request) -> None:
        async with answered_within(seconds):
            if (await reception.known_caller(request)).role is not Role.OPERATOR:
                raise forbidden("only operators see who read what")

    @doors.get(
        "/v1/audit",
        dependencies=[Depends(operators)],
        response_model=AuditPage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 422, 503),
    )
    async def audit(query: Annotated[AuditQuery, Query()]) -> Response:
        """List who did what, newest first, refused reads too.

        A page may have fewer than `limit`, even none: `next` alone tells whether more follow.
        """
        cursors = cursors_of(reception, "audit", query)
        async with answered_within(seconds):
            page = await reception.audit.entries(query, after=position_of(cursors, query))
        following = cursor_of(cursors, page.end)
        return plain_answer(AuditPage(items=tuple(page.rows), next=following))

    return doors

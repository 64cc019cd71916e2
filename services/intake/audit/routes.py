"""`GET /v1/audit`: who read whose identity, and what else is kept track of, for operators."""

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.audit.model import KEY_ID, NUMBER, AuditAction, AuditPage, AuditQuery
from services.intake.cases.routes import INSTANT_TEXT, PAGING, cursors_of, position_of
from services.intake.context import IntakeContext
from services.intake.http.parsing import parse_query
from services.intake.http.problems import answered_within, forbidden
from services.intake.http.responses import plain_answer, refusals, shown_parameter
from services.intake.identity.access import Purpose, ReadOutcome
from services.intake.keys.callers import Role
from shared.contracts.case import InstitutionCode

_QUERY: TypeAdapter[AuditQuery] = TypeAdapter(AuditQuery)
_PARAMETERS = [
    shown_parameter(
        "action", "query", "what was done", schema={"type": "string", "enum": list(AuditAction)}
    ),
    shown_parameter(
        "number", "query", "a complaint's", schema={"type": "string", "pattern": NUMBER}
    ),
    shown_parameter(
        "agency",
        "query",
        "the institution that did it",
        schema=TypeAdapter(InstitutionCode).json_schema(),
    ),
    shown_parameter(
        "key_id", "query", "the key that was used", schema={"type": "string", "pattern": KEY_ID}
    ),
    shown_parameter(
        "purpose", "query", "what for", schema={"type": "string", "enum": list(Purpose)}
    ),
    shown_parameter(
        "outcome", "query", "how it ended", schema={"type": "string", "enum": list(ReadOutcome)}
    ),
    shown_parameter("since", "query", "from this day (WIB) or instant on", schema=INSTANT_TEXT),
    shown_parameter(
        "until", "query", "up to this day (included) or before the instant", schema=INSTANT_TEXT
    ),
    *PAGING,
]


def build(reception: IntakeContext) -> APIRouter:
    """Return the door of the audit."""
    doors = APIRouter(tags=["audit"])

    @doors.get(
        "/v1/audit",
        response_model=AuditPage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 422, 503),
        openapi_extra={"parameters": _PARAMETERS},
    )
    async def audit(request: Request) -> Response:
        """List who did what, newest first, refused reads too.

        A page may have fewer than `limit`, even none: `next` alone tells whether more follow.
        """
        async with answered_within(reception.settings.answer_seconds):
            if (await reception.known_caller(request)).role is not Role.OPERATOR:
                raise forbidden("only operators see who read what")
            query = parse_query(_QUERY, request.query_params)
            cursors = cursors_of(reception, "audit", query)
            page = await reception.audit.entries(query, after=position_of(cursors, query))
        following = cursors.write(page.end) if page.end else None
        return plain_answer(AuditPage(items=tuple(page.rows), next=following))

    return doors

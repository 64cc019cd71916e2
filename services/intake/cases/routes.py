"""`GET /v1/agencies/{code}/complaints` and `GET /v1/triage`."""

from collections.abc import Sequence
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.cases.models import (
    MOST_CURSOR,
    MOST_INSTANT,
    MOST_ROWS,
    MOST_UNIT,
    USUAL_ROWS,
    AgencyPage,
    AgencyQuery,
    PageQuery,
    TriagePage,
    TriageQuery,
)
from services.intake.context import IntakeContext
from services.intake.http.cursors import LENGTH, Cursors, Position
from services.intake.http.parsing import parse_query
from services.intake.http.problems import (
    FieldError,
    Problem,
    answered_within,
    forbidden,
    invalid_query,
)
from services.intake.http.responses import plain_answer, refusals, shown_parameter
from services.intake.keys.callers import Caller, Role
from shared.contracts.case import Status
from shared.contracts.identifiers import CATEGORY

Row = TypeVar("Row")
_AGENCY_QUERY: TypeAdapter[AgencyQuery] = TypeAdapter(AgencyQuery)
_TRIAGE_QUERY: TypeAdapter[TriageQuery] = TypeAdapter(TriageQuery)
INSTANT_TEXT = {"type": "string", "maxLength": MOST_INSTANT}
PAGING = (
    shown_parameter(
        "limit",
        "query",
        f"rows of a page, 1 to {MOST_ROWS}; {USUAL_ROWS} without it",
        schema={"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
    ),
    shown_parameter(
        "cursor",
        "query",
        "`next` of the page before, with the same filters; the first without it",
        schema={"type": "string", "maxLength": MOST_CURSOR},
    ),
)
OVERDUE = shown_parameter(
    "overdue",
    "query",
    "true: a deadline has passed; false: none has",
    schema={"type": "boolean"},
)
_AGENCY_PARAMETERS = [
    shown_parameter(
        "status",
        "query",
        "may be repeated",
        schema={"type": "array", "items": {"type": "string", "enum": list(Status)}},
    ),
    shown_parameter(
        "unit",
        "query",
        "the unit, as it was assigned",
        schema={"type": "string", "maxLength": MOST_UNIT},
    ),
    shown_parameter(
        "category",
        "query",
        "a category; a main one includes its own",
        schema={"type": "string", "pattern": f"^{CATEGORY.pattern}$"},
    ),
    shown_parameter(
        "since", "query", "changed from this day (WIB) or instant on", schema=INSTANT_TEXT
    ),
    shown_parameter(
        "until",
        "query",
        "changed up to this day (included) or before the instant",
        schema=INSTANT_TEXT,
    ),
    OVERDUE,
    *PAGING,
]
_TRIAGE_PARAMETERS = [
    shown_parameter(
        "reason",
        "query",
        "why nobody has it: a rule such as `incomplete`",
        schema={"type": "string", "pattern": f"^{CATEGORY.pattern}$"},
    ),
    OVERDUE,
    *PAGING,
]


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of lists."""
    doors = APIRouter()
    seconds = reception.settings.answer_seconds

    @doors.get(
        "/v1/agencies/{code}/complaints",
        tags=["agencies"],
        response_model=AgencyPage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 404, 422, 503),
        openapi_extra={"parameters": _AGENCY_PARAMETERS},
    )
    async def complaints(code: str, request: Request) -> Response:
        """List an institution's cases, newest change first, for itself, officers and operators.

        A case that changes during a walk moves to the front; all others come once.
        """
        async with answered_within(seconds):
            _check_reader(await reception.known_caller(request), code)
            reception.check_institution(code)
            query = parse_query(_AGENCY_QUERY, request.query_params, many=("status",))
            cursors = cursors_of(reception, f"agency:{code}", query)
            rows = await reception.store.agency_cases(
                code, query, after=position_of(cursors, query)
            )
        items, more = page_of(rows, query)
        end = Position(items[-1].updated_at, items[-1].complaint_id) if more else None
        following = cursors.write(end) if end else None
        return plain_answer(AgencyPage(items=tuple(items), next=following))

    @doors.get(
        "/v1/triage",
        tags=["triage"],
        response_model=TriagePage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 422, 503),
        openapi_extra={"parameters": _TRIAGE_PARAMETERS},
    )
    async def triage(request: Request) -> Response:
        """List the cases that wait for an officer, oldest first, with the router's guesses."""
        async with answered_within(seconds):
            if not (await reception.known_caller(request)).oversees:
                raise forbidden("only officers and operators see what waits")
            query = parse_query(_TRIAGE_QUERY, request.query_params)
            cursors = cursors_of(reception, "triage", query)
            rows = await reception.store.waiting(query, after=position_of(cursors, query))
        items, more = page_of(rows, query)
        end = Position(items[-1].received_at, items[-1].complaint_id) if more else None
        following = cursors.write(end) if end else None
        return plain_answer(TriagePage(items=tuple(items), next=following))

    return doors


def _check_reader(caller: Caller, code: str) -> None:
    is_own = caller.role is Role.AGENCY and caller.agency == code
    if not (is_own or caller.oversees):
        raise forbidden("only officers, operators and the institution itself see its cases")


def cursors_of(reception: IntakeContext, name: str, query: PageQuery) -> Cursors:
    """Return the cursors of the list of this name with these filters."""
    return Cursors(reception.secrets.all, (name, *query.filters))


def position_of(cursors: Cursors, query: PageQuery) -> Position | None:
    """Return where the page before ended; None for the first, 422 for what is no cursor."""
    if query.cursor is None:
        return None
    position = cursors.read(query.cursor) if len(query.cursor) == LENGTH else None
    if position is None:
        raise invalid_cursor()
    return position


def invalid_cursor() -> Problem:
    """Return the answer to what is no cursor of this list with these filters."""
    detail = "no cursor of this list with these filters; begin again without it"
    return invalid_query([FieldError(pointer="/cursor", code="invalid_cursor", detail=detail)])


def page_of(rows: Sequence[Row], query: PageQuery) -> tuple[Sequence[Row], bool]:
    """Return a page of rows, and whether there are more."""
    return rows[: query.limit], len(rows) > query.limit

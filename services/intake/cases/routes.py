"""`GET /v1/agencies/{code}/complaints` and `GET /v1/triage`."""

from collections.abc import Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.intake.cases.models import (
    AgencyPage,
    AgencyQuery,
    PageQuery,
    TriagePage,
    TriageQuery,
)
from services.intake.context import IntakeContext
from services.intake.http.cursors import Cursors, Position
from services.intake.http.problems import (
    FieldError,
    Problem,
    answered_within,
    forbidden,
    invalid_query,
)
from services.intake.http.responses import plain_answer, refusals
from services.intake.keys.callers import Caller, Role

Row = TypeVar("Row")


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of lists."""
    doors = APIRouter()
    seconds = reception.settings.answer_seconds

    async def readers(code: str, request: Request) -> None:
        async with answered_within(seconds):
            _check_reader(await reception.known_caller(request), code)
        reception.check_institution(code)

    async def overseers(request: Request) -> None:
        async with answered_within(seconds):
            if not (await reception.known_caller(request)).oversees:
                raise forbidden("only officers and operators see what waits")

    @doors.get(
        "/v1/agencies/{code}/complaints",
        dependencies=[Depends(readers)],
        tags=["agencies"],
        response_model=AgencyPage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 404, 422, 503),
    )
    async def complaints(code: str, query: Annotated[AgencyQuery, Query()]) -> Response:
        """List an institution's cases, newest change first, for itself, officers and operators.

        A case that changes during a walk moves to the front; all others come once.
        """
        cursors = cursors_of(reception, f"agency:{code}", query)
        async with answered_within(seconds):
            rows = await reception.store.agency_cases(
                code, query, after=position_of(cursors, query)
            )
        items, more = page_of(rows, query)
        end = Position(items[-1].updated_at, items[-1].complaint_id) if more else None
        following = cursor_of(cursors, end)
        return plain_answer(AgencyPage(items=tuple(items), next=following))

    @doors.get(
        "/v1/triage",
        dependencies=[Depends(overseers)],
        tags=["triage"],
        response_model=TriagePage,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 422, 503),
    )
    async def triage(query: Annotated[TriageQuery, Query()]) -> Response:
        """List the cases that wait for an officer, oldest first, with the router's guesses."""
        cursors = cursors_of(reception, "triage", query)
        async with answered_within(seconds):
            rows = await reception.store.waiting(query, after=position_of(cursors, query))
        items, more = page_of(rows, query)
        end = Position(items[-1].received_at, items[-1].complaint_id) if more else None
        following = cursor_of(cursors, end)
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
    found = cursors.read(query.cursor)
    if found is None:
        raise invalid_cursor()
    at, complaint_id = found
    return Position(at, UUID(complaint_id))


def cursor_of(cursors: Cursors, end: Position | None) -> str | None:
    """Return the cursor of the next page; None where this one is the last."""
    return cursors.write(end.at, end.complaint_id.hex) if end else None


def invalid_cursor() -> Problem:
    """Return the answer to what is no cursor of this list with these filters."""
    detail = "no cursor of this list with these filters; begin again without it"
    return invalid_query([FieldError(pointer="/cursor", code="invalid_cursor", detail=detail)])


def page_of(rows: Sequence[Row], query: PageQuery) -> tuple[Sequence[Row], bool]:
    """Return a page of rows, and whether there are more."""
    return rows[: query.limit], len(rows) > query.limit

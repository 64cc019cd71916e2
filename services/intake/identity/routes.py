"""`GET /v1/complaints/{number}/reporter`: who reported, for the institution that has the case.

No entry in the audit, no identity: it is kept before the answer is given, also of a refusal. A
number that no complaint has is counted and nothing more, so that guessing fills no disk.
"""

from typing import Annotated, NoReturn

from fastapi import APIRouter, Depends, Query, Request, Response

from services.intake.audit.model import AuditAction, done_by
from services.intake.context import IntakeContext
from services.intake.http.problems import Problem, answered_within, forbidden, not_found
from services.intake.http.responses import plain_answer, refusals
from services.intake.identity.access import (
    Identity,
    Purpose,
    ReadOutcome,
    ReadQuery,
    ReporterAnswer,
    check_access,
    identity_of,
)
from services.intake.keys.callers import Caller
from shared.contracts.case import Case
from shared.contracts.identifiers import read_number


def build(reception: IntakeContext) -> APIRouter:
    """Return the door of identities."""
    doors = APIRouter(tags=["complaints"])
    seconds = reception.settings.answer_seconds

    async def known(request: Request) -> Caller:
        async with answered_within(seconds):
            return await reception.known_caller(request)

    @doors.get(
        "/v1/complaints/{number}/reporter",
        response_model=ReporterAnswer,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 404, 422, 503),
    )
    async def reporter(
        number: str,
        caller: Annotated[Caller, Depends(known)],
        query: Annotated[ReadQuery, Query()],
    ) -> Response:
        """Tell who reported, to the institution that has the case now; each read is kept."""
        typed = read_number(number)
        if typed is None:
            raise not_found()
        async with answered_within(seconds):
            found = await _read(reception, typed, caller, purpose=query.purpose)
        return plain_answer(ReporterAnswer(number=typed, reporter=found))

    return doors


async def _read(
    reception: IntakeContext, number: str, caller: Caller, *, purpose: Purpose
) -> Identity:
    outcome, case = await _judged(reception, number, caller)
    found = None
    if outcome is ReadOutcome.GRANTED and case is not None:
        kept = await reception.identities.reporter(case.complaint.complaint_id)
        found = identity_of(kept) if kept else None
        outcome = ReadOutcome.NOTHING_KEPT if found is None else outcome
    if outcome is not ReadOutcome.UNKNOWN:
        await reception.audit.add(
            done_by(
                caller,
                AuditAction.IDENTITY_READ,
                reception.clock.now(),
                number=number,
                complaint_id=case.complaint.complaint_id if case else None,
                purpose=purpose,
                outcome=outcome,
            )
        )
    reception.telemetry.counter("salur_identity_reads_total").labels(outcome.value).inc()
    if found is None:
        _refuse(outcome)
    return found


async def _judged(
    reception: IntakeContext, number: str, caller: Caller
) -> tuple[ReadOutcome, Case | None]:
    try:
        _, case = await reception.find(number)
    except Problem:
        return ReadOutcome.UNKNOWN, None
    return check_access(caller, case), case


def _refuse(outcome: ReadOutcome) -> NoReturn:
    match outcome:
        case ReadOutcome.NOT_ALLOWED:
            raise forbidden("only the institution that has the case reads who reported it")
        case ReadOutcome.ANONYMOUS:
            raise Problem(403, "anonymous_report", "the reporter stays unnamed; nothing is kept")
        case ReadOutcome.NOTHING_KEPT:
            raise Problem(404, "no_identity", "nothing is kept of who reported this")
        case _:
            raise not_found()

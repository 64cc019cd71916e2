"""`POST /v1/complaints` and `GET /v1/complaints/{number}`."""

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.audit.model import AuditAction, done_by
from services.intake.cases.views import CaseView, may_see, view_of
from services.intake.context import IntakeContext, key_of
from services.intake.http.direct_route import IDEMPOTENCY_KEY, TRACKING_CODE, DirectRoute
from services.intake.http.parsing import parse
from services.intake.http.problems import answered_within, not_found
from services.intake.http.responses import (
    AcceptedAnswer,
    accepted_answer,
    accepted_members,
    plain_answer,
    refusals,
    shown_body,
)
from services.intake.submit.records import opens
from services.intake.submit.submission import Submission

_SUBMISSION: TypeAdapter[Submission] = TypeAdapter(Submission)


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of single complaints."""
    doors = APIRouter(tags=["complaints"])

    async def submit(request: Request) -> Response:
        """Accept a complaint; answered only when Kafka has it."""
        caller = await reception.caller(request)
        key = key_of(request, caller)
        body = await reception.body(request)
        submission, at = parse(_SUBMISSION, body), reception.happened(caller, body)
        accepted = await reception.acceptance.submit(caller, submission, key=key, at=at)
        count_accepted(reception, submission)
        return accepted_answer(accepted_members(accepted, submission))

    doors.add_api_route(
        "/v1/complaints",
        submit,
        methods=["POST"],
        route_class_override=DirectRoute,
        status_code=202,
        response_model=AcceptedAnswer,
        responses=refusals(400, 401, 409, 413, 422, 503),
        openapi_extra={**shown_body(_SUBMISSION), "parameters": [IDEMPOTENCY_KEY]},
    )

    @doors.get(
        "/v1/complaints/{number}",
        response_model=CaseView,
        responses=refusals(401, 404, 503),
        openapi_extra={"parameters": [TRACKING_CODE]},
    )
    async def track(number: str, request: Request) -> Response:
        """Tell how a complaint stands, to its reporter or to the holder of a key."""
        async with answered_within(reception.settings.answer_seconds):
            view = await _track(reception, number, request)
        return plain_answer(view)

    return doors


def count_accepted(reception: IntakeContext, submission: Submission) -> None:
    """Count an answer 202, by channel."""
    accepted = reception.telemetry.counter("salur_complaints_accepted_total")
    accepted.labels(submission.channel.value).inc()


async def _track(reception: IntakeContext, number: str, request: Request) -> CaseView:
    code = request.headers.get("tracking-code")
    caller = await (reception.caller if code is not None else reception.known_caller)(request)
    receipt, case = await reception.find(number)
    if code is not None:
        if not opens(code, receipt):
            raise not_found()
        return view_of(receipt, case, whole=False)
    if not may_see(caller, receipt, case):
        raise not_found()
    if caller.oversees:  # kept first: no entry in the audit, no case
        await reception.audit.add(
            done_by(
                caller,
                AuditAction.CASE_READ,
                reception.clock.now(),
                number=receipt.number,
                complaint_id=receipt.id,
            )
        )
    return view_of(receipt, case, whole=caller.oversees)

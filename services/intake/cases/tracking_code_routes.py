"""`POST /v1/complaints/{number}/tracking-code`: another tracking code, in place of the one before.

For a reporter who has lost the code, or whose code others have; staff make sure who asks.
"""

from fastapi import APIRouter, Request, Response

from services.intake.audit.model import AuditAction, done_by
from services.intake.context import IntakeContext
from services.intake.http.problems import Problem, answered_within, forbidden
from services.intake.http.responses import plain_answer, refusals
from services.intake.submit.records import hash_tracking_code
from shared.contracts.identifiers import IssuedCode
from shared.contracts.value_objects import Frozen


class CodeAnswer(Frozen):
    """A complaint's tracking code, shown only here; the one before opens nothing any more."""

    number: str
    tracking_code: str


def build(reception: IntakeContext) -> APIRouter:
    """Return the door of tracking codes."""
    doors = APIRouter(tags=["complaints"])

    @doors.post(
        "/v1/complaints/{number}/tracking-code",
        response_model=CodeAnswer,
        responses=refusals(401, 403, 404, 409, 503),
    )
    async def reissue(number: str, request: Request) -> Response:
        """Issue another tracking code, for officers and operators; each call ends the one before.

        It is an entry of the audit first.
        """
        async with answered_within(reception.settings.answer_seconds):
            caller = await reception.known_caller(request)
            if not caller.oversees:
                raise forbidden("only officers and operators issue another tracking code")
            receipt, _ = await reception.find(number)
            about = {"number": receipt.number, "complaint_id": receipt.id}
            now = reception.clock.now()
            await reception.audit.add(done_by(caller, AuditAction.CODE_REISSUED, now, **about))
            receipt = await reception.store.receipt(receipt.id) or receipt
            issued = IssuedCode(reception.secrets.newest, receipt.code.issue + 1)
            code = reception.secrets.code(issued, receipt.id)
            if not await reception.store.reissue(receipt, issued, hash_tracking_code(code)):
                detail = "others issued a code for this complaint at the same time; repeat"
                raise Problem(409, "changed_meanwhile", detail)
        return plain_answer(CodeAnswer(number=receipt.number or "", tracking_code=code))

    return doors

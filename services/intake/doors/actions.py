"""`POST /v1/complaints/{number}/actions` and `GET /v1/actions/{id}`."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.bodies import parse
from services.intake.domain.callers import Caller
from services.intake.domain.records import Receipt, ReceiptKind
from services.intake.domain.requests import is_too_long
from services.intake.domain.views import ActionView, action_view
from services.intake.doors.answers import (
    ActionAnswer,
    accepted_answer,
    plain_answer,
    refusals,
    shown_body,
)
from services.intake.doors.complaints import IDEMPOTENCY_KEY
from services.intake.problems import (
    FieldError,
    answered_within,
    forbidden,
    invalid,
    not_found,
)
from services.intake.reception import Reception, key_of
from shared.case import MAX_ACTION_BYTES
from shared.events import Action

_ACTION: TypeAdapter[Action] = TypeAdapter(Action)


def build(reception: Reception) -> APIRouter:
    """Return the doors of actions."""
    doors = APIRouter(tags=["actions"])

    @doors.post(
        "/v1/complaints/{number}/actions",
        status_code=202,
        response_model=ActionAnswer,
        responses=refusals(400, 401, 403, 404, 409, 413, 422, 503),
        openapi_extra={**shown_body(_ACTION), "parameters": [IDEMPOTENCY_KEY]},
    )
    async def act(number: str, request: Request) -> Response:
        """Accept an action; the router decides whether it applies."""
        caller = await reception.known_caller(request)
        if not caller.may_act:
            raise forbidden(f"a key of the role {caller.role} may not act on a complaint")
        key = key_of(request, caller)
        action = _checked(parse(_ACTION, await reception.body(request), is_tagged=True), caller)
        async with answered_within(reception.settings.answer_seconds):
            receipt, _ = await reception.find(number)
        new_id = await reception.acceptance.act(caller, action, on=receipt.id, key=key)
        reception.telemetry.counter("salur_actions_forwarded_total").labels("http").inc()
        return accepted_answer({"action_id": str(new_id), "status_url": f"/v1/actions/{new_id}"})

    @doors.get(
        "/v1/actions/{action_id}",
        response_model=ActionView,
        responses=refusals(401, 404, 503),
    )
    async def outcome(action_id: str, request: Request) -> Response:
        """Tell whether an action applied, to its caller, officers and operators."""
        async with answered_within(reception.settings.answer_seconds):
            caller = await reception.known_caller(request)
            receipt = await _find(reception, action_id)
            if receipt is None or not _may_see(caller, receipt):
                raise not_found()
            case = await reception.store.case(receipt.complaint_id)
        return plain_answer(action_view(receipt, case))

    return doors


def _checked(action: Action, caller: Caller) -> Action:
    if not caller.may(action.kind):
        raise forbidden(f"a key of the role {caller.role} may not {action.kind}")
    if is_too_long(action):
        detail = f"at most {MAX_ACTION_BYTES} bytes of UTF-8"
        raise invalid([FieldError(pointer="/text", code="too_many_bytes", detail=detail)])
    return action


async def _find(reception: Reception, action_id: str) -> Receipt | None:
    try:
        wanted = UUID(action_id)
    except ValueError:
        return None
    receipt = await reception.store.receipt(wanted)
    return receipt if receipt and receipt.kind is ReceiptKind.ACTION else None


def _may_see(caller: Caller, receipt: Receipt) -> bool:
    return caller.oversees or caller.identity == receipt.caller

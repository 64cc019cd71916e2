"""`POST /v1/complaints/{number}/actions` and `GET /v1/actions/{id}`.

A reporter comes with the tracking code in place of an API key, to complete the report, to reply,
to reopen it and to rate the answer.
"""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.actions.requests import is_too_long
from services.intake.cases.views import ActionView, action_view, record_view, refused_view
from services.intake.context import IntakeContext, key_of
from services.intake.erasure.model import brings_words
from services.intake.http.direct_route import IDEMPOTENCY_KEY, TRACKING_CODE
from services.intake.http.parsing import parse
from services.intake.http.problems import (
    FieldError,
    Problem,
    answered_within,
    forbidden,
    invalid,
    not_found,
)
from services.intake.http.responses import (
    ActionAnswer,
    accepted_answer,
    plain_answer,
    refusals,
    shown_body,
)
from services.intake.keys.callers import PUBLIC, REPORTER_ACTIONS, Caller, Role
from services.intake.submit.records import Receipt, ReceiptKind, opens
from shared.contracts.actions import Action
from shared.contracts.case import MAX_ACTION_BYTES, Case
from shared.contracts.case_limits import exhaustion
from shared.contracts.identifiers import action_id

_ACTION: TypeAdapter[Action] = TypeAdapter(Action)


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of actions."""
    doors = APIRouter(tags=["actions"])

    @doors.post(
        "/v1/complaints/{number}/actions",
        status_code=202,
        response_model=ActionAnswer,
        responses=refusals(400, 401, 403, 404, 409, 413, 422, 503),
        openapi_extra={**shown_body(_ACTION), "parameters": [IDEMPOTENCY_KEY, TRACKING_CODE]},
    )
    async def act(number: str, request: Request) -> Response:
        """Accept an action; the router decides whether it applies."""
        caller, code = await _caller(reception, request)
        key = key_of(request, caller)
        body = await reception.body(request)
        action = _checked(parse(_ACTION, body, is_tagged=True), caller)
        at = reception.happened(caller, body)
        async with answered_within(reception.settings.answer_seconds):
            receipt, case = await reception.find(number)
        if not _may_act_on(receipt, caller, code):
            raise not_found()
        reception.admission.count_action(request, receipt.id)
        if case is not None and (problem := _closed(case, action, caller)):
            await _check_repeat(reception, action_id(caller.identity, receipt.id, key), problem)
        new_id = await reception.acceptance.act(caller, action, on=receipt.id, key=key, at=at)
        reception.telemetry.counter("salur_actions_forwarded_total").labels("http").inc()
        return accepted_answer({"action_id": str(new_id), "status_url": f"/v1/actions/{new_id}"})

    @doors.get(
        "/v1/actions/{action_id}",
        response_model=ActionView,
        responses=refusals(401, 404, 503),
        openapi_extra={"parameters": [TRACKING_CODE]},
    )
    async def outcome(action_id: str, request: Request) -> Response:
        """Tell whether an action applied, to its caller, officers and operators."""
        async with answered_within(reception.settings.answer_seconds):
            caller, code = await _caller(reception, request)
            view = await _outcome(reception, action_id, caller, code=code)
        if view is None:
            raise not_found()
        return plain_answer(view)

    return doors


async def _caller(reception: IntakeContext, request: Request) -> tuple[Caller, str | None]:
    """Return who asks, and the tracking code of a reporter; the code wins over a key."""
    code = request.headers.get("tracking-code")
    if code is None:
        return await reception.known_caller(request), None
    await reception.caller(request)  # a wrong key is refused here too
    return PUBLIC, code


def _may_act_on(receipt: Receipt, caller: Caller, code: str | None) -> bool:
    if code is not None:
        return opens(code, receipt)
    return caller.role is not Role.GATEWAY or receipt.caller == caller.identity


def _checked(action: Action, caller: Caller) -> Action:
    if caller.role is Role.PUBLIC and not caller.may(action.kind):
        allowed = ", ".join(sorted(REPORTER_ACTIONS))
        raise forbidden(f"a Tracking-Code allows {allowed}; {action.kind} needs an API key")
    if action.kind == "erase" and caller.role is Role.OPERATOR:
        raise forbidden("erasures are decided at POST /v1/complaints/{number}/erasure")
    if not caller.may(action.kind):
        raise forbidden(f"a key of the role {caller.role} may not {action.kind}")
    if is_too_long(action):
        detail = f"at most {MAX_ACTION_BYTES} bytes of UTF-8"
        raise invalid([FieldError(pointer="/text", code="too_many_bytes", detail=detail)])
    return action


def _closed(case: Case, action: Action, caller: Caller) -> Problem | None:
    """Return why the case takes in nothing of the kind, whatever the router would find besides."""
    if case.is_erased and brings_words(action):
        return Problem(409, "erased", "the words of this complaint were erased; submit a new one")
    why = exhaustion(case, caller.actor)
    return Problem(409, why.code, why.detail) if why else None


async def _check_repeat(reception: IntakeContext, new_id: UUID, problem: Problem) -> None:
    """Refuse what is not a repeat: nothing goes to Kafka that the router can only drop."""
    if await reception.store.receipt(new_id) is None:
        raise problem


async def _outcome(
    reception: IntakeContext, action_id: str, caller: Caller, *, code: str | None
) -> ActionView | None:
    try:
        wanted = UUID(action_id)
    except ValueError:
        return None
    receipt = await reception.store.receipt(wanted)
    if receipt is None:
        return None if code is not None else await _of_record(reception, wanted, caller)
    if receipt.kind is not ReceiptKind.ACTION:
        return None
    if not await _may_see(reception, receipt, caller, code):
        return None
    case = await reception.store.case(receipt.complaint_id)
    is_there = case is not None and case.seq_of(wanted) is not None
    return action_view(receipt, case, None if is_there else await reception.store.refused(wanted))


async def _of_record(reception: IntakeContext, wanted: UUID, caller: Caller) -> ActionView | None:
    # What an institution wrote to its topic has no receipt: only the router knows it.
    if case := await reception.store.case_of_entry(wanted):
        return record_view(wanted, case, caller)
    refused = await reception.store.refused(wanted)
    if refused is None or not (caller.oversees or caller.actor == refused.actor):
        return None
    return refused_view(refused)


async def _may_see(
    reception: IntakeContext, receipt: Receipt, caller: Caller, code: str | None
) -> bool:
    if code is not None:
        complaint = await reception.store.receipt(receipt.complaint_id)
        is_own = receipt.caller == caller.identity
        return is_own and complaint is not None and opens(code, reception.with_live_code(complaint))
    return caller.oversees or caller.identity == receipt.caller

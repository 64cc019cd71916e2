"""`PUT /v1/complaints/{number}/notifications`: whether a reporter wants to be written to."""

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.context import IntakeContext
from services.intake.http.direct_route import TRACKING_CODE
from services.intake.http.parsing import parse
from services.intake.http.problems import answered_within, forbidden, not_found
from services.intake.http.responses import plain_answer, refusals, shown_body
from services.intake.keys.callers import Role
from services.intake.submit.records import Receipt, opens
from shared.contracts.value_objects import Frozen
from shared.privacy.contacts import Contact


class NotificationsForm(Frozen):
    """Whether messages are wanted about this report; `everywhere`: by these contacts at all."""

    wanted: bool
    everywhere: bool = False


class NotificationsAnswer(Frozen):
    """The ways by which the reporter is told of this report from now on."""

    number: str
    ways: tuple[Contact, ...]


_FORM: TypeAdapter[NotificationsForm] = TypeAdapter(NotificationsForm)


def build(reception: IntakeContext) -> APIRouter:
    """Return the door of messages to reporters."""
    doors = APIRouter(tags=["complaints"])

    @doors.put(
        "/v1/complaints/{number}/notifications",
        response_model=NotificationsAnswer,
        responses=refusals(400, 401, 403, 404, 408, 413, 422, 503),
        openapi_extra={**shown_body(_FORM), "parameters": [TRACKING_CODE]},
    )
    async def choose(number: str, request: Request) -> Response:
        """Begin or end messages to the reporter.

        A reporter chooses for this report alone: whoever knows a contact can report in its name.
        For all messages to a contact there is the link that was sent to it; `everywhere` is for
        operators.
        """
        code = request.headers.get("tracking-code")
        caller = await (reception.caller if code is not None else reception.known_caller)(request)
        form = parse(_FORM, await reception.body(request))
        async with answered_within(reception.settings.answer_seconds):
            receipt, _ = await reception.find(number)
            if code is not None and not opens(code, receipt):
                raise not_found()
            _check(form, is_operator=code is None and caller.role is Role.OPERATOR, code=code)
            return plain_answer(await _choose(reception, receipt, form))

    return doors


def _check(form: NotificationsForm, *, is_operator: bool, code: str | None) -> None:
    if code is None and not is_operator:
        raise forbidden("messages are the reporter's affair: Tracking-Code, or an operator's key")
    if form.everywhere and not is_operator:
        raise forbidden("everywhere: by the link in a message to that contact, or an operator")


async def _choose(
    reception: IntakeContext, receipt: Receipt, form: NotificationsForm
) -> NotificationsAnswer:
    known = await reception.opt_outs.preferences_of(receipt.id)
    ids = known.ids(everywhere=form.everywhere)
    await reception.opt_outs.choose(ids, wanted=form.wanted, at=reception.clock.now())
    after = await reception.opt_outs.preferences_of(receipt.id)
    return NotificationsAnswer(number=receipt.number or "", ways=after.ways)

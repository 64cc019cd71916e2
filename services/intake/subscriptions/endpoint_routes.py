"""One endpoint of a subscription: `…/{name}/secret`, `…/{name}/secret/former`, `…/{name}/test`."""

from uuid import uuid4

from fastapi import APIRouter, Request, Response

from services.intake.context import IntakeContext
from services.intake.http.direct_route import IDEMPOTENCY_KEY
from services.intake.http.problems import Problem, answered_within
from services.intake.http.responses import SentTestAnswer, accepted_answer, plain_answer, refusals
from services.intake.submit.kafka_records import endpoint_test_record
from services.intake.subscriptions.changes import EndpointIssuer
from services.intake.subscriptions.routes import check_owner, mint_of, secrets_made
from services.intake.subscriptions.service import endpoint_of
from services.intake.subscriptions.views import EndpointView, endpoint_view
from shared.contracts.subscriptions import Endpoint

_PATH = "/v1/agencies/{code}/subscription/{name}"


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of single endpoints."""
    doors = APIRouter(tags=["agencies"])
    seconds = reception.settings.answer_seconds

    @doors.post(
        f"{_PATH}/secret",
        response_model=EndpointView,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 404, 409, 422, 503),
        openapi_extra={"parameters": [IDEMPOTENCY_KEY]},
    )
    async def rotate(code: str, name: str, request: Request) -> Response:
        """Give a webhook a new secret and show it; the one before stays live beside it.

        Messages are signed with both until the former is dropped. One older than that ends now.
        """
        caller = await reception.known_caller(request)
        check_owner(reception, caller, code)
        mint = mint_of(reception, request, caller, code)
        async with answered_within(seconds):
            return await _answer(reception, await reception.subscribing.rotate(name, mint), mint)

    @doors.delete(
        f"{_PATH}/secret/former",
        response_model=EndpointView,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 404, 409, 503),
    )
    async def drop_former(code: str, name: str, request: Request) -> Response:
        """End a rotation: from now on the newest secret alone signs."""
        async with answered_within(seconds):
            check_owner(reception, await reception.known_caller(request), code)
            return await _answer(reception, await reception.subscribing.drop_former(code, name))

    @doors.post(
        f"{_PATH}/test",
        status_code=202,
        response_model=SentTestAnswer,
        responses=refusals(401, 403, 404, 409, 503),
    )
    async def send_test(code: str, name: str, request: Request) -> Response:
        """Send a test message on the way that events go; the delivery log says what came of it."""
        async with answered_within(seconds):
            check_owner(reception, await reception.known_caller(request), code)
            subscription = await reception.subscriptions.subscription(code)
            identifier = await _publish_test(reception, endpoint_of(subscription, name))
        log = f"/v1/agencies/{code}/deliveries?endpoint={name}"
        return accepted_answer({"test_id": identifier, "status_url": log})

    return doors


async def _answer(
    reception: IntakeContext, endpoint: Endpoint, mint: EndpointIssuer | None = None
) -> Response:
    lanes = await reception.subscriptions.lanes([endpoint.endpoint_id])
    secrets = secrets_made(mint, endpoint) if mint is not None else {}
    return plain_answer(endpoint_view(endpoint, lanes, secrets))


async def _publish_test(reception: IntakeContext, endpoint: Endpoint) -> str:
    identifier = uuid4()
    record = endpoint_test_record(endpoint, identifier, reception.clock.now())
    if await reception.publisher.publish([record]):
        code = endpoint.agency
        way_out = f"an operator makes it with `salur topics create --agencies {code}`"
        raise Problem(409, "no_topic", f"{code} has no topic, so nothing can be sent; {way_out}")
    return str(identifier)

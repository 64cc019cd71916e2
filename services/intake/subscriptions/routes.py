"""`GET` and `PUT /v1/agencies/{code}/subscription`: how an institution is told without Kafka."""

from collections.abc import Mapping
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.intake.context import IntakeContext
from services.intake.http.direct_route import IDEMPOTENCY_KEY
from services.intake.http.parsing import parse, read_key
from services.intake.http.problems import answered_within, forbidden
from services.intake.http.responses import plain_answer, refusals, shown_body
from services.intake.keys.callers import Caller, Role
from services.intake.subscriptions.changes import EndpointIssuer
from services.intake.subscriptions.forms import SubscriptionForm
from services.intake.subscriptions.views import SubscriptionView, subscription_view
from shared.contracts.subscriptions import Endpoint, Subscription

_FORM: TypeAdapter[SubscriptionForm] = TypeAdapter(SubscriptionForm)


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of whole subscriptions."""
    doors = APIRouter(tags=["agencies"])
    seconds = reception.settings.answer_seconds

    @doors.get(
        "/v1/agencies/{code}/subscription",
        response_model=SubscriptionView,
        response_model_exclude_none=True,
        responses=refusals(401, 403, 404, 503),
    )
    async def get_subscription(code: str, request: Request) -> Response:
        """Show all endpoints of an institution and how they are doing; secrets are not shown."""
        async with answered_within(seconds):
            check_owner(reception, await reception.known_caller(request), code)
            found = await reception.subscriptions.subscription(code)
            return await _answer(reception, found, {})

    @doors.put(
        "/v1/agencies/{code}/subscription",
        response_model=SubscriptionView,
        response_model_exclude_none=True,
        responses=refusals(400, 401, 403, 404, 408, 409, 413, 422, 503),
        openapi_extra={**shown_body(_FORM), "parameters": [IDEMPOTENCY_KEY]},
    )
    async def put_subscription(code: str, request: Request) -> Response:
        """Set all endpoints of an institution; those made by this request show their secrets.

        Matched by name: the same URL or address keeps its id and secrets, a changed one gets new
        ones. A repeat under the same Idempotency-Key shows the same secrets again.
        """
        caller = await reception.known_caller(request)
        check_owner(reception, caller, code)
        mint = mint_of(reception, request, caller, code)
        form = parse(_FORM, await reception.body(request))
        async with answered_within(seconds):
            kept = await reception.subscribing.put(form, mint)
            return await _answer(reception, kept, secrets_made(mint, *kept.endpoints))

    return doors


def check_owner(reception: IntakeContext, caller: Caller, code: str) -> None:
    """Let the institution itself and operators pass; 403, or 404 for what is no institution."""
    is_own = caller.role is Role.AGENCY and caller.agency == code
    if caller.role is not Role.OPERATOR and not is_own:
        raise forbidden("a subscription is for operators and the institution itself")
    reception.check_institution(code)


def mint_of(
    reception: IntakeContext, request: Request, caller: Caller, code: str
) -> EndpointIssuer:
    """Return what makes this request's ids and secrets; 422 for an unfit idempotency key."""
    key = read_key(request) or str(uuid4())
    return EndpointIssuer(reception.secrets.all, caller.identity, code, key)


def secrets_made(mint: EndpointIssuer, *endpoints: Endpoint) -> dict[str, str]:
    """Return the secrets that this request made, by endpoint."""
    made = (endpoint for endpoint in endpoints if mint.made(endpoint))
    return {each.endpoint_id: each.secrets[0].get_secret_value() for each in made}


async def _answer(
    reception: IntakeContext, subscription: Subscription, secrets: Mapping[str, str]
) -> Response:
    ids = [endpoint.endpoint_id for endpoint in subscription.endpoints]
    lanes = await reception.subscriptions.lanes(ids)
    return plain_answer(subscription_view(subscription, lanes, secrets))

"""`PUT /v1/agencies/{code}/endpoint`: the one webhook of an institution."""

import base64
import secrets
from typing import Annotated
from urllib.parse import urlsplit
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr, TypeAdapter

from services.intake.bodies import parse
from services.intake.domain.callers import Caller, Role
from services.intake.doors.answers import EndpointAnswer, plain_answer, refusals, shown_body
from services.intake.problems import (
    FieldError,
    Problem,
    answered_within,
    forbidden,
    invalid,
    not_found,
)
from services.intake.reception import Reception
from services.intake.store import IntakeStore
from shared.endpoints import Endpoint
from shared.identifiers import is_agency_code
from shared.models import Frozen

_SECRET_BYTES = 32
_ATTEMPTS = 5


class EndpointForm(Frozen):
    """Where an institution wants to be told.

    `renew` makes a new endpoint and secret for the same URL: after a 410 had disabled the old one,
    or after its secret became known.
    """

    url: Annotated[str, Field(max_length=2_000)]
    renew: bool = False


_FORM: TypeAdapter[EndpointForm] = TypeAdapter(EndpointForm)


def build(reception: Reception) -> APIRouter:
    """Return the door of webhooks."""
    doors = APIRouter(tags=["agencies"])
    settings = reception.settings

    @doors.put(
        "/v1/agencies/{code}/endpoint",
        response_model=EndpointAnswer,
        responses=refusals(400, 401, 403, 404, 409, 413, 422, 503),
        openapi_extra=shown_body(_FORM),
    )
    async def put_endpoint(code: str, request: Request) -> Response:
        """Set the webhook; its secret is shown when it is new or its URL has changed."""
        caller = await reception.known_caller(request)
        _check_caller(caller, code)
        form = parse(_FORM, await reception.body(request))
        if why := unfit_url(form.url, allow_plain=settings.allow_plain_webhooks):
            raise invalid([FieldError(pointer="/url", code="invalid_url", detail=why)])
        async with answered_within(settings.answer_seconds):
            return plain_answer(await _put(reception.store, code, form))

    return doors


def _check_caller(caller: Caller, code: str) -> None:
    is_own = caller.role is Role.AGENCY and caller.agency == code
    if caller.role is not Role.OPERATOR and not is_own:
        raise forbidden("only an operator or the institution itself may set its endpoint")
    if not is_agency_code(code):
        raise not_found()


def unfit_url(url: str, *, allow_plain: bool) -> str | None:
    """Return why a URL cannot be a webhook, or None if it can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "this is no URL"
    if parts.scheme != "https" and not (allow_plain and parts.scheme == "http"):
        return "the URL must begin with https://"
    if not host or any(letter <= " " or letter == "\x7f" for letter in url):
        return "the URL must name a host, without blanks"
    if "@" in parts.netloc or parts.fragment:
        return "the URL must not hold a user, a password or a fragment"
    return None


async def _put(store: IntakeStore, code: str, form: EndpointForm) -> EndpointAnswer:
    for _ in range(_ATTEMPTS):
        present = await store.endpoint(code)
        if present is not None and present.url == form.url and not form.renew:
            return EndpointAnswer(endpoint_id=present.endpoint_id, url=form.url)
        new = Endpoint(endpoint_id=str(uuid4()), agency=code, url=form.url, secret=_new_secret())
        if await store.put_endpoint(new, instead_of=present):
            secret = new.secret.get_secret_value()
            return EndpointAnswer(endpoint_id=new.endpoint_id, url=form.url, secret=secret)
    raise Problem(409, "changed_meanwhile", "others set this endpoint at the same time; repeat")


def _new_secret() -> SecretStr:
    return SecretStr("whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode())

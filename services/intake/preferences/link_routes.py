"""`/v1/notifications/{token}`: messages to a contact, ended or begun by whoever got the link.

The page does nothing by itself, since mail programs open links unasked; RFC 8058 has them `POST`
to the same address for one click.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.intake.context import IntakeContext
from services.intake.http.problems import FieldError, answered_within, invalid, not_found
from services.intake.http.responses import refusals
from shared.contracts.identifiers import tracking_key
from shared.privacy.contact_links import DOOR, choice_in, link_key

ENDS, BEGINS = "List-Unsubscribe=One-Click", "Messages=Begin"
_MOST_BODY = 1_000
_FORM = "application/x-www-form-urlencoded"
_TEXT = {"schema": {"type": "string", "maxLength": 200}}
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {_FORM: _TEXT}}}
_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page for people", "content": {"text/html": {}}}
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def build(reception: IntakeContext) -> APIRouter:
    """Return the doors of signed links."""
    doors = APIRouter(tags=["complaints"])
    keys = [link_key(tracking_key(one)) for one in reception.settings.secrets.all]

    def choice(token: str) -> str:
        now = reception.clock.now()
        for key in keys:
            if found := choice_in(key, token, now):
                return found
        raise not_found()

    @doors.get(
        DOOR + "{token}",
        response_class=Response,
        responses={**_PAGE, **refusals(401, 404, 503)},
    )
    async def show(token: str, request: Request) -> Response:
        """Show a page with two buttons; it changes nothing."""
        await reception.caller(request)
        choice(token)
        return _page(_button(ENDS, "Hentikan semua pesan / Stop all messages"))

    @doors.post(
        DOOR + "{token}",
        response_class=Response,
        responses={**_PAGE, **refusals(401, 404, 408, 413, 422, 503)},
        openapi_extra=_BODY,
    )
    async def choose(token: str, request: Request) -> Response:
        """End all messages to the contact that got the link (`List-Unsubscribe=One-Click`).

        `Messages=Begin` lets them begin again.
        """
        body = await reception.body(request, most=_MOST_BODY)
        found, wanted = choice(token), _wanted(body)
        async with answered_within(reception.settings.answer_seconds):
            await reception.opt_outs.choose([found], wanted=wanted, at=reception.clock.now())
        return _page(_begun() if wanted else _ended())

    return doors


def _wanted(body: bytes) -> bool:
    text = body.decode(errors="replace").strip()
    if text == BEGINS:
        return True
    # A mail program may send the pair as a form of either kind.
    name, _, value = ENDS.partition("=")
    if text == ENDS or (f'name="{name}"' in text and value in text):
        return False
    raise invalid([FieldError(pointer="", code="unknown_wish", detail=f"{ENDS} or {BEGINS}")])


def _ended() -> str:
    said = "<p>Anda tidak akan menerima pesan lagi. / You will get no more messages.</p>"
    return said + _button(BEGINS, "Mulai lagi / Begin again")


def _begun() -> str:
    said = "<p>Anda akan menerima pesan. / You will get messages.</p>"
    return said + _button(ENDS, "Hentikan semua pesan / Stop all messages")


def _button(wish: str, words: str) -> str:
    name, _, value = wish.partition("=")
    return f'<form method="post"><button name="{name}" value="{value}">{words}</button></form>'


def _page(body: str) -> Response:
    head = '<!doctype html><html lang="id"><meta charset="utf-8"><title>Salur</title>'
    return Response(f"{head}{body}</html>", headers=_HEADERS, media_type="text/html")

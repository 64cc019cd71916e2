"""Every answer that is not a success, as RFC 9457 asks: `application/problem+json`.

A problem names fields and rules, never what a caller wrote in them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.errors import Transient
from shared.models import Frozen

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:salur:problem:"


class FieldError(Frozen):
    """One wrong field: where (JSON pointer), a stable code, and the rule in words."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A refusal on its way to the caller."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        document: dict[str, Any] = {
            "type": _TYPE + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [error.model_dump() for error in self.errors]
        return document

    def response(self) -> Response:
        """Return the HTTP answer."""
        return Response(orjson.dumps(self.body()), self.status, self.headers, media_type=MEDIA_TYPE)


def invalid(errors: Sequence[FieldError]) -> Problem:
    """Return the answer to a body whose fields break the contract: all of them at once."""
    count = len(errors)
    detail = f"{count} field{'s' if count > 1 else ''} of the body cannot be accepted"
    return Problem(422, "invalid_fields", detail, errors=errors)


def invalid_header(name: str, code: str, detail: str) -> Problem:
    """Return the answer to a header that breaks its rule."""
    return Problem(422, code, f"header {name}: {detail}")


def not_found() -> Problem:
    """Return the one answer for what is not there and for what is not the caller's."""
    return Problem(404, "not_found", "there is nothing here under this name for this caller")


def unauthorized(detail: str) -> Problem:
    """Return the answer to a missing or wrong key."""
    return Problem(401, "no_valid_key", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> Problem:
    """Return the answer to a key that is not allowed to do this."""
    return Problem(403, "not_allowed", detail)


def unavailable(retry_after: int) -> Problem:
    """Return the answer while Kafka or the database is away, or too much is in hand."""
    return Problem(
        503,
        "unavailable",
        "not accepted: a part that must keep it did not answer; repeat with the same key",
        headers={"Retry-After": str(retry_after)},
    )


@asynccontextmanager
async def answered_within(seconds: float) -> AsyncIterator[None]:
    """Raise Transient if what is inside takes longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Transient(f"no answer within {seconds:g} s") from None


def install(http: FastAPI, *, retry_after: int) -> None:
    """Answer every refusal, also the framework's own, as a problem."""

    async def problem(_: Request, error: Exception) -> Response:
        return error.response() if isinstance(error, Problem) else not_found().response()

    async def transient(_: Request, error: Exception) -> Response:
        return unavailable(retry_after).response()

    async def framework(_: Request, error: Exception) -> Response:
        return _of_framework(error).response()

    http.add_exception_handler(Problem, problem)
    http.add_exception_handler(Transient, transient)
    http.add_exception_handler(HTTPException, framework)
    http.add_exception_handler(RequestValidationError, framework)


def _of_framework(error: Exception) -> Problem:
    if not isinstance(error, HTTPException):
        return Problem(422, "invalid_request", "a parameter of the request breaks its rule")
    if error.status_code == 404:
        return not_found()
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    return Problem(error.status_code, code, phrase, headers=error.headers)

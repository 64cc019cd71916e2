"""An answer that is not a success, as RFC 9457 asks: `application/problem+json`.

A problem names fields and rules, never what a caller wrote in them.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Response
from starlette.exceptions import HTTPException

from shared.contracts.value_objects import Frozen

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


def invalid_query(errors: Sequence[FieldError]) -> Problem:
    """Return the answer to a query whose parameters break the contract: all of them at once."""
    count = len(errors)
    detail = f"{count} parameter{'s' if count > 1 else ''} of the query cannot be accepted"
    return Problem(422, "invalid_query", detail, errors=errors)


def not_found() -> Problem:
    """Return the one answer for what is not there and for what is not the caller's."""
    return Problem(404, "not_found", "there is nothing here under this name for this caller")


def of_framework(error: Exception) -> Problem:
    """Return the framework's own refusal (no such door, method not allowed) as a problem."""
    if not isinstance(error, HTTPException):
        return Problem(422, "invalid_request", "a parameter of the request breaks its rule")
    if error.status_code == 404:
        return not_found()
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    return Problem(error.status_code, code, phrase, headers=error.headers)

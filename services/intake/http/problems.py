"""Intake's answers that are not a success; what all services share is in `shared.http.problems`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.errors import Transient
from shared.http.problems import (
    MEDIA_TYPE,
    FieldError,
    Problem,
    invalid_query,
    not_found,
    of_framework,
)

__all__ = [
    "MEDIA_TYPE",
    "FieldError",
    "Problem",
    "answered_within",
    "field_error",
    "forbidden",
    "install",
    "invalid",
    "invalid_header",
    "invalid_query",
    "not_found",
    "overloaded",
    "unauthorized",
    "unavailable",
]


# These messages of pydantic quote the input.
_OWN_WORDS = {
    "union_tag_invalid": "Input should be one of the known kinds",
    "union_tag_not_found": "Field required",
    "json_invalid": "Input should be valid JSON",
}
_AT_KIND = frozenset({"union_tag_invalid", "union_tag_not_found"})


def field_error(error: Mapping[str, Any], *, below: int = 0) -> FieldError:
    """Return what pydantic found; `below`: so many levels of its place are none of the input's."""
    kind, location = error["type"], tuple(error["loc"][below:])
    if kind in _AT_KIND:
        location = (*location, "kind")
    return FieldError(
        pointer="".join(f"/{_escaped(part)}" for part in location),
        code=kind,
        detail=_OWN_WORDS.get(kind, error["msg"]),
    )


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def invalid(errors: Sequence[FieldError]) -> Problem:
    """Return the answer to a body whose fields break the contract: all of them at once."""
    count = len(errors)
    detail = f"{count} field{'s' if count > 1 else ''} of the body cannot be accepted"
    return Problem(422, "invalid_fields", detail, errors=errors)


def invalid_header(name: str, code: str, detail: str) -> Problem:
    """Return the answer to a header that breaks its rule."""
    return Problem(422, code, f"header {name}: {detail}")


def unauthorized(detail: str) -> Problem:
    """Return the answer to a missing or wrong key."""
    return Problem(401, "no_valid_key", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> Problem:
    """Return the answer to a key that is not allowed to do this."""
    return Problem(403, "not_allowed", detail)


def unavailable(retry_after: int) -> Problem:
    """Return the answer while Kafka or the database is away."""
    return Problem(
        503,
        "unavailable",
        "not accepted: a part that must keep it did not answer; repeat with the same key",
        headers={"Retry-After": str(retry_after)},
    )


def overloaded(retry_after: int) -> Problem:
    """Return the answer while those before this request are more than can be answered in time."""
    return Problem(
        503,
        "overloaded",
        "not accepted, and nothing of it is kept: too many others wait; repeat with the same key",
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


REFUSED = (Problem, Transient, HTTPException, RequestValidationError)


def answer_to(error: Exception, *, retry_after: int) -> Response:
    """Return the answer to one of `REFUSED`: a problem, also where the framework refuses."""
    match error:
        case Problem():
            return error.response()
        case Transient():
            return unavailable(retry_after).response()
        case RequestValidationError():
            # Queries are all that the framework checks; the first level of a place says so.
            return invalid_query([field_error(each, below=1) for each in error.errors()]).response()
        case _:
            return of_framework(error).response()


def install(http: FastAPI, *, retry_after: int) -> None:
    """Answer every refusal, also the framework's own, as a problem."""

    async def answer(_: Request, error: Exception) -> Response:
        return answer_to(error, retry_after=retry_after)

    for kind in REFUSED:
        http.add_exception_handler(kind, answer)

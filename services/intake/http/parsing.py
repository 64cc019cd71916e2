"""Request bodies: read within a bound, parsed by hand so that every refusal is a problem."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Collection
from typing import TypeVar

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.datastructures import QueryParams

from services.intake.http.incoming_bodies import IncomingBody, MinimumBodyRate
from services.intake.http.problems import (
    FieldError,
    Problem,
    invalid,
    invalid_header,
    invalid_query,
)

Value = TypeVar("Value")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
# These messages of pydantic quote the input.
_OWN_WORDS = {
    "union_tag_invalid": "Input should be one of the known kinds",
    "union_tag_not_found": "Field required",
    "json_invalid": "Input should be valid JSON",
}
_BOM = b"\xef\xbb\xbf"  # before UTF-8, as programs on Windows write it
_AS_IT_IS = {"Accept-Encoding": "identity", "Connection": "close"}
_AT_KIND = frozenset({"union_tag_invalid", "union_tag_not_found"})


async def read_body(
    request: Request, most: int, *, pace: MinimumBodyRate, arrival: IncomingBody
) -> bytes:
    """Return the body, at most `most` bytes.

    Raises:
        Problem: 415 for a compressed one; 413 beyond `most`, counted as it arrives; 408 if it
            comes slower than `pace`; 503 where there is no memory for it.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "compressed", "send the body as it is", headers=_AS_IT_IS)
    declared = request.headers.get("content-length", "")
    awaited = int(declared[:18]) if declared.isdecimal() else most
    if awaited > most:
        raise too_large(most)
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(began + pace.until(0)) as limit:
            parts = []
            async for part in request.stream():
                arrival.add(len(part))
                if arrival.size > most:
                    raise too_large(most)
                parts.append(part)
                if arrival.size < awaited:
                    limit.reschedule(began + pace.until(arrival.size))
            return b"".join(parts)
    except TimeoutError:
        raise too_slow(pace) from None


def too_slow(pace: MinimumBodyRate) -> Problem:
    """Return the answer to a body that does not come."""
    detail = f"no whole body within {pace.seconds:g} s, or less than {pace.rate:g} bytes a second"
    return Problem(408, "too_slow", detail, headers={"Connection": "close"})


def too_large(most: int) -> Problem:
    """Return the answer to a body or line beyond its bound."""
    return Problem(413, "too_large", f"at most {most} bytes", headers={"Connection": "close"})


def parse(adapter: TypeAdapter[Value], body: bytes, *, is_tagged: bool = False) -> Value:
    """Return the validated body; `is_tagged` where its `kind` chooses among several models.

    A byte order mark before it is passed over.

    Raises:
        Problem: 400 for what is not JSON, 422 with every wrong field, none of them quoted.
    """
    try:
        return adapter.validate_json(body.removeprefix(_BOM), strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        raise Problem(400, "not_json", "the body is not a JSON document in UTF-8")
    raise invalid([_field_error(error, is_tagged=is_tagged) for error in found])


def parse_query(
    adapter: TypeAdapter[Value], parameters: QueryParams, *, many: Collection[str] = ()
) -> Value:
    """Return the validated query; names in `many` may be repeated, unknown ones: `check_names`.

    Raises:
        Problem: 422 with every wrong parameter, none of them quoted.
    """
    found_for: dict[str, list[str]] = defaultdict(list)
    for name, value in parameters.multi_items():  # once over all: there may be thousands
        found_for[name].append(value)
    given = {
        name: values if name in many or len(values) > 1 else values[0]
        for name, values in found_for.items()
    }
    try:
        return adapter.validate_python(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    raise invalid_query([_field_error(error, is_tagged=False) for error in found])


def check_names(request: Request) -> None:
    """Let only those parameters of a query pass that the door says it has; 422 for others."""
    if not request.scope["query_string"]:
        return
    route = request.scope.get("route")
    said = (getattr(route, "openapi_extra", None) or {}).get("parameters", ())
    known = sorted({one["name"] for one in said if one["in"] == "query"})
    if set(request.query_params) <= set(known):
        return
    detail = f"this door knows {', '.join(known) or 'no parameter'}, and nothing else"
    raise invalid_query([FieldError(pointer="", code="unknown_parameter", detail=detail)])


def read_key(request: Request) -> str | None:
    """Return the header Idempotency-Key, or None without one; 422 if it breaks its rule."""
    key = request.headers.get("idempotency-key")
    if key is not None and (why := unfit_key(key)):
        raise invalid_header("Idempotency-Key", "invalid_idempotency_key", why)
    return key


def unfit_key(key: str) -> str | None:
    """Return why a text cannot be an idempotency key, or None if it can."""
    return None if _KEY.fullmatch(key) else "1 to 200 visible ASCII characters"


def _field_error(error: ErrorDetails, *, is_tagged: bool) -> FieldError:
    kind = error["type"]
    # pydantic puts the model's tag before its fields; the body has no such level.
    location = error["loc"][1:] if is_tagged else error["loc"]
    if kind in _AT_KIND:
        location = (*location, "kind")
    return FieldError(
        pointer="".join(f"/{_escaped(part)}" for part in location),
        code=kind,
        detail=_OWN_WORDS.get(kind, error["msg"]),
    )


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")

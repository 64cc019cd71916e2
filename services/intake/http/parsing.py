"""Request bodies: read within a bound, parsed by hand so that every refusal is a problem."""

import asyncio
import inspect
import re
from collections import Counter
from collections.abc import Mapping
from typing import TypeVar, get_args, get_origin

from fastapi import Request, params
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from services.intake.http.incoming_bodies import IncomingBody, MinimumBodyRate
from services.intake.http.problems import (
    FieldError,
    Problem,
    field_error,
    invalid,
    invalid_header,
    invalid_query,
)

Value = TypeVar("Value")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_BOM = b"\xef\xbb\xbf"  # before UTF-8, as programs on Windows write it
_AS_IT_IS = {"Accept-Encoding": "identity", "Connection": "close"}


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
            arrival.end = lambda: limit.reschedule(began)
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
    # pydantic puts the model's tag before its fields; the body has no such level.
    raise invalid([field_error(error, below=int(is_tagged)) for error in found])


def check_parameters(request: Request) -> None:
    """Let only those parameters of a query pass that the door says it has, as often as it says.

    Raises:
        Problem: 422. What their values must be the framework checks, once it is known who asks.
    """
    if not request.scope["query_string"]:
        return
    given = Counter(name for name, _ in request.query_params.multi_items())
    known = _known(request)
    if not given.keys() <= known.keys():
        detail = f"this door knows {', '.join(sorted(known)) or 'no parameter'}, and nothing else"
        raise invalid_query([FieldError(pointer="", code="unknown_parameter", detail=detail)])
    repeated = [name for name in given if given[name] > 1 and not _may_repeat(known[name])]
    if repeated:
        detail = "may be given once"
        raise invalid_query(
            [FieldError(pointer=f"/{name}", code="repeated", detail=detail) for name in repeated]
        )


def _known(request: Request) -> Mapping[str, FieldInfo]:
    """Return the fields of the model that a door reads its query with; none without one."""
    for hint in inspect.get_annotations(request.scope["endpoint"]).values():
        model, *marks = get_args(hint) or (None,)
        if model is not None and any(isinstance(mark, params.Query) for mark in marks):
            fields: Mapping[str, FieldInfo] = model.model_fields
            return fields
    return {}


def _may_repeat(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def read_key(request: Request) -> str | None:
    """Return the header Idempotency-Key, or None without one; 422 if it breaks its rule."""
    key = request.headers.get("idempotency-key")
    if key is not None and (why := unfit_key(key)):
        raise invalid_header("Idempotency-Key", "invalid_idempotency_key", why)
    return key


def unfit_key(key: str) -> str | None:
    """Return why a text cannot be an idempotency key, or None if it can."""
    return None if _KEY.fullmatch(key) else "1 to 200 visible ASCII characters"

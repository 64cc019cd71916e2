"""The OpenAPI document: what the framework cannot know, added to every door in one place.

A key may open any door, any door may be asked too often, and names in a path have a form.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from services.intake.audit.model import NUMBER
from services.intake.http.responses import OUTPUTS, ProblemAnswer, refusals
from shared.contracts.case import InstitutionCode
from shared.contracts.subscriptions import EndpointName
from shared.privacy.contact_links import TOKEN_LETTERS

Document = dict[str, Any]
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_PATHS = {
    "number": {"type": "string", "pattern": NUMBER},
    "code": TypeAdapter(InstitutionCode).json_schema(),
    "name": TypeAdapter(EndpointName).json_schema(),
    "token": {"type": "string", "pattern": rf"^[A-Za-z0-9_-]{{{TOKEN_LETTERS}}}$"},
    "action_id": {"type": "string", "format": "uuid"},
}
_KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "salur_<id>_<secret>",
    "description": "An API key, from `salur keys create`; the public has none.",
}
_LEFT = {
    "RateLimit-Policy": "the limit that counted this request, its quota `q` and window `w` (s)",
    "RateLimit": "what is left of it, `r`, and the seconds `t` until all of it is back",
}
_TOLD = {
    name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in _LEFT.items()
}
_FRAMEWORKS_OWN = "#/components/schemas/HTTPValidationError"


def install(http: FastAPI) -> None:
    """Make `/openapi.json` say what holds for all doors."""
    plain = http.openapi

    def whole() -> Document:
        if http.openapi_schema is None:
            http.openapi_schema = _completed(plain())
        return http.openapi_schema

    http.openapi = whole  # type: ignore[method-assign] # as FastAPI's own manual does it


def _completed(document: Document) -> Document:
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"key": _KEY}
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = ProblemAnswer.model_json_schema(ref_template=OUTPUTS.format("{model}"))
    schemas |= {**problem.pop("$defs"), ProblemAnswer.__name__: problem}
    for operation in _operations(document):
        _complete(operation)
        schemas |= _parts_of_body(operation)
    return document


def _complete(operation: Document) -> None:
    operation["responses"] = _responses(operation["responses"])
    operation.setdefault("security", [{}, {"key": []}])
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["name"] in _PATHS:
            parameter["schema"] = _PATHS[parameter["name"]]
        parameter["schema"] = _without_null(parameter["schema"])


def _without_null(schema: Document) -> Document:
    """Return the schema of a parameter: it is left out, and never sent as null."""
    match schema:
        case {"anyOf": [present, {"type": "null"}], **others}:
            return {**present, **others}
    return schema


def _parts_of_body(operation: Document) -> Document:
    """Take the models out of a body's schema, which names them where all are kept."""
    contents = operation.get("requestBody", {}).get("content", {}).values()
    return {
        f"{name}-Input": part
        for content in contents
        for name, part in content["schema"].pop("$defs", {}).items()
    }


def _operations(document: Document) -> Iterator[Document]:
    for methods in document["paths"].values():
        yield from (methods[method] for method in _METHODS & set(methods))


def _responses(declared: Document) -> Document:
    # The framework adds a 422 of its own form where a path has names; no door ever gives it.
    kept = {status: each for status, each in declared.items() if _FRAMEWORKS_OWN not in str(each)}
    # A door that reads a body may wait for it in vain.
    common = (*(408, 415) * ("413" in kept), 414, 422, 429)
    added = {str(status): each for status, each in refusals(*common).items()}
    return {
        status: {**each, "headers": _TOLD} for status, each in sorted({**kept, **added}.items())
    }

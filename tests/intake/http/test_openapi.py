"""Every door against its own OpenAPI document: no mistake of ours, nothing that is not said there.

Schemathesis draws requests from the document by a fixed seed, right ones and wrong ones. Each is
sent as it was drawn, and again by every kind of caller about a complaint that exists.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.intake.http.rate_limits import RateLimit
from services.intake.settings import RateSettings
from tests.intake.conftest import IntakeBench, case_of, entry
from tests.support.builders import complaint

SEED = 20261122
Operation = APIOperation[Any, Any, Any, Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SETTINGS: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}
KAB = "kab-3603"
BOUNDS = {"pattern", "maxLength", "enum", "const", "format", "maximum"}


class Office:
    """A service with one complaint in it, and a key for every kind of caller."""

    def __init__(self) -> None:
        off = RateSettings(**{limit.value: "off" for limit in RateLimit})
        self.bench = IntakeBench(rates=off)
        asyncio.run(self._prepare())

    async def _prepare(self) -> None:
        told = await self.bench.accepted(reporter={"name": "Siti", "email": "siti@example.org"})
        identifier = UUID(told["complaint_id"])
        known = complaint(complaint_id=identifier, number=told["number"])
        self.bench.store.cases[identifier] = case_of(known, entry(institution=KAB))
        self.number = told["number"]
        self.callers = [
            {"Tracking-Code": told["tracking_code"]},
            await self.bench.key("gateway", scopes=["trusted"]),
            await self.bench.key("agency", agency=KAB),
            await self.bench.key("officer"),
            await self.bench.key("operator", scopes=["trusted"]),
        ]
        form = {"endpoints": [{"name": "main", "url": "https://kab.example.go.id/salur"}]}
        put = await self.bench.http.put(
            f"/v1/agencies/{KAB}/subscription", json=form, headers=self.callers[2]
        )
        assert put.status_code == 200, put.text
        act = await self.bench.http.post(
            f"/v1/complaints/{self.number}/actions",
            json={"kind": "follow_up", "text": "Ditinjau."},
            headers=self.callers[2],
        )
        self.action_id = act.json()["action_id"]
        self._subscribed = self.bench.subscriptions.kept[KAB]
        await self.bench.http.aclose()

    def restore(self) -> None:
        """Undo what requests before did to the subscription."""
        self.bench.subscriptions.kept[KAB] = self._subscribed

    @property
    def known(self) -> dict[str, str]:
        """Return path parameters that lead somewhere."""
        return {"number": self.number, "code": KAB, "action_id": self.action_id, "name": "main"}


@schemathesis.serializer("application/x-ndjson")
def lines(_: object, value: object) -> bytes:
    """Write what was drawn for a line as two equal ones."""
    return 2 * (json.dumps(value).encode() + b"\n")


OFFICE = Office()
SCHEMA = schemathesis.openapi.from_asgi(
    "/openapi.json", OFFICE.bench.app, config=SchemathesisConfig(seed=SEED)
)


OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


# Parametrized here: the items of schemathesis's own plugin share one id under this pytest, and
# xdist then runs one of them.
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_a_door_answers_as_its_document_says(operation: Operation) -> None:
    draw(operation, examples=10)


@pytest.mark.prove
@pytest.mark.timeout(300)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_a_door_answers_as_its_document_says_many_times(operation: Operation) -> None:
    draw(operation, examples=50)


def draw(operation: Operation, *, examples: int) -> None:
    """Check as many requests as the document allows, and as many that it does not."""
    OFFICE.restore()
    for mode in GenerationMode:
        cases = operation.as_strategy(generation_mode=mode)
        run = settings(max_examples=examples, **SETTINGS)(seed(SEED)(given(cases)(check)))
        # Where every request is allowed, none can be drawn that is not.
        with suppress(*(Unsatisfiable,) * (mode is GenerationMode.NEGATIVE)):
            run()


def check(case: Case[Any]) -> None:
    """Send what was drawn, then the same by every caller to where something is."""
    case.call_and_validate(checks=CHECKS)
    for name in set(case.path_parameters or ()) & set(OFFICE.known):
        case.path_parameters[name] = OFFICE.known[name]
    for caller in OFFICE.callers:
        case.call_and_validate(checks=CHECKS, headers=caller)


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in OFFICE.bench.app.openapi()["paths"].items():
        yield from ((f"{method} {path}", methods[method]) for method in methods)


def test_no_door_is_left_out() -> None:
    asked = {f"{operation.method} {operation.path}".lower() for operation in OPERATIONS}

    assert asked == {name.lower() for name, _ in operations()}
    assert len(asked) == len(OPERATIONS)


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_a_door_says_what_holds_for_all_doors(name: str, operation: dict[str, Any]) -> None:
    assert {"414", "429"} <= set(operation["responses"])
    assert ("413" in operation["responses"]) == ("408" in operation["responses"])
    for status, answer in operation["responses"].items():
        assert set(answer["headers"]) == {"RateLimit", "RateLimit-Policy"}
        if int(status) >= 400:
            assert set(answer["content"]) == {"application/problem+json"}
    assert operation["security"] == [{}, {"key": []}]


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_every_parameter_has_a_bound(name: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"].get("items", parameter["schema"])
        if "$ref" in schema:
            schema = OFFICE.bench.app.openapi()["components"]["schemas"][
                schema["$ref"].split("/")[-1]
            ]
        bounded = BOUNDS & set(schema) or schema["type"] == "boolean"
        assert bounded, f"{name}: {parameter['name']} says neither form nor size"

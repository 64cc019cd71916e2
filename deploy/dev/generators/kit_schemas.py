"""The JSON Schemas of what an institution reads and writes, made from the models.

What an institution may never ask for is left out, though our own model would read it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import (
    NullableSchema,
    TaggedUnionSchema,
    WithDefaultSchema,
)

from deploy.dev.generators.kit_wording import FIELDS
from services.intake.keys.callers import agency
from services.router.domain.case.refusals import FOR_STAFF
from shared.contracts.events import AgencyAction, AgencyEvent, EndpointTest
from shared.contracts.value_objects import Frozen, Instant

FOLDER = Path(__file__).parents[2] / "subscriber_kit" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FOR_OFFICERS = ("category", "investigation")  # of `assign_unit`
Schema: TypeAlias = dict[str, Any]


class WebhookBody(Frozen):
    """The body of a webhook without a template, as it is signed."""

    type: str
    timestamp: Instant
    data: AgencyEvent | EndpointTest


class _Plain(GenerateJsonSchema):
    """Leaves out what says nothing: titles that repeat names, nulls that are never sent."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Return that a field's name is title enough."""
        return False

    def nullable_schema(self, schema: NullableSchema) -> JsonSchemaValue:
        """Return the schema of the value: where there is none, the field is left out."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema with its default, unless that is nothing."""
        made = super().default_schema(schema)
        return {name: value for name, value in made.items() if (name, value) != ("default", None)}

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        """Return the union without OpenAPI's `discriminator`, which JSON Schema does not know."""
        made = super().tagged_union_schema(schema)
        return {name: value for name, value in made.items() if name != "discriminator"}


def schemas() -> Mapping[str, Schema]:
    """Return each schema by the name of its file."""
    return {
        "agency-event": _schema(AgencyEvent, "agency-event"),
        "agency-action": _for_agencies(_schema(AgencyAction, "agency-action")),
        "endpoint-test": _schema(EndpointTest, "endpoint-test"),
        "webhook": _schema(WebhookBody, "webhook"),
    }


def schema_texts() -> dict[str, str]:
    """Return the text of each schema's file by its name."""
    return {f"{name}.json": as_text(schema) for name, schema in schemas().items()}


def as_text(document: Mapping[str, Any]) -> str:
    """Return a JSON document as it lies in the tree."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _schema(model: type[BaseModel], name: str) -> Schema:
    made = model.model_json_schema(schema_generator=_Plain)
    parts = {model.__name__: made, **made.get("$defs", {})}
    for title, part in parts.items():
        _describe(title, part)
    return {"$schema": DIALECT, "$id": f"urn:salur:schema:{name}:v1", **made}


def _describe(title: str, part: Schema) -> None:
    if "description" in part:
        part["description"] = " ".join(part["description"].split())
    for name, meaning in FIELDS.get(title, {}).items():
        part["properties"][name]["description"] = meaning


def _for_agencies(schema: Schema) -> Schema:
    """Return the schema of actions with those alone that an institution may ask for."""
    defs: dict[str, Schema] = schema["$defs"]
    caller = agency("kab-3603")
    names = [one["$ref"].rpartition("/")[2] for one in schema["properties"]["action"]["oneOf"]]
    kept = [name for name in names if caller.may(defs[name]["properties"]["kind"]["const"])]
    for name in kept:
        defs[name]["required"] = ["kind", *defs[name].get("required", ())]
        del defs[name]["properties"]["kind"]["default"]
        _no_blanks(defs[name])
    _narrow(defs)
    schema["description"] = "What you ask for about one complaint that you hold."
    action = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in kept]}
    schema["properties"]["action"] = {**schema["properties"]["action"], **action}
    return {**schema, "$defs": {name: defs[name] for name in kept}}


def _no_blanks(action: Schema) -> None:
    # Blanks around a text are taken away; the model refuses what is left of nothing but blanks.
    for name in {"text", "unit"} & action["properties"].keys():
        action["properties"][name]["pattern"] = r"\S"


def _narrow(defs: dict[str, Schema]) -> None:
    unit = defs["AssignUnit"]
    for name in _FOR_OFFICERS:
        del unit["properties"][name]
    unit["required"] = ["kind", "unit"]
    unit["description"] = "The case goes to one of your units (disposisi ke unit)."
    own = [one for one in defs["ArchiveReason"]["enum"] if one not in FOR_STAFF]
    defs["Archive"]["properties"]["reason"] = {"type": "string", "enum": own}

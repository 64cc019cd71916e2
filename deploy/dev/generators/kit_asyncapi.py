"""The AsyncAPI 3 document of an institution's contract with Kafka, made from what is in force.

It is written from the institution's side: it receives on `agency-<code>` and sends on
`agency-<code>-action`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.dev.generators.golden_examples import texts as example_texts
from deploy.dev.generators.kit_schemas import Schema, schemas
from deploy.dev.generators.kit_wording import OUTCOMES
from shared.contracts.events import AgencyOutcome, agency_event_type
from shared.contracts.identifiers import AGENCY_CODE
from shared.contracts.topics import TopicSpec, spec_of
from shared.telemetry.tracing import TRACEPARENT

VERSION = "1.0.0"
LICENCE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
HEARD, ASKED = "agency-code", "agency-code-action"  # folders of golden examples
TEST = "endpoint_test"
BINDINGS = "0.5.0"
_ABOUT = (
    "What an institution reads on `agency-<code>` and writes on `agency-<code>-action`, and on no"
    " other topic. CloudEvents 1.0 in Kafka's binary mode with JSON values, compressed with LZ4."
    " Fields and types are added without notice: pass over those that you do not know."
)
_HEADERS: Mapping[str, Schema] = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_id": {
        "type": "string",
        "format": "uuid",
        "description": "The same in every repeat of the event, here and as `webhook-id`.",
    },
    "ce_type": {"type": "string"},
    "ce_source": {"type": "string", "examples": ["salur/router"]},
    "ce_time": {"type": "string", "format": "date-time", "description": "`at` of the event."},
}
_TRACE: Schema = {
    "type": "string",
    "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
    "description": "W3C Trace Context of Salur's own trace, where it is written; often absent.",
}
_OWN_ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "description": "Your own id of this action: a repeat under the same id counts once. The"
    " outcome comes with `action_id`, UUIDv5 of it under a namespace of yours: UUIDv5 of"
    " `agency:<code>` under UUIDv5 of `urn:salur` under RFC 4122's namespace of URLs.",
}


def asyncapi_document() -> dict[str, Any]:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:salur:agency",
        "info": {
            "title": "Salur, for an institution",
            "version": VERSION,
            "description": _ABOUT,
            "license": LICENCE,
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {"events": _events(), "actions": _actions()},
        "operations": {
            "receiveEvents": _operation("receive", "events", _group()),
            "sendActions": _operation("send", "actions"),
        },
        "components": {
            "messages": dict(_messages()),
            "schemas": _components(),
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": "User `agency-<code>` with the password from your operator.",
                }
            },
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": "SASL/SCRAM-SHA-512 over TLS.",
        "variables": {"bootstrap": {"description": "From your operator: kafka-1.example.id:9093"}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _events() -> dict[str, Any]:
    names = [*(outcome.value for outcome in AgencyOutcome), TEST]
    return _channel("agency-{code}", "What you hear, in order per complaint.", names)


def _actions() -> dict[str, Any]:
    return _channel("agency-{code}-action", "What you ask for.", ["action"])


def _channel(address: str, summary: str, messages: list[str]) -> dict[str, Any]:
    spec = spec_of(address.replace("{code}", "kab-3603"))
    code = {
        "description": f"Your code: ^{AGENCY_CODE.pattern}$",
        "examples": ["kab-3603", "kem-014", "prov-36"],
    }
    return {
        "address": address,
        "summary": summary,
        "parameters": {"code": code},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": _topic(spec)},
    }


def _topic(spec: TopicSpec) -> dict[str, Any]:
    return {
        "partitions": spec.partitions,
        "topicConfiguration": {
            "cleanup.policy": [spec.config["cleanup.policy"]],
            "retention.ms": int(spec.config["retention.ms"]),
        },
        "bindingVersion": BINDINGS,
    }


def _operation(action: str, channel: str, bindings: Schema | None = None) -> dict[str, Any]:
    made = {"action": action, "channel": {"$ref": f"#/channels/{channel}"}}
    return made | ({"bindings": bindings} if bindings else {})


def _group() -> Schema:
    group = {
        "type": "string",
        "pattern": rf"^agency-{AGENCY_CODE.pattern}\..+$",
        "description": "`agency-<code>.` and a name of yours; every other group is refused.",
    }
    return {"kafka": {"groupId": group, "bindingVersion": BINDINGS}}


def _messages() -> Iterator[tuple[str, dict[str, Any]]]:
    for outcome in AgencyOutcome:
        made = _message(f"{HEARD}/{outcome}.", "AgencyEvent", agency_event_type(outcome))
        yield outcome.value, {**made, "summary": OUTCOMES[outcome]}
    tried = _message(f"{HEARD}/{TEST}.", "EndpointTest", "id.salur.endpoint.test.v1")
    yield TEST, {**tried, "summary": "You asked for a test message to an endpoint: pass over it."}
    asked = _message(f"{ASKED}/", "AgencyAction", "id.salur.agency.action.v1")
    asked["headers"]["properties"] |= {"ce_id": _OWN_ID, "ce_type": {"type": "string"}}
    asked["headers"]["required"] = ["ce_id"]
    yield "action", {**asked, "summary": "One action on one complaint; `ce_id` is all it needs."}


def _message(examples: str, payload: str, kind: str) -> dict[str, Any]:
    """Return a message with all golden examples whose names begin so."""
    texts = [text for name, text in example_texts().items() if name.startswith(examples)]
    golden = [json.loads(text) for text in texts]
    required = {**_HEADERS, "ce_type": {"const": kind}}
    properties = {**required, TRACEPARENT: _TRACE}
    return {
        "name": kind,
        "title": payload,
        "contentType": "application/json",
        "headers": {"type": "object", "properties": properties, "required": list(required)},
        "payload": {"$ref": f"#/components/schemas/{payload}"},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid"}}},
        "examples": [{"headers": one["headers"], "payload": one["value"]} for one in golden],
    }


def _components() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for schema in schemas().values():
        if schema["title"] != "WebhookBody":
            found |= schema.pop("$defs", {})
            found[schema["title"]] = {k: v for k, v in schema.items() if not k.startswith("$")}
    return {name: _moved(found[name]) for name in sorted(found)}


def _moved(part: Any) -> Any:
    """Return a schema whose references point into the components of the document."""
    if isinstance(part, list):
        return [_moved(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: value.replace("#/$defs/", "#/components/schemas/")
        if name == "$ref"
        else _moved(value)
        for name, value in part.items()
    }

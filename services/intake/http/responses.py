"""The answers of the doors, and how OpenAPI shows them and the bodies parsed by hand."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import BaseModel, TypeAdapter

from services.intake.http.problems import MEDIA_TYPE, FieldError
from services.intake.submit.service import Accepted
from services.intake.submit.submission import Submission, reporter_reach
from shared.contracts.value_objects import Frozen
from shared.privacy.contacts import Contact

OUTPUTS, INPUTS = "#/components/schemas/{}", "#/components/schemas/{}-Input"
_REFUSALS = {
    400: "Not JSON",
    401: "No valid key",
    403: "Not allowed",
    404: "Nothing here for this caller",
    408: "The body took too long",
    409: "The first request with this key is still in hand, or the present state forbids it",
    413: "Body too large",
    414: "Path or query too long",
    415: "Compressed: bodies are sent as they are",
    422: "Wrong types or values, or a key used for another body",
    429: "Asked too often: `Retry-After` says when there is room again",
    503: "Kafka or the database is away; repeat with the same key",
}


class AcceptedAnswer(Frozen):
    """A complaint is accepted; `tracking_code` is the reporter's key and is shown only here.

    `reachable_by` names the contacts that can be written to, `unusable` those given that cannot.
    """

    complaint_id: UUID
    number: str
    tracking_code: str
    status_url: str
    reachable_by: tuple[Contact, ...] = ()
    unusable: tuple[Contact, ...] = ()


class ActionAnswer(Frozen):
    """An action is accepted; whether it applied stands at `status_url`."""

    action_id: UUID
    status_url: str


class SentTestAnswer(Frozen):
    """A test message is on its way; `test_id` is its event id in the log at `status_url`."""

    test_id: UUID
    status_url: str


class ProblemAnswer(Frozen):
    """A refusal, as RFC 9457 writes it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()


def accepted_members(accepted: Accepted, submission: Submission) -> dict[str, Any]:
    """Return the members of the answer to an accepted complaint; never a contact itself."""
    reach = reporter_reach(submission)
    return {
        "complaint_id": str(accepted.complaint_id),
        "number": accepted.number,
        "tracking_code": accepted.tracking_code,
        "status_url": f"/v1/complaints/{accepted.number}",
        "reachable_by": reach.usable,
        "unusable": reach.unusable,
    }


def accepted_answer(members: dict[str, Any]) -> Response:
    """Return 202 with the place where the outcome can be read."""
    return Response(
        orjson.dumps(members),
        202,
        {"Location": members["status_url"], "Cache-Control": "no-store"},
        media_type="application/json",
    )


def plain_answer(value: BaseModel, status: int = 200) -> Response:
    """Return a model as JSON, without what is not there."""
    content = value.model_dump_json(exclude_none=True)
    headers = {"Cache-Control": "no-store"}
    return Response(content, status, headers, media_type="application/json")


def shown_body(adapter: TypeAdapter[Any], media_type: str = "application/json") -> dict[str, Any]:
    """Return the OpenAPI of a body that the framework does not parse; `openapi` files its parts."""
    schema = adapter.json_schema(ref_template=INPUTS.format("{model}"))
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI of a door's refusals."""
    content = {MEDIA_TYPE: {"schema": {"$ref": OUTPUTS.format(ProblemAnswer.__name__)}}}
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}

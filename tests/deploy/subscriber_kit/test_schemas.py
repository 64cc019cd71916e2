"""The schemas of the kit let pass what is really sent, and what an institution may ask for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import jsonschema_rs
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from deploy.dev.generators.golden_examples import FOLDER as EXAMPLES
from deploy.dev.generators.kit_schemas import FOLDER, WebhookBody, schema_texts
from deploy.dev.generators.kit_wording import FIELDS, KINDS, OUTCOMES, REFUSALS
from services.intake.keys.callers import agency
from services.router.domain.case.refusals import FOR_STAFF, RefusalCode
from shared.contracts.actions import Action
from shared.contracts.case import ArchiveReason, Refusal
from shared.contracts.deadlines import Deadline
from shared.contracts.events import (
    ENDPOINT_TEST,
    AgencyAction,
    AgencyComplaint,
    AgencyEvent,
    AgencyOutcome,
    EndpointTest,
)

HEARD = sorted((EXAMPLES / "agency-code").glob("*.json"))
ASKED = sorted((EXAMPLES / "agency-code-action").glob("*.json"))
ACTION: TypeAdapter[Action] = TypeAdapter(Action)
MODELS: tuple[type[BaseModel], ...] = (
    *(AgencyEvent, AgencyComplaint, AgencyAction, EndpointTest),
    *(Refusal, Deadline, WebhookBody),
)
# What officers alone may ask for is refused with these, or what no institution can come to.
NOT_FOR_AGENCIES = {
    *(RefusalCode.NOT_PROVISIONED, RefusalCode.NO_INSTITUTION, RefusalCode.TOO_MANY_REOPENINGS),
    *(RefusalCode.TOO_MUCH_FROM_REPORTER, RefusalCode.ERASED),
}


def schema(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator(
        json.loads((FOLDER / f"{name}.json").read_text()), validate_formats=True
    )


def example(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def asked(**action: object) -> dict[str, object]:
    return {"complaint_id": str(uuid4()), "action": action}


def schema_of(headers: Mapping[str, str]) -> str:
    return "endpoint-test" if headers["ce_type"] == ENDPOINT_TEST else "agency-event"


@pytest.mark.parametrize("path", HEARD, ids=lambda path: path.stem)
def test_what_an_institution_hears_fits_the_schema(path: Path) -> None:
    heard = example(path)
    headers, value = heard["headers"], heard["value"]
    body = {"type": headers["ce_type"], "timestamp": headers["ce_time"], "data": value}

    schema(schema_of(headers)).validate(value)
    schema("webhook").validate(body)


@pytest.mark.parametrize("path", ASKED, ids=lambda path: path.stem)
def test_what_an_institution_writes_fits_the_schema(path: Path) -> None:
    schema("agency-action").validate(example(path)["value"])


@pytest.mark.parametrize(
    "change",
    [{"seq": "1"}, {"outcome": "lost"}, {"at": "yesterday"}, {"rating": 6}, {"agency": "kab3603"}],
)
def test_what_is_no_event_does_not_fit(change: dict[str, object]) -> None:
    value = example(EXAMPLES / "agency-code" / "rated.json")["value"]

    assert schema("agency-event").is_valid(value)
    assert not schema("agency-event").is_valid(value | change)


def test_the_schema_of_actions_has_those_alone_that_an_institution_may_ask_for() -> None:
    kinds = {one.model_fields["kind"].default for one in get_args(get_args(Action)[0])}
    may = {kind for kind in kinds if agency("kab-3603").may(kind)}
    shown = schema_texts()["agency-action.json"]
    found = {
        part["properties"]["kind"]["const"]
        for part in json.loads(shown)["$defs"].values()
        if "kind" in part["properties"]
    }

    assert found == may == set(KINDS)


FITTING = [
    asked(kind="follow_up", text="x"),
    asked(kind="complete", text="ü" * 4_000),
    asked(kind="return_to_reporter", text="Di mana?"),
    asked(kind="transfer", text="Bukan kami."),
    asked(kind="transfer", text="Bukan kami.", institution="prov-36"),
    asked(kind="assign_unit", unit="Dinas PU"),
    *(asked(kind="archive", reason=str(one)) for one in ArchiveReason if one not in FOR_STAFF),
]
UNFIT = [
    asked(text="x"),
    asked(kind="follow_up"),
    asked(kind="follow_up", text=" \n"),
    asked(kind="follow_up", text="x" * 9_000),
    asked(kind="assign_unit", text="x"),
    asked(kind="archive", text="x"),
    asked(kind="transfer", text="x", institution="Banten"),
    asked(kind="hurry", text="x"),
    {**asked(kind="follow_up", text="x"), "complaint_id": "FHWC340ZGD8775ZC"},
]


@pytest.mark.parametrize("value", FITTING)
def test_what_fits_the_schema_is_read(value: dict[str, object]) -> None:
    schema("agency-action").validate(value)

    AgencyAction.model_validate_json(json.dumps(value))


@pytest.mark.parametrize("value", UNFIT)
def test_what_cannot_be_read_does_not_fit(value: dict[str, object]) -> None:
    assert not schema("agency-action").is_valid(value)

    with pytest.raises(ValidationError):
        AgencyAction.model_validate_json(json.dumps(value))


@pytest.mark.parametrize(
    "value",
    [
        asked(kind="route", institution="kab-3603"),
        asked(kind="reopen", text="x"),
        asked(kind="archive", reason="withdrawn"),
    ],
)
def test_what_is_read_and_always_refused_does_not_fit(value: dict[str, object]) -> None:
    AgencyAction.model_validate_json(json.dumps(value))

    assert not schema("agency-action").is_valid(value)


def test_every_word_of_the_contract_has_its_meaning() -> None:
    assert {model.__name__: set(model.model_fields) for model in MODELS} == {
        name: set(fields) for name, fields in FIELDS.items()
    }
    assert set(OUTCOMES) == set(AgencyOutcome)
    assert {str(code) for code in set(RefusalCode) - NOT_FOR_AGENCIES} <= set(REFUSALS)
    assert not {str(code) for code in NOT_FOR_AGENCIES} & set(REFUSALS)


def test_the_files_are_what_the_code_makes() -> None:
    made = schema_texts()

    assert {path.name for path in FOLDER.iterdir()} == set(made)
    for name, text in made.items():
        assert (FOLDER / name).read_text() == text, f"{name}: run `salur generate`"

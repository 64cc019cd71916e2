"""Every golden example decodes, is what the code makes, and there is one of every event."""

import json
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from deploy.dev.generators import golden_examples
from shared.contracts.actions import Action
from shared.contracts.case import Outcome
from shared.contracts.events import (
    ENDPOINT_TEST,
    ActionRequested,
    AgencyAction,
    AgencyEvent,
    AgencyOutcome,
    CaseChanged,
    DeadlinePassed,
    EndpointTest,
    InputType,
    RepublishRequested,
    Submitted,
    Tick,
    agency_event_type,
    case_event_type,
)
from tests.support.tables import failing

FILES = sorted(golden_examples.FOLDER.glob("*/*.json"))
MODELS: dict[str, type[BaseModel]] = {
    InputType.SUBMITTED: Submitted,
    InputType.ACTION: ActionRequested,
    InputType.DEADLINE_PASSED: DeadlinePassed,
    InputType.SAY_AGAIN: RepublishRequested,
    InputType.TICK: Tick,
    "id.salur.agency.action.v1": AgencyAction,
    ENDPOINT_TEST: EndpointTest,
    **{case_event_type(outcome): CaseChanged for outcome in Outcome},
    **{agency_event_type(outcome): AgencyEvent for outcome in AgencyOutcome},
}


def model_of(path: Path) -> type[BaseModel]:
    kind: str = json.loads(path.read_text())["headers"]["ce_type"]
    return MODELS[kind]


def test_an_example_decodes_and_comes_out_again_as_it_was() -> None:
    assert failing(FILES, comes_out_as_it_was) == {}


def comes_out_as_it_was(path: Path) -> None:
    value = json.loads(path.read_text())["value"]

    event = model_of(path).model_validate(value)

    assert json.loads(event.model_dump_json(exclude_none=True)) == value


def test_a_field_that_is_not_known_yet_is_ignored() -> None:
    assert failing(FILES, ignores_what_is_unknown) == {}


def ignores_what_is_unknown(path: Path) -> None:
    model, value = model_of(path), json.loads(path.read_text())["value"]

    assert model.model_validate({**value, "added_later": 1}) == model.model_validate(value)


def test_the_examples_are_what_the_code_makes() -> None:
    made = golden_examples.texts()

    assert {str(path.relative_to(golden_examples.FOLDER)) for path in FILES} == set(made)
    for name, text in made.items():
        assert (golden_examples.FOLDER / name).read_text() == text, f"{name}: run `salur generate`"


def test_there_is_an_example_of_every_event() -> None:
    found = {json.loads(path.read_text())["headers"]["ce_type"] for path in FILES}

    assert found == set(MODELS)


def test_there_is_an_example_of_every_action() -> None:
    members = get_args(get_args(Action)[0])
    kinds = {member.model_fields["kind"].default for member in members}
    found = {path.stem for path in FILES if path.parent.name == "complaint-input"}

    assert found == kinds | {"submitted", "deadline_passed", "say_again", "tick"}

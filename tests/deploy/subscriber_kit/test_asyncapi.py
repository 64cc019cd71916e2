"""The AsyncAPI document agrees with the topics and with the golden examples."""

import json
from typing import Any

import jsonschema_rs
import pytest

from deploy.dev.generators.kit_asyncapi import asyncapi_document
from deploy.dev.generators.kit_schemas import as_text
from deploy.dev.generators.kit_tables import KIT
from deploy.dev.generators.kit_wording import KINDS
from shared.contracts.events import AgencyOutcome, agency_event_type
from shared.contracts.topics import DAY_MS

DOCUMENT: dict[str, Any] = json.loads((KIT / "asyncapi.json").read_text())
MESSAGES = DOCUMENT["components"]["messages"]


def fits(schema: dict[str, Any], value: object) -> bool:
    whole = {"components": DOCUMENT["components"], **schema}
    return bool(jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(value))


def test_the_file_is_what_the_code_makes() -> None:
    text = (KIT / "asyncapi.json").read_text()

    assert text == as_text(asyncapi_document()), "run `salur generate`"


@pytest.mark.parametrize("name", MESSAGES)
def test_an_example_of_a_message_fits_its_headers_and_its_payload(name: str) -> None:
    message = MESSAGES[name]
    for example in message["examples"]:
        without_id = {key: value for key, value in example["headers"].items() if key != "ce_id"}
        assert fits(message["headers"], example["headers"])
        assert fits(message["payload"], example["payload"])
        assert not fits(message["headers"], without_id)
    assert not fits(message["payload"], {})


def test_there_is_an_example_of_every_action() -> None:
    kinds = [one["payload"]["action"]["kind"] for one in MESSAGES["action"]["examples"]]

    assert sorted(kinds) == sorted(KINDS)


def test_a_message_is_told_apart_by_its_type() -> None:
    for outcome in AgencyOutcome:
        (example,) = MESSAGES[outcome]["examples"]
        assert MESSAGES[outcome]["name"] == agency_event_type(outcome)
        assert example["payload"]["outcome"] == outcome
        others = [one for name, one in MESSAGES.items() if name not in (outcome, "action")]
        assert not any(fits(one["headers"], example["headers"]) for one in others)


def test_the_channels_are_the_topics_of_the_table() -> None:
    kept = {
        one["address"]: one["bindings"]["kafka"]["topicConfiguration"]["retention.ms"] / DAY_MS
        for one in DOCUMENT["channels"].values()
    }

    assert kept == {"agency-{code}": 90, "agency-{code}-action": 7}

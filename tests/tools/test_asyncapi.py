"""The AsyncAPI document of the kit, read by AsyncAPI's own parser."""

import copy
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from deploy.dev.generators.kit_tables import KIT
from shared.contracts.events import ENDPOINT_TEST, AgencyOutcome, agency_event_type
from tests.tools.nodejs import parsed

pytestmark = pytest.mark.tools
DOCUMENT = KIT / "asyncapi.json"


def test_the_document_is_parsed_without_errors(capsys: pytest.CaptureFixture[str]) -> None:
    found = parsed(DOCUMENT)

    with capsys.disabled():
        for one in found["found"]:
            sys.stdout.write(
                f"\n{one['severity']}: {one['code']} at {one['path']}: {one['message']}"
            )
    assert [one for one in found["found"] if one["severity"] == "error"] == []
    assert found["channels"] == ["agency-{code}", "agency-{code}-action"]
    assert found["operations"] == ["receive", "send"]
    assert set(found["messages"]) == {
        *map(agency_event_type, AgencyOutcome),
        ENDPOINT_TEST,
        "id.salur.agency.action.v1",
    }


def _wrong_action(document: dict[str, Any]) -> None:
    document["operations"]["sendActions"]["action"] = "write"


def _lost_message(document: dict[str, Any]) -> None:
    del document["components"]["messages"]["routed"]


def _lost_schema(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["AgencyComplaint"]


def _wrong_security(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"]["scram"]["type"] = "password"


@pytest.mark.parametrize("spoil", [_wrong_action, _lost_message, _lost_schema, _wrong_security])
def test_a_broken_copy_is_rejected(spoil: Callable[[dict[str, Any]], None]) -> None:
    document = copy.deepcopy(json.loads(DOCUMENT.read_text()))
    spoil(document)

    found = parsed(json.dumps(document))

    assert "error" in {one["severity"] for one in found["found"]}
    assert found["channels"] is None

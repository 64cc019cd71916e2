"""The oracle reads what the contracts' golden examples say, without knowing the contracts."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.dev.chaos.oracle import reading
from deploy.dev.chaos.oracle.facts import TRIAGE, Stream

EXAMPLES = Path(__file__).parents[2] / "shared" / "examples"
EVENTS = sorted((EXAMPLES / "complaint-event").glob("*.json"))
AGENCY = sorted((EXAMPLES / "agency-code").glob("*.json"))


def example(path: Path) -> tuple[dict[str, Any], bytes, list[tuple[str, bytes | None]]]:
    record = json.loads(path.read_text())
    headers = [(name, value.encode()) for name, value in record["headers"].items()]
    return record["value"], json.dumps(record["value"]).encode(), headers


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_case_is_read_from_its_event(path: Path) -> None:
    value, raw, headers = example(path)

    said = reading.record("complaint-event", raw, headers, "here")

    assert said is not None
    assert said.stream is Stream.EVENT
    assert (said.number, said.seq) == (value["number"], value["seq"])
    assert said.place == value.get("institution", TRIAGE)
    assert said.ident == dict(headers)["ce_id"].decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("path", AGENCY, ids=lambda path: path.stem)
def test_what_an_institution_hears_is_read_from_its_topic(path: Path) -> None:
    value, raw, headers = example(path)

    said = reading.record(f"agency-{value['agency']}", raw, headers, "here")

    if "seq" not in value:
        assert said is None
        return
    assert said is not None
    assert (said.stream, said.place) == (Stream.AGENCY, value["agency"])
    assert (said.number, said.seq) == (value["number"], value["seq"])


@pytest.mark.parametrize(
    ("history", "rule"),
    [
        ([], ""),
        ([{"seq": 1, "decision": None}], ""),
        ([{"decision": {"rule": "unknown"}}, {"decision": {"rule": "roads"}}, {"seq": 3}], "roads"),
    ],
)
def test_an_event_tells_the_rule_of_the_newest_decision(history: list[object], rule: str) -> None:
    event = {"number": "N1", "seq": 2, "outcome": "routed", "status": "routed"}
    value = json.dumps(event | {"case": {"history": history}}).encode()

    said = reading.record("complaint-event", value, [], "here")

    assert said is not None
    assert (said.outcome, said.status, said.rule) == ("routed", "routed", rule)


@pytest.mark.parametrize("value", [b"", b"no json", b'{"seq": 1}'])
def test_what_is_no_event_is_told_apart(value: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        reading.record("complaint-event", value, [], "here")


@pytest.mark.parametrize("topic", ["complaint-input", "agency-kab-3603-action", "router-dlq"])
def test_other_topics_say_nothing_of_cases(topic: str) -> None:
    assert reading.record(topic, b"{}", [], "here") is None


def test_the_order_of_fields_is_no_difference() -> None:
    first = b'{"data": {"number": "N", "seq": 1}, "type": "t"}'
    second = b'{"type": "t", "data": {"seq": 1, "number": "N"}}'

    assert (
        reading.call("kab-3603", "id", first, "a").digest
        == reading.call("kab-3603", "id", second, "b").digest
        != reading.call("kab-3603", "id", second.replace(b"1", b"2"), "c").digest
    )

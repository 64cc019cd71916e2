"""Raw records and webhook bodies become facts; what imitates an origin is not believed."""

import json

import pytest

from deploy.dev.demo import reading
from deploy.dev.local.scrape import samples
from shared.contracts.identifiers import complaint_number
from shared.errors import Permanent
from shared.kafka.dead_letters import DeadLetter
from tests.support import builders

EVENT = {"number": "N1", "seq": 2, "outcome": "routed", "status": "routed"}


def test_an_agency_record_is_read_from_its_json_and_headers() -> None:
    record = reading.agency_record("kab-3603", json.dumps(EVENT).encode(), [("ce_id", b"id-1")])

    assert (record.agency, record.number, record.seq) == ("kab-3603", "N1", 2)
    assert (record.outcome, record.ce_id) == ("routed", "id-1")


def test_the_digest_knows_content_and_not_the_order_of_fields() -> None:
    turned = dict(reversed(EVENT.items()))

    assert reading.digest(EVENT) == reading.digest(turned)
    assert reading.digest(EVENT) != reading.digest(EVENT | {"seq": 3})


@pytest.mark.parametrize("value", [b"", b"no json", b"{}"])
def test_what_is_no_event_is_told_apart(value: bytes) -> None:
    with pytest.raises((ValueError, KeyError)):
        reading.case_record(value, [])


@pytest.mark.parametrize(
    ("history", "rule"),
    [
        ([], ""),
        ([{"seq": 1, "decision": None}], ""),
        ([{"decision": {"rule": "unknown"}}, {"decision": {"rule": "roads"}}, {"seq": 3}], "roads"),
    ],
)
def test_a_case_tells_the_rule_of_its_newest_decision(history: list[object], rule: str) -> None:
    value = json.dumps(EVENT | {"case": {"history": history}}).encode()

    assert reading.case_record(value, [("ce_id", b"id-1")]).rule == rule


def test_a_dead_letter_names_its_origin_and_its_complaint() -> None:
    complaint = builders.complaint_id("one")
    record = builders.FakeRecord("complaint-input", 3, 7, key=str(complaint).encode())
    letter = DeadLetter("router", record, Permanent("no_value", "null"))

    read = reading.letter(letter.key, letter.headers)

    assert read.origin == ("complaint-input", 3, 7)
    assert read.number == complaint_number(complaint)
    assert read.reason == "no_value"


def test_headers_of_the_record_itself_cannot_imitate_its_origin() -> None:
    hostile = builders.FakeRecord("agency-kab-3603-action", headers=[("dlq_topic", b"elsewhere")])
    letter = DeadLetter("intake", hostile, Permanent("no_value", "null"))

    assert reading.letter(None, letter.headers).origin[0] == "agency-kab-3603-action"
    assert reading.letter(None, letter.headers).number is None


def test_a_webhook_is_read_from_its_data() -> None:
    body = json.dumps({"type": "t", "data": EVENT}).encode()

    call = reading.call("kab-3603", "hook-1", body)

    assert (call.webhook_id, call.number, call.outcome) == ("hook-1", "N1", "routed")


def test_cases_are_summed_over_all_labels_and_nothing_else() -> None:
    text = (
        "# TYPE salur_cases gauge\n"
        'salur_cases{agency="kab-3603",status="routed"} 3.0\n'
        'salur_cases{agency="",status="unverified"} 2.0\n'
        "# TYPE salur_cases_by_category gauge\n"
        'salur_cases_by_category{category="x",status="routed"} 9.0\n'
    )

    assert sum(cases for _, cases in samples([text, ""], "salur_cases")) == 5

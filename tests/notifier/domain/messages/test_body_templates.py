"""Body templates: every field, and nothing that a citizen writes breaks out of its string."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.messages.body_templates import fields_of, rendered
from services.notifier.domain.messages.event_summary import summary_of
from shared.contracts.deadlines import Deadline, LegalClock, Level
from shared.contracts.events import AgencyComplaint, AgencyEvent
from shared.contracts.subscriptions import TEMPLATE_FIELDS
from tests.notifier.events import KAB, agency_event
from tests.support.builders import START


def body(event: AgencyEvent) -> str:
    """Return the body of the row that tells of an event."""
    text = event.model_dump_json(exclude_none=True)
    return f'{{"type":"t","timestamp":"x","data":{text}}}'


def titled(title: str, text: str = "Berlubang.", *, secret: bool = False) -> AgencyEvent:
    event = agency_event()
    assert event.complaint is not None
    words = {"title": title, "text": text, "secret": secret}
    complaint = AgencyComplaint.model_validate(event.complaint.model_dump() | words)
    return event.model_copy(update={"complaint": complaint})


def test_every_field_of_the_contract_has_its_value() -> None:
    deadline = Deadline(clock=LegalClock.RESOLVE, level=Level.WARNING, due=START, armed_by=1)
    changes = {"unit": "Dinas PU", "category": "jalan", "deadline": deadline}
    event = titled("Jalan").model_copy(update=changes)
    template = json.dumps({name: f"{{{name}}}" for name in TEMPLATE_FIELDS})

    assert json.loads(rendered(template, body(event))) == {
        "number": event.number,
        "outcome": "routed",
        "agency": KAB,
        "status": "routed",
        "unit": "Dinas PU",
        "category": "jalan",
        "title": "Jalan",
        "text": "Berlubang.",
        "at": START.isoformat(),
        "due": START.isoformat(),
    }


def test_only_string_values_are_filled_in() -> None:
    template = '{"{title}": [1, true, null, {"a": "<{number}> {nothing} {} {{title}}"}]}'
    event = titled("T")

    assert json.loads(rendered(template, body(event))) == {
        "{title}": [1, True, None, {"a": f"<{event.number}> {{nothing}} {{}} {{T}}"}]
    }


@given(st.text(), st.text())
def test_no_words_break_out_of_their_string_nor_name_a_field(title: str, text: str) -> None:
    event = titled(title.encode("utf-8", "replace").decode() + '","x":"{agency}', text)

    found = json.loads(rendered('{"a": "{title}|{text}"}', body(event)))

    assert event.complaint is not None
    assert found == {"a": f"{event.complaint.title}|{event.complaint.text}"}


def test_a_secret_report_stays_out_of_templates() -> None:
    found = fields_of(summary_of(body(titled("Rahasia", "Sangat", secret=True))))

    assert (found["title"], found["text"]) == ("", "")


@pytest.mark.parametrize("secret", [True, False])
def test_words_of_later_events_stay_out_of_templates(secret: bool) -> None:
    said = {"text": "Alamat saya Jalan Mawar 5.", "complaint": None}
    event = titled("Rahasia", secret=secret).model_copy(update=said)

    assert fields_of(summary_of(body(event)))["text"] == ""


@pytest.mark.parametrize("text", ["", "gone", "[]", '{"data": null}', '{"data": {"at": 7}}'])
def test_a_row_that_was_blanked_still_fills_a_template(text: str) -> None:
    assert json.loads(rendered('{"a": "<{title}>"}', text)) == {"a": "<>"}


def test_a_long_text_is_cut_and_says_so() -> None:
    found = json.loads(rendered('{"a": "{text}"}', body(titled("T", "é" * 20_000))))

    assert found == {"a": "é" * 4_000 + " …"}


@pytest.mark.parametrize("letter", ["x", '"', "é", "😀"])
@pytest.mark.parametrize("field", ["{text}", "{text}{title} {at}"])
def test_no_template_makes_a_body_longer_than_is_promised(letter: str, field: str) -> None:
    template = json.dumps({"a": field * (16_000 // len(field)), "b": [{"c": "{number}"}]})
    event = titled("Jalan", letter * 20_000)

    whole = rendered(template, body(event))

    assert len(whole.encode()) <= 1_000_000
    found = json.loads(whole)
    assert found["a"].startswith(letter * 10)
    assert found["b"] == [{"c": event.number}]


def test_a_template_that_is_too_long_by_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        rendered(json.dumps({"a": "x" * 1_000_000}), body(agency_event()))


def test_a_test_message_says_that_it_is_one() -> None:
    data = '{"agency":"kab-1","endpoint_id":"e","at":"2026-01-05T00:00:00Z"}'

    found = fields_of(summary_of(f'{{"type":"t","timestamp":"x","data":{data}}}'))

    assert (found["outcome"], found["agency"]) == ("test", "kab-1")


@pytest.mark.parametrize("template", ["{", "", '{"a": NaN}', "[" * 100_000])
def test_a_template_that_is_no_json_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rendered(template, body(agency_event()))

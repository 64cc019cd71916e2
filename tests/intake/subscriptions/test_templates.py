"""What intake takes as a template, the notifier can fill in."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

import shared
from services.intake.subscriptions.templates import depth_of, unknown_fields, written
from services.notifier.domain.messages.body_templates import rendered
from shared.contracts.subscriptions import TEMPLATE_FIELDS

ROUTED = Path(shared.__path__[0], "examples", "agency-code", "routed.json")
EXAMPLE = json.loads(ROUTED.read_text(encoding="utf-8"))
BODY = json.dumps(
    {
        "type": EXAMPLE["headers"]["ce_type"],
        "timestamp": EXAMPLE["headers"]["ce_time"],
        "data": EXAMPLE["value"],
    }
)
texts = st.lists(st.sampled_from([*(f"{{{name}}}" for name in TEMPLATE_FIELDS), "{", "}", "a "]))
leaves = texts.map("".join) | st.integers() | st.booleans() | st.none()
templates = st.dictionaries(
    st.text(),
    st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,  # drawing a hundred takes a minute
    ),
)


@given(templates)
def test_a_template_with_known_fields_is_filled_in(template: dict[str, JsonValue]) -> None:
    assert list(unknown_fields(template, "")) == []

    filled = json.loads(rendered(written(template), BODY))

    assert filled.keys() == template.keys()
    assert depth_of(filled) == depth_of(template)


def test_a_field_becomes_what_the_event_says() -> None:
    template: dict[str, JsonValue] = {"a": ["{number}/{number}"], "b": {"c": "{outcome} {nik"}}

    filled = json.loads(rendered(written(template), BODY))

    number = EXAMPLE["value"]["number"]
    assert filled == {"a": [f"{number}/{number}"], "b": {"c": "routed {nik"}}


def test_an_unknown_field_is_pointed_at() -> None:
    template: JsonValue = {"a/b": [{"~": "{number} {nik}"}], "{nik}": "a name is no value"}

    assert list(unknown_fields(template, "/t")) == [("/t/a~1b/0/~0", "nik")]

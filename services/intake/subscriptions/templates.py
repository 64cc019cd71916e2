"""Body templates of webhooks: JSON whose string values may hold fields such as `{number}`.

There is no code in them: a field is replaced by its text, and everything else stands as it is.
"""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from shared.contracts.subscriptions import TEMPLATE_FIELD, TEMPLATE_FIELDS

Template = Mapping[str, JsonValue]
MOST_BYTES = 16 * 1024
MOST_DEPTH = 16
MOST_FIELDS = 50  # each may become as long as a complaint


def written(template: Template) -> str:
    """Return a template as it is kept; ValueError where JSON cannot hold one of its numbers."""
    return json.dumps(template, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def unknown_fields(template: JsonValue, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield where a template names a field that does not exist, and its name.

    `pointer` is the JSON pointer of the template itself.
    """
    if isinstance(template, str):
        for name in TEMPLATE_FIELD.findall(template):
            if name not in TEMPLATE_FIELDS:
                yield pointer, name
    for part, value in _parts(template):
        yield from unknown_fields(value, f"{pointer}/{_escaped(part)}")


def fields_in(template: JsonValue) -> int:
    """Return how many times a template names a field."""
    own = len(TEMPLATE_FIELD.findall(template)) if isinstance(template, str) else 0
    return own + sum(fields_in(value) for _, value in _parts(template))


def depth_of(template: JsonValue) -> int:
    """Return how many objects and arrays lie within each other."""
    deepest = max((depth_of(value) for _, value in _parts(template)), default=0)
    return deepest + isinstance(template, dict | list)


def _parts(template: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(template, dict):
        yield from template.items()
    elif isinstance(template, list):
        yield from ((str(place), value) for place, value in enumerate(template))


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")

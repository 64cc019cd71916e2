"""Fills in a webhook's body template: a JSON document whose string values may name fields.

The template is read as JSON first and filled in after that, so no value can break out of its
string; and each string is gone through once, so what a value says is never taken for a field.
"""

import json
import re
from collections.abc import Mapping
from typing import TypeAlias

from services.notifier.domain.telling import Told, told
from shared.endpoints import TEMPLATE_FIELD, TEMPLATE_FIELDS

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def rendered(template: str, body: str) -> str:
    """Return a template with the fields of a row's body in it, in ASCII.

    Raises:
        ValueError: the template is no JSON.
    """
    fields = fields_of(told(body))
    try:
        return json.dumps(_filled(json.loads(template), fields), allow_nan=False)
    except RecursionError:
        raise ValueError("a template that is too deep") from None


def fields_of(event: Told) -> dict[str, str]:
    """Return the value of every field that a template may name; empty where the event has none."""
    values = (
        *(event.number, event.outcome, event.agency, event.status, event.unit, event.category),
        *(event.title, event.words),
        *(moment.isoformat() if moment else "" for moment in (event.at, event.limit)),
    )
    return {name: str(value or "") for name, value in zip(TEMPLATE_FIELDS, values, strict=True)}


def _filled(part: Json, fields: Mapping[str, str]) -> Json:
    match part:
        case str():
            return TEMPLATE_FIELD.sub(lambda found: _value(found, fields), part)
        case list():
            return [_filled(one, fields) for one in part]
        case dict():
            return {name: _filled(one, fields) for name, one in part.items()}
    return part


def _value(found: re.Match[str], fields: Mapping[str, str]) -> str:
    return fields.get(found[1], found[0])  # what is no field stands as it is written

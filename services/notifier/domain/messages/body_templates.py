"""Fills in a webhook's body template: a JSON document whose string values may name fields.

The template is read as JSON first and filled in after that, so no value can break out of its
string; and each string is gone through once, so what a value says is never taken for a field.
Values are cut where the whole would be longer than a body may be.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from services.notifier.domain.messages.event_summary import EventSummary, summary_of
from shared.contracts.subscriptions import TEMPLATE_FIELD, TEMPLATE_FIELDS

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
MOST_LETTERS = 4_000  # of one value
WORDS = frozenset({"unit", "category", "title", "text"})  # all other values are short
MOST_BYTES = 1_000_000  # of a body, as institutions are promised


def rendered(template: str, body: str) -> str:
    """Return a template with the fields of a row's body in it, in ASCII, `MOST_BYTES` at most.

    Raises:
        ValueError: the template is no JSON, or too long by itself.
    """
    try:
        parsed = json.loads(template)
        room = MOST_BYTES - len(json.dumps(parsed, allow_nan=False))
        fields = _fitting(fields_of(summary_of(body)), Counter(_named(parsed)), room)
        return json.dumps(_filled(parsed, fields))
    except RecursionError:
        raise ValueError("a template that is too deep") from None


def fields_of(event: EventSummary) -> dict[str, str]:
    """Return the value of every field that a template may name; empty where the event has none.

    A value has at most `MOST_LETTERS`; what is longer ends with an ellipsis.
    """
    values = (
        *(event.number, event.outcome, event.agency, event.status, event.unit, event.category),
        *(event.title, event.words),
        *(moment.isoformat() if moment else "" for moment in (event.at, event.limit)),
    )
    texts = (_cut(str(value or ""), MOST_LETTERS) for value in values)
    return dict(zip(TEMPLATE_FIELDS, texts, strict=True))


def _fitting(fields: Mapping[str, str], named: Counter[str], room: int) -> Mapping[str, str]:
    """Return the fields, the words among them cut until all that is named has room.

    Summed up before anything is filled in: a short template may name a long field a thousand times.
    """
    most, cut = MOST_LETTERS, fields
    while sum(count * _size(cut.get(name, "")) for name, count in named.items()) > room:
        if most == 0:
            raise ValueError("a template that is too long")
        most //= 2
        cut = {**cut, **{name: _cut(fields[name], most) for name in WORDS}}
    return cut


def _size(value: str) -> int:
    return len(json.dumps(value)) - 2


def _cut(value: str, most: int) -> str:
    if len(value) <= most:
        return value
    return f"{value[:most].rstrip()} …" if most else ""


def _named(part: Json) -> Iterator[str]:
    match part:
        case str():
            yield from TEMPLATE_FIELD.findall(part)
        case list():
            for one in part:
                yield from _named(one)
        case dict():
            for one in part.values():
                yield from _named(one)


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

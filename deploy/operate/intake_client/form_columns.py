"""From the columns of a table to the fields of intake's form; unknown columns are left out.

Values that cannot be what a field wants are sent as they stand: intake is the one that judges.
"""

import math
from collections.abc import Iterable, Mapping

Form = dict[str, object]
KEY_COLUMN = "idempotency_key"
_NESTED = {
    "place": ("text", "region_code", "latitude", "longitude"),
    "reporter": ("name", "phone", "email", "nik", "address", "notify"),
}
_PLAIN = (
    "type",
    "title",
    "text",
    "occurred_on",
    "institution",
    "category",
    "channel",
    "anonymous",
    "secret",
)
_WORDS = {
    "yes": True,
    "ya": True,
    "true": True,
    "1": True,
    "no": False,
    "tidak": False,
    "false": False,
    "0": False,
}


def _columns() -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {name: (name,) for name in _PLAIN}
    for group, fields in _NESTED.items():
        for field in fields:
            columns[f"{group}.{field}"] = columns[f"{group}_{field}"] = (group, field)
    unambiguous = {name: ("place", name) for name in ("region_code", "latitude", "longitude")}
    return {**columns, **unambiguous, "subject": ("title",), "place": ("place", "text")}


COLUMNS = _columns()
# Each once, though several of them have a second spelling.
KNOWN = (
    *_PLAIN,
    *(f"{group}.{field}" for group, fields in _NESTED.items() for field in fields),
    KEY_COLUMN,
)


def form_of(cells: Mapping[str, object]) -> Form:
    """Return the form that a row's cells fill in; empty cells give no field, `title` wins."""
    form: Form = {}
    for column, value in sorted(_filled(cells), key=lambda pair: pair[0] == "subject"):
        *group, field = COLUMNS[column]
        target = form.setdefault(group[0], {}) if group else form
        if isinstance(target, dict):
            target.setdefault(field, _typed(field, value))
    return form


def ignored(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that no field of the form takes, each once, in order."""
    return tuple(dict.fromkeys(c for c in columns if c not in COLUMNS and c != KEY_COLUMN))


def _filled(cells: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    return (
        (column, value)
        for column, value in cells.items()
        if column in COLUMNS and value is not None and value != ""
    )


def _typed(field: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if field in ("anonymous", "secret", "notify"):
        return _WORDS.get(value.strip().lower(), value)
    if field in ("latitude", "longitude"):
        return _number(value)
    return value


def _number(value: str) -> float | str:
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value

"""CloudEvents 1.0 in Kafka's binary mode: attributes as `ce_*` headers, the JSON value as data.

Headers are hostile input: Kafka allows null and non-UTF-8 values, and repeats.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import Undecodable
from shared.telemetry.tracing import TRACEPARENT

Model = TypeVar("Model", bound=BaseModel)
Headers = tuple[tuple[str, bytes], ...]
_CONTENT_TYPE = (("content-type", b"application/json"), ("ce_specversion", b"1.0"))


LOG_APPEND_TIME = 1  # a record's `timestamp_type` where the broker wrote its time


class Record(Protocol):
    """A consumed Kafka record, as far as decoding needs it."""

    @property
    def topic(self) -> str: ...  # noqa: D102 — Kafka's own words
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def timestamp_type(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Iterable[tuple[str, bytes | None]]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way to a topic: everything but the time of sending."""

    topic: str
    key: bytes
    value: bytes
    ce_id: str
    ce_type: str
    ce_source: str
    ce_time: datetime
    trace: str | None = None  # the `traceparent` of what brought it about

    @property
    def headers(self) -> Headers:
        """Return the binary-mode headers, and the trace where there is one."""
        own = (
            *_CONTENT_TYPE,
            ("ce_id", self.ce_id.encode()),
            ("ce_type", self.ce_type.encode()),
            ("ce_source", self.ce_source.encode()),
            ("ce_time", self.ce_time.isoformat().encode()),
        )
        return own if self.trace is None else (*own, (TRACEPARENT, self.trace.encode()))


def header(record: Record, name: str) -> str | None:
    """Return the first header `name` as text; None where it is absent, null or not UTF-8."""
    for key, value in record.headers:
        if key == name:
            try:
                return value.decode() if value is not None else None
            except UnicodeDecodeError:
                return None
    return None


def event_type(record: Record) -> str:
    """Return the record's `ce_type`.

    Raises:
        Undecodable: it is missing or no text.
    """
    found = header(record, "ce_type")
    if not found:
        raise Undecodable("no_event_type", "header ce_type is missing, null or not UTF-8")
    return found


def decode(record: Record, model: type[Model]) -> Model:
    """Validate a record's value.

    Raises:
        Undecodable: no value, no JSON, or fields that break the contract. The detail names
            fields and rules only: values may hold a citizen's words.
    """
    if record.value is None:
        raise Undecodable("no_value", "the record has a null value")
    try:
        return model.model_validate_json(record.value)
    except ValidationError as error:
        raise Undecodable("invalid_value", describe(error)) from None


def describe(error: ValidationError, most: int = 5) -> str:
    """Return what is wrong, by field and rule, without the values."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'value'}: {item['type']}"
        for item in found[:most]
    )

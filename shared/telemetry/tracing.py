"""Traces: W3C `traceparent`, from a request through Kafka's headers to the webhook.

A trace begins at the edge and never outside: a caller's own is linked to, not carried on, since it
would reach institutions and other callers' systems. Inside, what comes with a valid one carries it
on. Spans are made and written to a collector only where its endpoint is set
(`shared/telemetry/trace_export.py`). Here a span costs 0.3 us, 0.7 where a trace is passed on; the
no-op and the propagator of opentelemetry-api take 3 to 8 us where a header comes, and take headers
that are dropped here.
"""

import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.errors import Misconfigured
from shared.runtime.component import Component
from shared.runtime.tls import CaFile

TRACEPARENT = "traceparent"
_KEY = TRACEPARENT.encode()
# Version 00 alone; ids of zeros are invalid by the standard, and anything else is dropped.
_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
Attributes = Mapping[str, str | int]
Kind = Literal["server", "consumer", "client"]
# Of the request in hand: what it brings about, and its log lines, are of this trace.
current: ContextVar[str | None] = ContextVar("trace", default=None)


class HasHeaders(Protocol):
    """Anything with Kafka's headers."""

    @property
    def headers(self) -> Iterable[tuple[str, bytes | None]]: ...  # noqa: D102 - Kafka's own word


class TracingSettings(BaseModel):
    """Where traces are written, and how many; off without an endpoint."""

    model_config = ConfigDict(frozen=True)

    endpoint: str = ""  # of a collector, OTLP over HTTP: http://collector:4318
    ca_file: CaFile = None  # in place of the one for everything
    sample: float = Field(0.01, ge=0, le=1)  # the part of all requests whose way is written

    @field_validator("endpoint")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("SALUR_TRACING__ENDPOINT must be such as http://collector:4318")
        return value.rstrip("/")


class Span:
    """One piece of work in a trace; `trace` is what its own effects carry on."""

    __slots__ = ("trace",)

    def __init__(self, trace: str | None) -> None:
        self.trace = trace

    def mark(self, what: str) -> None:
        """Note that a part of the work is done."""

    def end(self, attributes: Attributes, error: str | None = None) -> None:
        """Note that the work is done, or which error ended it."""


class Tracing(Component):
    """Passes on the traces of other services, and writes nothing."""

    def enter(self, name: str, given: str | None, *, kind: Kind) -> Span:
        """Begin what comes from outside, in a trace of our own; the `traceparent` given is linked.

        Whether the whole way is written is decided here: no caller can.
        """
        return Span(None)

    def span(self, name: str, parent: str | None, *, kind: Kind) -> Span:
        """Begin a piece of work that another has brought about."""
        return Span(parent)


OFF = Tracing()
MISSING = "traces need an extra: pip install 'salur[tracing]', or unset SALUR_TRACING__ENDPOINT"


def tracing_of(service: str, settings: TracingSettings, *, instance: str) -> Tracing:
    """Return what traces a service's work, by its settings.

    Raises:
        Misconfigured: an endpoint is set, and OpenTelemetry is not installed.
    """
    if not settings.endpoint:
        return OFF
    try:
        # Imported where it is on: it takes a tenth of a second and 20 MB, and may be missing.
        from shared.telemetry.trace_export import ExportedTracing  # noqa: PLC0415
    except ImportError as error:
        raise Misconfigured(MISSING) from error
    return ExportedTracing(service, instance, settings)


def read_traceparent(text: str | None) -> str | None:
    """Return a valid `traceparent`, None for anything else."""
    return text if text is not None and _FORM.fullmatch(text) else None


def traceparent_in(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the `traceparent` among the headers of a request, not yet validated."""
    for name, value in headers:
        if name == _KEY:
            return value.decode("latin-1")
    return None


def trace_of(record: HasHeaders) -> str | None:
    """Return a record's valid `traceparent`, None without one."""
    for name, value in record.headers:
        if name == TRACEPARENT:
            return read_traceparent((value or b"").decode("latin-1"))
    return None


def trace_id(trace: str) -> str:
    """Return the part of a `traceparent` that is the same on the whole way."""
    return trace[3:35]


def is_sampled(trace: str) -> bool:
    """Tell whether the way of this trace is written."""
    return bool(int(trace[-2:], 16) & 1)

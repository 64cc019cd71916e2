"""Spans to a collector, by OpenTelemetry: imported only where tracing is on.

A batch of a stage gives one span per record, each in the trace of its own complaint: the records
of a batch have nothing in common but the moment. What is not sampled costs a look at a flag.
"""

import asyncio
import random
import socket
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as Recorded

from shared.telemetry.tracing import (
    Attributes,
    Kind,
    Span,
    Tracing,
    TracingSettings,
    is_sampled,
    read_traceparent,
)

PATH = "/v1/traces"
EXPORT_SECONDS = 5.0
EVERY_MS = 1_000
_KINDS = {"server": SpanKind.SERVER, "consumer": SpanKind.CONSUMER, "client": SpanKind.CLIENT}


class ExportedSpan(Span):
    """A span that is written."""

    __slots__ = ("_span",)

    def __init__(self, span: Recorded) -> None:
        context = span.get_span_context()
        super().__init__(f"00-{context.trace_id:032x}-{context.span_id:016x}-01")
        self._span = span

    def mark(self, what: str) -> None:
        """Add an event."""
        self._span.add_event(what)

    def end(self, attributes: Attributes, error: str | None = None) -> None:
        """End it."""
        self._span.set_attributes(attributes)
        if error is not None:
            self._span.set_status(StatusCode.ERROR, error)
        self._span.end()


class ExportedTracing(Tracing):
    """Writes the sampled part of all traces; what a collector does not take is dropped."""

    def __init__(self, service: str, instance: str, settings: TracingSettings) -> None:
        self._sample = settings.sample
        name = instance or socket.gethostname()
        resource = Resource.create(
            {"service.name": f"salur-{service}", "service.instance.id": name}
        )
        # Sampling is decided where a trace enters, once for its whole way.
        self._provider = TracerProvider(
            resource=resource, sampler=ALWAYS_ON, shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(
            settings.endpoint + PATH,
            timeout=EXPORT_SECONDS,
            certificate_file=str(settings.ca_file) if settings.ca_file else None,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, schedule_delay_millis=EVERY_MS)
        )
        self._tracer = self._provider.get_tracer("salur")

    async def stop(self) -> None:
        """Write what is left, for 5 s at most; what is then still here is dropped."""
        # A daemon: with a collector that hangs it takes half a minute, and no process waits for it.
        writing = Thread(target=self._provider.shutdown, daemon=True)
        writing.start()
        await asyncio.to_thread(writing.join, EXPORT_SECONDS)

    def enter(self, name: str, given: str | None, *, kind: Kind) -> Span:
        """Begin a trace, linked to the given one; sampled by chance, whatever that asked for."""
        if random.random() >= self._sample:  # noqa: S311 - no secret
            return Span(None)
        outside = read_traceparent(given)
        links = [] if outside is None else [Link(_read(outside))]
        # An empty context: whatever is current in this task is no parent.
        begun = self._tracer.start_span(name, Context(), _KINDS[kind], links=links)
        return ExportedSpan(begun)

    def span(self, name: str, parent: str | None, *, kind: Kind) -> Span:
        """Begin a piece of work in a sampled trace; any other is passed on."""
        if parent is None or not is_sampled(parent):
            return Span(parent)
        context = set_span_in_context(NonRecordingSpan(_read(parent)))
        return ExportedSpan(self._tracer.start_span(name, context, _KINDS[kind]))


def _read(trace: str) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(int(trace[3:35], 16), int(trace[36:52], 16), True, flags)
